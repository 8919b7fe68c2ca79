//! Tests of the counts of lost items: client reports, and the client's own counters.

use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe, observe_server, options, untraced};

use crate::{lost, message, texts, transaction};

#[test]
fn every_loss_is_reported_with_its_reason() {
    let options = options()
        .before_send(|event| {
            event.logentry.as_ref().is_none_or(|entry| entry.message != "dropped").then_some(event)
        })
        .before_send_transaction(|transaction| {
            (transaction.name.as_deref() != Some("dropped")).then_some(transaction)
        });
    let seen = observe(options, || {
        message("dropped");
        message("kept");
        sentry::with_scope(|scope| scope.add_event_processor(|_| None), || message("processed"));
        sentry::start_span("dropped", |_| sentry::start_span("child", |_| ()));
        transaction("kept");
    });
    assert_eq!(texts(&seen), ["kept"]);
    assert_eq!(seen.transaction()["transaction"], "kept");
    assert_eq!(seen.reported("before_send", "error"), 1);
    assert_eq!(seen.reported("event_processor", "error"), 1);
    assert_eq!(seen.reported("before_send", "transaction"), 1);
    assert_eq!(seen.reported("before_send", "span"), 2, "a transaction counts its root and its spans");
    for report in seen.client_reports() {
        assert!(report["timestamp"].is_number() || report["timestamp"].is_string(), "{report}");
        for entry in report["discarded_events"].as_array().unwrap() {
            assert!(entry["quantity"].as_u64().unwrap() > 0, "{entry}");
        }
    }
}

#[test]
fn sampling_is_reported() {
    let seen = observe(untraced().sample_rate(0.0).traces_sample_rate(0.0), || {
        (0..3).for_each(|_| message("one"));
        (0..4).for_each(|_| transaction("two"));
    });
    assert!(seen.events().is_empty() && seen.transactions().is_empty());
    assert_eq!(seen.reported("sample_rate", "error"), 3);
    assert_eq!(seen.reported("sample_rate", "transaction"), 4);
    assert_eq!(seen.stats.lost(), 0, "sampling is no loss");
}

#[test]
fn no_report_is_sent_when_switched_off() {
    let seen = observe(untraced().sample_rate(0.0).send_client_reports(false), || message("one"));
    assert!(seen.requests().is_empty());
    assert_eq!(lost(&seen.stats, DiscardReason::SampleRate, DataCategory::Error), 1);
}

#[test]
fn a_client_report_that_is_lost_is_sent_again() {
    let seen = observe_server(options().before_send(|_| None), |server| {
        server.answer_next(Answer::status(500));
        message("one");
        assert!(sentry::flush(LONG));
        assert_eq!(server.requests().len(), 1, "a report went out and was refused");
    });
    assert_eq!(seen.reported("before_send", "error"), 1);
}

#[test]
fn every_item_is_accepted_and_then_sent_dropped_or_queued() {
    let seen = observe_server(
        options().queue_size(4).before_send(|event| {
            event.logentry.as_ref().is_none_or(|entry| entry.message != "dropped").then_some(event)
        }),
        |server| {
            server.answer_next(Answer::status(400));
            message("refused");
            assert!(sentry::flush(LONG));
            message("dropped");
            server.answer_next(Answer::ok().held());
            message("slow");
            assert!(server.wait_for_requests(2, LONG));
            (0..20).for_each(|number| message(&number.to_string()));
            transaction("two");
            let mut stats = sentry::get_client().unwrap().stats();
            let started = std::time::Instant::now();
            while stats.queued.captured > 0 && started.elapsed() < LONG {
                std::thread::sleep(std::time::Duration::from_millis(1));
                stats = sentry::get_client().unwrap().stats();
            }
            server.release();
            stats
        },
    );
    let during = &seen.result;
    assert!(during.queued.envelopes > 0 && during.queued.bytes > 0, "{during:?}");
    assert_eq!((during.queued.spooled, during.queued.spooled_bytes), (0, 0));
    let after = &seen.stats;
    assert_eq!(after.queued, sentry::QueueDepths::default());
    assert_eq!(
        after.accepted(DataCategory::Error),
        22,
        "an item that a callback drops never reaches delivery"
    );
    let overflow = lost(after, DiscardReason::QueueOverflow, DataCategory::Error);
    assert!(overflow > 0);
    assert_eq!(after.accepted(DataCategory::Error), after.sent(DataCategory::Error) + overflow + 1);
    for category in [DataCategory::Transaction, DataCategory::Span] {
        let gone = lost(after, DiscardReason::QueueOverflow, category);
        assert_eq!(after.accepted(category), after.sent(category) + gone);
    }
    assert_eq!(seen.events().len() as u64, after.sent(DataCategory::Error));
    assert_eq!(seen.reported("queue_overflow", "error"), overflow);
    assert_eq!(seen.reported("send_error", "error"), 1);
    assert_eq!(seen.reported("before_send", "error"), 1);
}
