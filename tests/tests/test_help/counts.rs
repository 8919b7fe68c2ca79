//! Tests of the assertions on the amount of work.

use std::panic::catch_unwind;

use sentry::test::{Captured, with_captured, with_captured_options};
use sentry::{ClientOptions, TraceLifecycle};

#[sentry::span("SELECT * FROM price WHERE lamp = ?", op = "db.query")]
fn price(lamp: u32) -> u32 {
    lamp
}

#[sentry::span("total")]
fn total(lamps: u32) -> u32 {
    (0..lamps).map(price).sum()
}

#[sentry::span("named", op = "function")]
fn named(lamps: u32) {
    for lamp in 0..lamps {
        let options = sentry::SpanOptions::new(format!("GET /lamps/{lamp}")).op("http.client");
        sentry::start_span(options, |_| {});
    }
}

/// Returns the captured transactions, and the captured streamed spans.
fn both(run: fn()) -> [Captured; 2] {
    let options = || ClientOptions::new().traces_sample_rate(1.0);
    [with_captured(run), with_captured_options(options().trace_lifecycle(TraceLifecycle::Stream), run)]
}

fn message(captured: &Captured, assert: impl Fn(&Captured) + std::panic::RefUnwindSafe) -> String {
    let captured = std::panic::AssertUnwindSafe(captured);
    let panic = catch_unwind(|| assert(&captured)).expect_err("the assertion must fail");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn spans_are_counted_by_their_operation() {
    for captured in both(|| _ = sentry::start_span("root", |_| total(3))) {
        assert_eq!(captured.count("db"), 3);
        assert_eq!(captured.count("db.query"), 3);
        assert_eq!(captured.count("db.query.more"), 0);
        assert_eq!(captured.count("d"), 0);
        captured.assert_at_most("db", 3);
        let message = message(&captured, |captured| captured.assert_at_most("db", 2));
        assert!(
            message.starts_with("3 spans have the operation `db`, at most 2 are expected:\n  SELECT"),
            "{message}"
        );
    }
}

#[test]
fn work_that_repeats_under_one_parent_is_found() {
    for captured in both(|| _ = sentry::start_span("root", |_| total(7))) {
        let message = message(&captured, Captured::assert_no_repeats);
        let expected = "7 times `db.query SELECT * FROM price WHERE lamp = ?` in `total`";
        assert!(message.contains(expected), "{message}");
    }
    for captured in both(|| named(5)) {
        let message = message(&captured, Captured::assert_no_repeats);
        assert!(message.contains("5 times `http.client GET /lamps/4` in `named`"), "{message}");
    }
}

#[test]
fn what_does_not_repeat_is_no_repetition() {
    // The repetitions are fewer than the threshold, or have different parents.
    for captured in both(|| (0..5).for_each(|_| _ = total(4))) {
        captured.assert_no_repeats();
    }
    // Calls of plain functions do not count as repetitions, because they need no round trip.
    for captured in both(|| sentry::start_span("root", |_| (0..9).for_each(|_| _ = total(0)))) {
        captured.assert_no_repeats();
    }
    let options = ClientOptions::new().traces_sample_rate(1.0).repeat_threshold(0);
    with_captured_options(options, || _ = total(100)).assert_no_repeats();
    let options = ClientOptions::new().traces_sample_rate(1.0).repeat_threshold(3);
    let captured = with_captured_options(options, || _ = total(3));
    assert!(message(&captured, Captured::assert_no_repeats).contains("3 times"));
}

#[sentry::span("patient")]
async fn patient(yields: u32) {
    for _ in 0..yields {
        tokio::task::yield_now().await;
    }
}

#[test]
fn polls_are_a_measure_of_work() {
    let run = || sentry_tests::support::block_on(patient(3));
    let options = || ClientOptions::new().traces_sample_rate(1.0);
    let captured = with_captured_options(options().track_polls(true), run);
    captured.assert_polls_at_most("patient", 4);
    let text = message(&captured, |captured| captured.assert_polls_at_most("patient", 3));
    assert_eq!(text, "`patient` was polled 4 times, at most 3 are expected");
    let untracked = with_captured_options(options(), run);
    let text = message(&untracked, |captured| captured.assert_polls_at_most("patient", 4));
    assert!(text.contains("set the option `track_polls`"), "{text}");
}
