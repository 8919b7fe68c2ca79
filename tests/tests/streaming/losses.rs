//! Tests that lost spans are counted, one by one.

use sentry::SpanOptions;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, Seen, block_on, observe, observe_server};

use super::streaming;

#[sentry::span(name = "step")]
fn step() {}

fn trace(spans: u32) {
    sentry::start_span(SpanOptions::new("root"), |_| (0..spans).for_each(|_| step()));
}

fn lost<R>(seen: &Seen<R>, reason: DiscardReason, category: DataCategory) -> u64 {
    let entries = seen.stats.dropped.iter();
    entries.filter(|lost| lost.reason == reason && lost.category == category).map(|lost| lost.quantity).sum()
}

#[sentry::span]
async fn later() {}

#[test]
fn a_trace_that_is_not_sampled_counts_every_span_and_no_transaction() {
    let seen = observe(streaming().traces_sample_rate(0.0), || {
        sentry::start_span(SpanOptions::new("root"), |_| {
            (0..3).for_each(|_| step());
            block_on(later());
            sentry::start_span(SpanOptions::new("by hand"), |_| step());
            sentry::start_inactive_span("inactive").end();
        });
        step();
    });
    assert_eq!(seen.streamed_spans().len(), 0);
    assert_eq!(lost(&seen, DiscardReason::SampleRate, DataCategory::Span), 9);
    assert_eq!(lost(&seen, DiscardReason::SampleRate, DataCategory::Transaction), 0);
    assert_eq!(seen.reported("sample_rate", "span"), 9);
}

#[test]
fn a_limit_on_spans_is_kept_and_counted() {
    let seen = observe_server(streaming(), |server| {
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "600:span:organization"));
        trace(1);
        assert!(sentry::flush(LONG));
        trace(4);
    });
    assert_eq!(seen.streamed_spans().len(), 2);
    assert_eq!(lost(&seen, DiscardReason::RatelimitBackoff, DataCategory::Span), 5);
    assert_eq!(lost(&seen, DiscardReason::RatelimitBackoff, DataCategory::Transaction), 0);
    assert_eq!(seen.reported("ratelimit_backoff", "span"), 5);
}

#[test]
fn a_batch_that_the_server_refuses_counts_by_its_spans() {
    let seen = observe_server(streaming(), |server| {
        server.answer_next(Answer::status(400));
        trace(9);
        assert!(sentry::flush(LONG));
    });
    assert_eq!(lost(&seen, DiscardReason::SendError, DataCategory::Span), 10);
}

/// Every span is sent or counted, even with the smallest memory.
#[test]
fn with_little_memory_every_span_is_sent_or_counted() {
    const SPANS: u64 = 20_000;
    let seen = observe(streaming().max_record_memory(64 << 10), || trace(20_000));
    let sent = seen.streamed_spans().len() as u64;
    assert_eq!(sent + lost(&seen, DiscardReason::BufferOverflow, DataCategory::Span), SPANS + 1);
    assert_eq!(seen.stats.sent(DataCategory::Span), sent);
}
