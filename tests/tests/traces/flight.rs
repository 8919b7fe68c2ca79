//! Tests of the flight recorder: the last spans before an error in a trace that is not sent.

use std::thread;
use std::time::Duration;

use sentry::{ClientOptions, FlightRecord, TraceLifecycle};
use sentry_tests::support::{LONG, Seen, block_on, names, observe, only, options, untraced, yield_once};
use serde_json::Value;

#[sentry::span(name = "load")]
fn load() {}

#[sentry::span(name = "SELECT 1", op = "db.query")]
async fn query() {
    yield_once().await;
}

#[sentry::span(name = "password=hunter2")]
fn secret() {}

fn recording() -> ClientOptions {
    untraced().flight_recorder(LONG)
}

/// Returns the record that is attached to the only event.
fn record<R>(seen: &Seen<R>) -> Value {
    let envelopes = seen.envelopes();
    let items = envelopes.iter().flat_map(|envelope| envelope.items_of("attachment"));
    let item = only(items.map(|item| (item.header.clone(), item.payload.clone())).collect());
    assert_eq!(item.0["filename"], "flight-record.json");
    assert_eq!(item.0["content_type"], "application/json");
    item.1
}

fn span_names(record: &Value) -> Vec<&str> {
    record["spans"].as_array().unwrap().iter().map(|span| span["name"].as_str().unwrap()).collect()
}

#[test]
fn an_error_in_a_trace_that_is_not_sent_takes_its_spans_along() {
    for lifecycle in [TraceLifecycle::Static, TraceLifecycle::Stream] {
        let seen = observe(recording().trace_lifecycle(lifecycle), || {
            sentry::start_span("other trace", |_| load());
            sentry::start_span("root", |_| {
                load();
                block_on(query());
                sentry::start_span("failing", |_| sentry::capture_error(&std::fmt::Error));
            });
        });
        let record = record(&seen);
        // Spans that end before the event is processed may be in the record as well.
        assert_eq!(span_names(&record)[..2], ["load", "SELECT 1"], "the trace of the error");
        let event = seen.event();
        assert_eq!(record["trace_id"], event["contexts"]["trace"]["trace_id"]);
        let query = &record["spans"][1];
        assert_eq!((&query["op"], &query["status"]), (&"db.query".into(), &"ok".into()));
        assert!(query["duration_ms"].as_f64().unwrap() >= 0.0 && query["start"].as_f64().unwrap() > 1e9);
        assert!(seen.spans().is_empty() && seen.streamed_spans().is_empty(), "no span is sent");
        let roots = seen.reported("sample_rate", "transaction");
        assert_eq!(roots, if lifecycle == TraceLifecycle::Static { 2 } else { 0 });
        assert_eq!(seen.reported("sample_rate", "span"), 6);
    }
}

#[test]
fn an_error_outside_of_a_trace_takes_the_spans_of_its_thread_along() {
    let seen = observe(recording(), || {
        sentry::start_span("mine", |_| load());
        thread::spawn(|| sentry::start_span("of another thread", |_| {})).join().unwrap();
        secret();
        sentry::capture_error(&std::fmt::Error);
    });
    let record = record(&seen);
    assert_eq!(span_names(&record), ["load", "mine", "password=[Filtered]"]);
}

#[test]
fn what_is_sent_anyway_is_not_attached() {
    let attachments = |options: ClientOptions| {
        let seen = observe(options, || {
            sentry::start_span("root", |_| {
                load();
                sentry::capture_error(&std::fmt::Error);
            });
        });
        assert_eq!(seen.events().len(), 1);
        let envelopes = seen.envelopes();
        (envelopes.iter().flat_map(|envelope| envelope.items_of("attachment")).count(), seen)
    };
    assert_eq!(attachments(options().flight_recorder(LONG)).0, 0, "the trace is sampled");
    assert_eq!(attachments(options().traces_sample_rate(0.0)).0, 0, "no recorder");
    // With `keep`, the whole trace is sent.
    let (count, seen) = attachments(recording().keep(|_| false));
    assert_eq!((count, names(&seen.spans())), (0, vec!["root", "load"]));
}

#[test]
fn messages_and_old_spans_are_left_alone() {
    let seen = observe(recording(), || {
        sentry::start_span("root", |_| {
            load();
            sentry::capture_message("all is well", sentry::Level::Info);
        });
    });
    assert!(seen.envelopes().iter().all(|envelope| envelope.items_of("attachment").next().is_none()));
    let seen = observe(untraced().flight_recorder(Duration::ZERO), || {
        load();
        thread::sleep(Duration::from_millis(5));
        sentry::capture_error(&std::fmt::Error);
    });
    assert!(seen.envelopes().iter().all(|envelope| envelope.items_of("attachment").next().is_none()));
}

#[test]
fn ignored_spans_are_left_out() {
    let options = recording().ignore_spans([sentry::SpanFilter::from("load")]);
    let seen = observe(options, || {
        sentry::start_span("root", |_| {
            load();
            block_on(query());
            sentry::capture_error(&std::fmt::Error);
        });
    });
    assert_eq!(span_names(&record(&seen))[0], "SELECT 1");
}

#[test]
fn a_record_has_the_spans_of_its_own_client() {
    let _ = sentry::test::with_captured_options(recording(), load);
    let captured = sentry::test::with_captured_options(recording(), || {
        sentry::start_span("mine", |_| {});
        sentry::capture_error(&std::fmt::Error);
    });
    let files = captured.attachments();
    assert_eq!(files.len(), 1);
    let record: Value = serde_json::from_slice(&files[0].buffer).unwrap();
    assert_eq!(span_names(&record), ["mine"]);
}

#[test]
fn the_record_can_be_read_at_any_time() {
    let names = |record: FlightRecord| record.spans.into_iter().map(|span| span.name).collect::<Vec<_>>();
    let seen = observe(recording(), || {
        sentry::start_span("root", |_| {
            load();
            names(sentry::flight_record().unwrap())
        })
    });
    assert_eq!(seen.result, ["load"]);
    assert!(observe(options(), sentry::flight_record).result.is_none());
}

#[test]
fn the_number_of_spans_is_bounded() {
    let seen = observe(recording(), || {
        for _ in 0..3 {
            sentry::start_span("root", |_| (0..5000).for_each(|_| load()));
        }
        sentry::capture_error(&std::fmt::Error);
    });
    assert_eq!(span_names(&record(&seen)).len(), 256);
}
