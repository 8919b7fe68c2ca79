//! Tests of a trace that is continued from environment variables.

use sentry_tests::FakeSentry;
use sentry_tests::support::programs::run;
use sentry_tests::support::{only, without_client};
use serde_json::{Value, json};

use crate::{SPAN, TRACE};

/// Runs a program with these variables. Returns its root span and the trace of its envelope.
fn root_in(trace: &str, baggage: &str) -> (Value, Value) {
    let server = FakeSentry::start();
    let dsn = server.dsn();
    let environment = [
        ("SENTRY_DSN", &*dsn),
        ("SENTRY_TRACES_SAMPLE_RATE", "0"),
        ("SENTRY_TRACE", trace),
        ("SENTRY_BAGGAGE", baggage),
    ];
    // No test with a client runs at the same time, because the program would slow it down.
    let ended = without_client(|| run(env!("CARGO_BIN_EXE_cron_job"), &[], &environment));
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    server.assert_valid();
    let sent: Vec<_> =
        server.envelopes().into_iter().filter(|it| it.items_of("transaction").count() > 0).collect();
    if sent.is_empty() {
        return (Value::Null, Value::Null);
    }
    (only(server.transactions())["contexts"]["trace"].clone(), only(sent).header["trace"].clone())
}

#[test]
fn the_trace_of_the_parent_process_is_continued() {
    let baggage = format!(
        "sentry-trace_id={TRACE},sentry-public_key=theirs,sentry-release=parent,sentry-sample_rand=0.5"
    );
    let (root, context) = root_in(&format!("{TRACE}-{SPAN}-1"), &baggage);
    assert_eq!((&root["trace_id"], &root["parent_span_id"]), (&json!(TRACE), &json!(SPAN)));
    assert_eq!(
        context,
        json!({"trace_id": TRACE, "public_key": "theirs", "release": "parent", "sample_rand": "0.5"})
    );
}

#[test]
fn invalid_trace_variables_are_ignored() {
    let (root, _) = root_in("nonsense", "sentry-release=parent");
    assert!(root.is_null(), "the rate of zero decides, not the parent: {root}");
}
