//! Tests that an idle program causes no work, and that unused threads are never started.

use std::collections::HashMap;

use sentry_tests::FakeSentry;
use sentry_tests::support::programs::run;

/// Runs the program, and returns its measurements.
fn measure(lifecycle: &str) -> HashMap<String, u64> {
    let server = FakeSentry::start();
    let ended = run(env!("CARGO_BIN_EXE_idle"), &[lifecycle], &[("SENTRY_DSN", &server.dsn())]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    server.assert_valid();
    let lines = ended.stdout.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, number)| (name.to_owned(), number.parse().unwrap())).collect()
}

fn assert_frugal(lifecycle: &str) {
    let measured = measure(lifecycle);
    assert_eq!(measured["threads_before_use"], 0, "{measured:?}");
    assert!(measured["threads_after_use"] <= 2, "the pipeline and the transport: {measured:?}");
    assert!(measured["wake_ups"] <= 1, "{measured:?}");
    assert_eq!(measured.get("woken"), Some(&1), "a trace wakes the pipeline: {measured:?}");
    // The program reports the minimum of two hundred runs: a busy machine may delay some of them, but not all.
    assert!(measured["init_micros"] < 5_000, "{measured:?}");
    assert!(measured["close_unused_micros"] < 5_000, "{measured:?}");
}

#[test]
fn an_idle_program_is_never_woken() {
    assert_frugal("static");
}

#[test]
fn an_idle_program_that_streams_spans_is_never_woken() {
    assert_frugal("stream");
}
