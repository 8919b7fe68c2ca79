//! Tests of the batches of spans: the time at which they are sent, and their contents.

use std::collections::BTreeSet;
use std::time::Duration;

use sentry::SpanOptions;
use sentry_tests::support::{LONG, observe, observe_server};
use serde_json::Value;

use super::{span, streaming};

#[sentry::span(name = "step", args(number))]
fn step(number: u32) -> u32 {
    number
}

fn numbers(spans: &[Value]) -> Vec<u64> {
    spans.iter().filter_map(|span| span["attributes"]["number"]["value"].as_u64()).collect()
}

#[test]
fn spans_leave_while_the_root_runs() {
    let seen = observe_server(streaming(), |server| {
        // The pause is long enough for an idle pipeline to fall asleep, so that the root has to wake it.
        std::thread::sleep(Duration::from_secs(1));
        sentry::start_span(SpanOptions::new("root"), |_| {
            step(1);
            // The limit is five seconds; the longer timeout is for a busy machine.
            assert!(server.wait_for_streamed_spans(1, LONG), "the root still runs");
            step(2);
        });
    });
    assert_eq!(numbers(&seen.streamed_spans()), [1, 2]);
    let root = span(&seen, "root");
    assert!(seen.streamed_spans().iter().all(|span| span["trace_id"] == root["trace_id"]));
    assert_eq!(seen.payloads("span").len(), 2);
}

#[test]
fn a_flush_sends_what_has_ended() {
    let seen = observe_server(streaming(), |server| {
        sentry::start_span(SpanOptions::new("root"), |_| {
            step(1);
            assert!(sentry::flush(LONG));
            assert_eq!(numbers(&server.streamed_spans()), [1]);
        });
    });
    assert_eq!(seen.streamed_spans().len(), 2);
}

#[test]
fn a_trace_may_have_any_number_of_spans_in_batches_of_a_thousand() {
    const SPANS: u32 = 5_500;
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("root"), |_| (0..SPANS).map(step).count());
    });
    let mut sent = numbers(&seen.streamed_spans());
    sent.sort_unstable();
    assert_eq!(sent, (0..u64::from(SPANS)).collect::<Vec<_>>());
    let sizes: Vec<_> =
        seen.payloads("span").iter().map(|batch| batch["items"].as_array().unwrap().len()).collect();
    assert!(sizes.iter().all(|&size| size <= 1000), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), SPANS as usize + 1);
    assert_eq!(seen.stats.lost(), 0);
    assert_eq!(seen.stats.sent(sentry::protocol::DataCategory::Span), u64::from(SPANS) + 1);
    assert_eq!(seen.stats.sent(sentry::protocol::DataCategory::Transaction), 0);
}

#[test]
fn an_envelope_holds_one_trace() {
    let seen = observe(streaming(), || {
        for number in 0..20 {
            step(number);
        }
    });
    assert_eq!(numbers(&seen.streamed_spans()).len(), 20);
    let mut traces = BTreeSet::new();
    for envelope in seen.envelopes() {
        for item in envelope.items_of("span") {
            for span in item.payload["items"].as_array().unwrap() {
                assert_eq!(span["trace_id"], envelope.header["trace"]["trace_id"]);
                traces.insert(span["trace_id"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(traces.len(), 20);
}

#[test]
fn large_spans_make_smaller_batches() {
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("root"), |_| {
            for _ in 0..400 {
                sentry::start_span(SpanOptions::new("large"), |span| {
                    span.set_attribute("text", "x".repeat(8000));
                });
            }
        });
    });
    assert_eq!(seen.streamed_spans().len(), 401);
    let sizes: Vec<_> =
        seen.items().iter().filter(|item| item.ty() == "span").map(|item| item.bytes.len()).collect();
    assert!(sizes.iter().all(|&size| size < 2 << 20), "{sizes:?}");
    assert!(sizes.len() >= 3, "{sizes:?}");
}
