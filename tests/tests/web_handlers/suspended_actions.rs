//! Tests of server actions that wait: their trace, their scopes and their children, on any thread, and after changes of
//! the process's scopes between two polls.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use sentry_tests::support::{Seen, block_on, observe, options, yield_once};
use serde_json::json;

#[sentry::span]
fn step() {}

#[sentry::span]
async fn step_later() {
    yield_once().await;
}

#[sentry::server_action]
async fn submit(polls: usize) {
    for _ in 0..polls {
        step();
        yield_once().await;
    }
    step();
}

#[sentry::server_action]
async fn submit_and_report() {
    yield_once().await;
    sentry::set_tag("own", "yes");
    sentry::capture_message("between", sentry::Level::Info);
    yield_once().await;
}

#[sentry::server_action]
async fn submit_inside_another() {
    step_later().await;
    submit(1).await;
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Asserts that exactly one transaction arrived, whose root has this number of steps as children.
#[track_caller]
fn assert_steps<R>(seen: &Seen<R>, steps: usize) {
    let transaction = seen.transaction();
    let trace = &transaction["contexts"]["trace"];
    assert_eq!(trace["status"], "ok");
    let spans = transaction["spans"].as_array().unwrap();
    assert_eq!(spans.len(), steps, "{spans:?}");
    for span in spans {
        assert_eq!(span["parent_span_id"], trace["span_id"]);
        assert_eq!(span["trace_id"], trace["trace_id"]);
    }
    assert!(seen.stats.dropped.is_empty(), "{:?}", seen.stats.dropped);
}

#[test]
fn all_polls_are_one_transaction() {
    for polls in [1, 2, 10] {
        assert_steps(&observe(options(), || block_on(submit(polls))), polls + 1);
    }
}

#[test]
fn actions_that_take_turns_keep_their_own_steps() {
    let seen = observe(options(), || {
        let mut futures: Vec<_> = (0..3).map(|_| Box::pin(submit(2))).collect();
        for _ in 0..2 {
            assert!(futures.iter_mut().all(|future| poll(future).is_pending()));
            // Between the polls, none of them is active.
            step();
        }
        assert!(futures.iter_mut().all(|future| poll(future).is_ready()));
    });
    let transactions = seen.transactions();
    let (actions, between): (Vec<_>, Vec<_>) =
        transactions.iter().partition(|transaction| transaction["transaction"] == "serverAction/submit");
    assert_eq!((actions.len(), between.len()), (3, 2));
    for action in actions {
        let spans = action["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 3);
        let trace = &action["contexts"]["trace"];
        assert!(spans.iter().all(|span| span["parent_span_id"] == trace["span_id"]));
    }
}

#[test]
fn an_action_that_continues_on_another_thread_keeps_its_trace() {
    let seen = observe(options(), || {
        let mut future = Box::pin(submit(3));
        assert!(poll(&mut future).is_pending());
        let mut future = std::thread::spawn(|| {
            assert!(poll(&mut future).is_pending());
            assert!(poll(&mut future).is_pending());
            future
        })
        .join()
        .unwrap();
        assert!(poll(&mut future).is_ready());
    });
    assert_steps(&seen, 4);
}

#[test]
fn an_action_that_is_dropped_between_two_polls_is_cancelled() {
    let dropped_elsewhere =
        |future: Pin<Box<_>>| std::thread::spawn(|| drop::<Pin<Box<_>>>(future)).join().unwrap();
    for elsewhere in [false, true] {
        let seen = observe(options(), || {
            let mut future = Box::pin(submit(1));
            assert!(poll(&mut future).is_pending());
            if elsewhere { dropped_elsewhere(future) } else { drop(future) }
        });
        assert_eq!(seen.transaction()["contexts"]["trace"]["status"], "cancelled", "{elsewhere}");
        assert_eq!(seen.transaction()["spans"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn an_action_begins_with_the_scopes_of_its_start() {
    let seen = observe(options(), || {
        sentry::set_tag("color", "blue");
        let mut future = Box::pin(submit(2));
        assert!(poll(&mut future).is_pending());
        sentry::set_tag("color", "red");
        // A root on the thread announces the new scopes to the pipeline.
        step();
        assert!(poll(&mut future).is_pending());
        assert!(poll(&mut future).is_ready());
        sentry::configure_scope(|scope| scope.remove_tag("color"));
    });
    let transactions = seen.transactions();
    let of = |name: &str| {
        transactions.iter().find(|one| one["transaction"].as_str().unwrap().ends_with(name)).unwrap()
    };
    assert_eq!(of("step")["tags"], json!({ "color": "red" }));
    assert_eq!(of("serverAction/submit")["tags"], json!({ "color": "blue" }));
}

#[test]
fn what_a_later_poll_captures_is_in_the_scope_and_the_trace_of_the_action() {
    let seen = observe(options(), || {
        block_on(submit_and_report());
        sentry::capture_message("outside", sentry::Level::Info);
    });
    let trace = &seen.transaction()["contexts"]["trace"];
    let events = seen.events();
    let of = |message: &str| events.iter().find(|event| event["logentry"]["message"] == message).unwrap();
    assert_eq!(of("between")["contexts"]["trace"]["trace_id"], trace["trace_id"]);
    assert_eq!(of("between")["tags"]["own"], "yes");
    assert_eq!(seen.transaction()["tags"]["own"], "yes");
    assert!(of("outside")["tags"]["own"].is_null());
}

#[test]
fn an_action_inside_another_is_its_child_after_a_poll() {
    let seen = observe(options(), || block_on(submit_inside_another()));
    let transaction = seen.transaction();
    let root = &transaction["contexts"]["trace"]["span_id"];
    let spans = transaction["spans"].as_array().unwrap();
    let below: Vec<_> = spans.iter().filter(|span| span["parent_span_id"] == *root).collect();
    assert_eq!((spans.len(), below.len()), (4, 2), "{spans:?}");
}

/// The inner action is created before the outer one starts, and polled inside of it, after the scopes of the process
/// have changed.
#[test]
fn an_action_that_starts_inside_another_leaves_the_scopes_of_that_one_alone() {
    #[sentry::server_action]
    fn outer(inner: &mut Pin<Box<dyn Future<Output = ()>>>) {
        std::thread::spawn(|| sentry::set_tag("color", "red")).join().unwrap();
        assert!(poll(inner).is_pending());
    }
    let seen = observe(options(), || {
        sentry::set_tag("color", "blue");
        let mut inner: Pin<Box<dyn Future<Output = ()>>> = Box::pin(submit(1));
        outer(&mut inner);
        drop(inner);
        sentry::configure_scope(|scope| scope.remove_tag("color"));
    });
    let transaction = seen.transactions().into_iter().find(|one| one["transaction"] == "serverAction/outer");
    assert_eq!(transaction.unwrap()["tags"], json!({ "color": "blue" }));
}
