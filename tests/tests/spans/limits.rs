//! Tests of the limit of spans in a segment: further spans are counted as lost.

use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::support::{Seen, observe, options};

#[sentry::span(name = "one of many", args(number))]
fn one_of_many(number: u32) -> u32 {
    number
}

#[sentry::span(name = "many")]
fn many(spans: u32) -> u64 {
    (0..spans).map(|number| u64::from(one_of_many(number))).sum()
}

fn lost_spans<R>(seen: &Seen<R>) -> u64 {
    let lost = seen.stats.dropped.iter().filter(|entry| entry.category == DataCategory::Span);
    lost.filter(|entry| entry.reason == DiscardReason::BufferOverflow).map(|entry| entry.quantity).sum()
}

#[test]
fn a_thousand_spans_are_sent() {
    let seen = observe(options(), || many(1000));
    assert_eq!(seen.transaction()["spans"].as_array().unwrap().len(), 1000);
    assert_eq!(lost_spans(&seen), 0);
    assert_eq!(seen.client_reports().len(), 0);
    assert_eq!(seen.stats.sent(DataCategory::Span), 1001, "the root counts as a span");
}

#[test]
fn of_more_the_earliest_are_sent_and_the_others_are_counted() {
    for spans in [1001, 2500, 9000] {
        let seen = observe(options(), || many(spans));
        assert_eq!(seen.result, u64::from(spans) * u64::from(spans - 1) / 2);
        let sent = seen.transaction()["spans"].as_array().unwrap().clone();
        let numbers: Vec<_> = sent.iter().map(|span| span["data"]["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
        let over = u64::from(spans) - 1000;
        assert_eq!(lost_spans(&seen), over, "of {spans}");
        assert_eq!(seen.reported("buffer_overflow", "span"), over, "of {spans}");
        assert_eq!(seen.stats.lost(), over);
    }
}

#[test]
fn another_trace_is_not_touched_by_one_that_is_too_long() {
    let seen = observe(options(), || {
        many(3000);
        many(2);
    });
    let counts: Vec<_> =
        seen.transactions().iter().map(|sent| sent["spans"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(counts, [1000, 2]);
}

#[test]
fn what_ended_in_a_trace_that_is_open_at_the_end_is_counted() {
    let seen = observe(options(), || {
        let root = sentry::start_transaction("never ended in time");
        sentry::with_active_span(&root, || drop((0..3).map(one_of_many).collect::<Vec<_>>()));
        assert!(sentry::flush(sentry_tests::support::LONG));
        sentry::with_active_span(&root, || one_of_many(3));
        root
    });
    assert_eq!(seen.transactions().len(), 0);
    assert_eq!(lost_spans(&seen), 4);
    assert_eq!(seen.reported("buffer_overflow", "span"), 4);
    seen.result.end();
}
