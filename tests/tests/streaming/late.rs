//! Tests of spans that end on other threads, or after their root.

use std::thread;

use sentry::{SentryFutureExt, SpanOptions};
use sentry_tests::support::{block_on, observe, observe_server};

use super::{attribute, span, streaming};

#[sentry::span(name = "elsewhere")]
async fn elsewhere() {}

#[test]
fn threads_add_to_the_trace_that_they_were_given() {
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("root"), |root| {
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let work = SpanOptions::new("on a thread").parent_span(root);
                        sentry::start_span(work, |span| span.set_attribute("x", 1));
                    });
                }
            });
        });
    });
    let root = span(&seen, "root");
    let others: Vec<_> = seen.streamed_spans().into_iter().filter(|span| span["name"] != "root").collect();
    assert_eq!(others.len(), 8);
    for other in &others {
        assert_eq!(other["parent_span_id"], root["span_id"]);
        assert_eq!(attribute(other, "sentry.segment.id"), &root["span_id"]);
        assert_eq!(attribute(other, "x"), 1);
    }
}

#[test]
fn attributes_set_on_another_thread_before_the_end_are_sent() {
    for _ in 0..20 {
        let seen = observe(streaming(), || {
            sentry::start_span(SpanOptions::new("root"), |_| {
                let inner = sentry::start_inactive_span(SpanOptions::new("inner"));
                thread::scope(|scope| {
                    scope.spawn(|| inner.set_attribute("from", "afar"));
                });
                inner.end();
            });
        });
        assert_eq!(attribute(&span(&seen, "inner"), "from"), "afar");
    }
}

#[test]
fn spans_that_end_after_their_root_stay_in_its_trace() {
    let seen = observe_server(streaming(), |server| {
        let mut later = None;
        sentry::start_span(SpanOptions::new("root"), |_| {
            later = Some((
                sentry::start_inactive_span(SpanOptions::new("later").attribute("early", 1)),
                elsewhere().bind_scope(),
            ));
        });
        assert!(
            server.wait_for_streamed_spans(1, std::time::Duration::from_secs(30)),
            "the root does not wait"
        );
        let (span, future) = later.unwrap();
        block_on(future);
        span.end();
    });
    let root = span(&seen, "root");
    assert_eq!(attribute(&span(&seen, "later"), "early"), 1);
    for name in ["later", "elsewhere"] {
        let late = span(&seen, name);
        assert_eq!(late["parent_span_id"], root["span_id"], "{name}");
        assert_eq!(late["is_segment"], false);
        assert_eq!(attribute(&late, "sentry.segment.name"), "root");
    }
}

#[test]
fn a_transaction_inside_of_one_is_a_segment_of_its_own() {
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("outer"), |_| {
            sentry::start_span(SpanOptions::new("inner").force_transaction(), |_| {
                sentry::start_span(SpanOptions::new("leaf"), |_| ());
            });
        });
    });
    let (outer, inner, leaf) = (span(&seen, "outer"), span(&seen, "inner"), span(&seen, "leaf"));
    assert_eq!(inner["is_segment"], true);
    assert_eq!(inner["parent_span_id"], outer["span_id"]);
    assert_eq!(attribute(&leaf, "sentry.segment.id"), &inner["span_id"]);
    assert_eq!(seen.payloads("span").len(), 1, "one trace, one batch");
}
