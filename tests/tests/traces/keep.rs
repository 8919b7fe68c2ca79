//! Tests of tail sampling: `keep` decides about a transaction when it has ended.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sentry::{SpanOptions, TraceLifecycle};
use sentry_tests::support::{Seen, names, observe, options, untraced};

use crate::{TRACE, sentry_trace};

#[sentry::span(name = "child")]
fn child() {
    if let Some(span) = sentry::get_active_span() {
        span.set_attribute("of", "child");
    }
}

#[sentry::span(name = "root", op = "task")]
fn root(fail: bool) -> Result<(), std::fmt::Error> {
    child();
    if fail { Err(std::fmt::Error) } else { Ok(()) }
}

/// Runs a root with scopes of its own, whose context is created at its start.
fn isolated(fail: bool) {
    sentry::with_isolation_scope(|| {
        let _ = root(fail);
    });
}

fn header<R>(seen: &Seen<R>) -> serde_json::Value {
    let envelopes = seen.envelopes();
    let with_trace: Vec<_> =
        envelopes.iter().filter(|it| it.items_of("transaction").next().is_some()).collect();
    assert_eq!(with_trace.len(), 1);
    with_trace[0].header["trace"].clone()
}

#[test]
fn what_failed_is_sent_whole_although_the_rate_selects_nothing() {
    for lifecycle in [TraceLifecycle::Static, TraceLifecycle::Stream] {
        for run in [|fail| _ = root(fail), isolated] {
            let options = untraced().trace_lifecycle(lifecycle).keep(|trace| trace.failed());
            let seen = observe(options, || {
                run(false);
                run(true);
                run(false);
            });
            assert_eq!(names(&seen.spans()), ["root", "child"]);
            assert_eq!(seen.span("root").status, "internal_error");
            assert_eq!(seen.span("root").data["sentry.sample_rate"], 1.0);
            assert_eq!(seen.span("child").data["of"], "child");
            let header = header(&seen);
            assert_eq!((&header["sample_rate"], &header["sampled"]), (&"1".into(), &"true".into()));
            assert_eq!(seen.reported("sample_rate", "transaction"), 2);
            assert_eq!(seen.reported("sample_rate", "span"), 4);
        }
    }
}

#[test]
fn an_error_that_was_captured_in_a_trace_keeps_it() {
    let seen = observe(untraced().keep(|trace| trace.failed()), || {
        sentry::start_span("quiet", |_| {});
        sentry::start_span("loud", |_| {
            child();
            sentry::capture_error(&std::fmt::Error);
        });
        sentry::start_span("chatty", |_| sentry::capture_message("all is well", sentry::Level::Info));
    });
    assert_eq!(names(&seen.spans()), ["loud", "child"]);
    let error = seen.events().into_iter().find(|event| event["exception"].is_object()).unwrap();
    assert_eq!(error["contexts"]["trace"]["trace_id"], seen.span("loud").trace);
}

#[test]
fn other_services_get_the_decision_of_the_start() {
    for (rate, flag) in [(0.0, "0"), (1.0, "1")] {
        let seen = observe(options().traces_sample_rate(rate).keep(|_| true), || {
            sentry::start_span("root", |span| {
                assert!(span.is_recording());
                sentry::get_trace_data().unwrap()
            })
        });
        assert!(seen.result.sentry_trace.ends_with(&format!("-{flag}")), "{}", seen.result.sentry_trace);
        let baggage = &seen.result.baggage;
        assert!(baggage.contains(&format!("sentry-sampled={}", rate == 1.0)), "{baggage}");
        assert!(baggage.contains(&format!("sentry-sample_rate={rate}")), "{baggage}");
        assert_eq!(seen.transactions().len(), 1);
    }
}

#[test]
fn a_trace_that_came_in_unsampled_can_be_kept_here() {
    let seen = observe(options().keep(|trace| trace.failed()), || {
        let headers = [
            sentry_trace("-0"),
            (
                "baggage",
                format!(
                    "sentry-trace_id={TRACE},sentry-public_key=key,sentry-sample_rate=0.25,sentry-sampled=false"
                ),
            ),
        ];
        sentry::continue_trace(&headers, || _ = root(true));
        sentry::continue_trace(&headers, || _ = root(false));
    });
    assert_eq!(seen.span("root").trace, TRACE);
    let header = header(&seen);
    assert_eq!((&header["sample_rate"], &header["sampled"]), (&"1".into(), &"true".into()));
}

#[test]
fn the_weight_of_what_is_kept_is_the_greater_probability() {
    let roots = 2000;
    for (rate, n, expected) in [(0.0, 10, 0.1), (0.5, 10, 0.5), (0.01, 2, 0.5), (0.0, 3, 0.333_334)] {
        let options =
            options().traces_sample_rate(rate).keep_per_second(u32::MAX).keep(move |trace| trace.one_of(n));
        let seen = observe(options.queue_size(4000), || (0..roots).for_each(|_| _ = root(true)));
        let sent = seen.transactions().len();
        // The tolerance is more than nine standard deviations.
        let share = sent as f64 / f64::from(roots);
        assert!((share - expected).abs() < 0.13 * expected.max(0.8), "{share} of {expected}");
        // Every sent trace has the same weight, even if another decision selected it.
        let rates: std::collections::BTreeSet<_> = (seen.envelopes().iter())
            .filter(|it| it.items_of("transaction").next().is_some())
            .map(|it| it.header["trace"]["sample_rate"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(rates, std::collections::BTreeSet::from([expected.to_string()]));
        assert_eq!(sent as u64 + seen.reported("sample_rate", "transaction"), u64::from(roots as u32));
    }
}

#[test]
fn the_function_sees_the_finished_transaction() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let seen = {
        let notes = Arc::clone(&notes);
        let keep = move |trace: &sentry::FinishedTrace<'_>| {
            let tier = trace.attribute("shop.tier").cloned();
            let slow =
                trace.slower_than(Duration::from_secs(4)) && !trace.slower_than(Duration::from_secs(6));
            notes.lock().unwrap().push((
                trace.name().to_owned(),
                trace.op().to_owned(),
                trace.spans(),
                tier,
                slow,
            ));
            false
        };
        observe(untraced().keep(keep), || {
            let start = SystemTime::now() - Duration::from_secs(5);
            let options = SpanOptions::new("GET /lamps").op("http.server").start_time(start);
            sentry::start_span(options, |span| {
                span.set_attribute("shop.tier", "gold");
                child();
                child();
            });
        })
    };
    assert!(seen.transactions().is_empty());
    let expected = ("GET /lamps".to_owned(), "http.server".to_owned(), 3, Some("gold".into()), true);
    assert_eq!(*notes.lock().unwrap(), [expected]);
}

#[test]
fn no_more_are_kept_in_a_second_than_allowed() {
    // The roots end in less than a minute: at most three transactions in each of sixty seconds.
    let seen =
        observe(untraced().keep(|_| true).keep_per_second(3), || (0..1000).for_each(|_| _ = root(false)));
    let sent = seen.transactions().len() as u64;
    assert!((3..=180).contains(&sent), "{sent}");
    assert_eq!(sent + seen.reported("sample_rate", "transaction"), 1000);
}

#[test]
fn a_function_that_panics_leaves_the_decision_to_the_rate() {
    for (rate, sent) in [(1.0, 1), (0.0, 0)] {
        let options =
            options().traces_sample_rate(rate).keep(|trace| panic!("cannot judge {}", trace.name()));
        let seen = observe(options, || _ = root(false));
        assert_eq!(seen.transactions().len(), sent);
        assert!(seen.events().is_empty(), "{:#?}", seen.events());
    }
}

#[test]
fn what_must_not_be_recorded_is_not_kept() {
    let options = untraced().keep(|_| true).ignore_spans([sentry::SpanFilter::from("quiet")]);
    let seen = observe(options, || {
        sentry::suppress_tracing(|| _ = root(true));
        sentry::start_span("quiet", |_| child());
    });
    assert!(seen.transactions().is_empty());
}
