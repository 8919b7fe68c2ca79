//! Tests of errors on several threads and in several tasks at the same time.

use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;

use sentry_tests::support::{Seen, observe, options, untraced, yield_once};

use super::{Failed, text};

#[sentry::span(name = "query")]
async fn query(text: String) -> Result<u32, Failed> {
    yield_once().await;
    Err(Failed::new(text))
}

#[sentry::span(name = "load")]
async fn load(text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    yield_once().await;
    let result = query(text).await;
    yield_once().await;
    Ok(result?)
}

#[sentry::server_action]
async fn handle(text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    let result = tokio::spawn(load(text)).await.unwrap();
    yield_once().await;
    result
}

/// Returns how often each text was captured.
fn counted<R>(seen: &Seen<R>) -> HashMap<String, usize> {
    let mut counted = HashMap::new();
    for event in seen.events() {
        *counted.entry(text(&event)).or_default() += 1;
    }
    counted
}

fn in_tasks(options: sentry::ClientOptions, text: impl Fn(usize) -> String) -> Seen<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    observe(options, || {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..50).map(|number| tokio::spawn(handle(text(number)))).collect();
            for task in tasks {
                task.await.unwrap().unwrap_err();
            }
        });
    })
}

#[test]
fn every_error_of_many_tasks_is_captured_once() {
    for options in [options(), options().traces_sample_rate(0.0), untraced()] {
        let counted = counted(&in_tasks(options, |number| format!("failure number {number:03}")));
        assert_eq!(counted.len(), 50);
        assert!(counted.values().all(|&count| count == 1), "{counted:?}");
    }
}

#[test]
fn equal_errors_of_many_tasks_are_captured_in_each() {
    for options in [options(), options().traces_sample_rate(0.0), untraced()] {
        let seen = in_tasks(options, |_| "connection refused".to_owned());
        assert_eq!(counted(&seen), HashMap::from([("connection refused".to_owned(), 50)]));
    }
}

#[test]
fn every_event_names_a_span_of_its_own_trace() {
    let seen = in_tasks(options(), |_| "connection refused".to_owned());
    let spans = seen.spans();
    let queries: HashMap<_, _> =
        spans.iter().filter(|span| span.name == "query").map(|span| (&span.id, &span.trace)).collect();
    assert_eq!(queries.len(), 50);
    let mut named = std::collections::HashSet::new();
    for event in seen.events() {
        let trace = &event["contexts"]["trace"];
        let (span, trace) = (trace["span_id"].as_str().unwrap(), trace["trace_id"].as_str().unwrap());
        assert_eq!(queries.get(&span.to_owned()).map(|of| of.as_str()), Some(trace));
        assert!(named.insert(span.to_owned()), "two events of one span");
    }
}

#[sentry::span(name = "on a thread", err)]
fn on_a_thread(barrier: &Barrier) -> Result<(), Failed> {
    barrier.wait();
    Err(Failed::new("connection refused"))
}

#[test]
fn threads_do_not_swallow_each_others_errors() {
    for options in [options(), options().traces_sample_rate(0.0), untraced()] {
        let seen = observe(options, || {
            let barrier = Barrier::new(2);
            for _ in 0..20 {
                thread::scope(|scope| {
                    for _ in 0..2 {
                        scope.spawn(|| on_a_thread(&barrier).unwrap_err());
                    }
                });
            }
        });
        assert_eq!(seen.events().len(), 40);
    }
}

#[sentry::span(name = "child of one request")]
async fn child(number: u32) -> Result<u32, Failed> {
    yield_once().await;
    if number == 2 { Err(Failed::new("connection refused")) } else { Ok(number) }
}

#[sentry::server_action]
async fn joining() -> Result<u32, Failed> {
    let (one, two, three) = tokio::join!(child(1), child(2), child(3));
    Ok(one? + two? + three?)
}

#[test]
fn joined_children_of_a_request_fail_it_once() {
    let seen = observe(options(), || drop(sentry_tests::support::block_on(joining())));
    assert_eq!(text(&seen.event()), "connection refused");
    let failed: Vec<_> = seen.spans().into_iter().filter(|span| span.status == "internal_error").collect();
    assert_eq!(failed.len(), 2, "the child and the request: {failed:?}");
    let child = failed.iter().find(|span| !span.is_root).unwrap();
    assert_eq!(seen.event()["contexts"]["trace"]["span_id"], child.id);
}
