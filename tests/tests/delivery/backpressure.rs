//! Fewer traces while the queues overflow.

use std::time::Duration;

use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe_server, options};

use crate::{lost, message, transaction, until};

fn relieved() -> u64 {
    let stats = sentry::get_client().unwrap().stats();
    lost(&stats, DiscardReason::Backpressure, DataCategory::Transaction)
}

#[test]
fn traces_are_halved_while_the_queues_overflow_and_all_come_back() {
    let options = options()
        .queue_size(1)
        .backpressure_interval(Duration::from_millis(20))
        .read_timeout(Duration::from_millis(500));
    let seen = observe_server(options, |server| {
        server.answer_all(Answer::never());
        until("traces are given up for pressure", || {
            (0..5).for_each(|_| message("flood"));
            transaction("under pressure");
            relieved() > 3
        });
        server.answer_all(Answer::ok());
        until("all traces come back", || {
            transaction("later");
            assert!(sentry::flush(LONG));
            std::thread::sleep(Duration::from_millis(25));
            let all = server.transactions();
            let last = all.iter().rev().find(|transaction| transaction["transaction"] == "later");
            last.is_some_and(|last| last["contexts"]["trace"]["data"]["sentry.sample_rate"] == 1.0)
        });
    });
    let stats = &seen.stats;
    assert_eq!(
        lost(stats, DiscardReason::Backpressure, DataCategory::Transaction),
        lost(stats, DiscardReason::Backpressure, DataCategory::Span),
        "a transaction without children is one span"
    );
    assert_eq!(
        seen.reported("backpressure", "transaction"),
        lost(stats, DiscardReason::Backpressure, DataCategory::Transaction)
    );
}

#[test]
fn backpressure_can_be_switched_off() {
    let options = options()
        .queue_size(1)
        .backpressure_interval(Duration::from_millis(20))
        .enable_backpressure_handling(false)
        .shutdown_timeout(Duration::from_millis(50));
    let seen = observe_server(options, |server| {
        server.answer_all(Answer::never());
        for _ in 0..20 {
            (0..5).for_each(|_| message("flood"));
            transaction("under pressure");
            std::thread::sleep(Duration::from_millis(10));
        }
        relieved()
    });
    assert_eq!(seen.result, 0);
    assert!(seen.stats.lost() > 0);
}

#[test]
fn a_rate_limit_on_traces_lowers_the_sampling_rate() {
    let options = options().backpressure_interval(Duration::from_millis(20));
    let seen = observe_server(options, |server| {
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "60:transaction;span:organization"));
        message("one");
        assert!(sentry::flush(LONG));
        until("traces are given up", || {
            transaction("unwelcome");
            relieved() > 0
        });
    });
    let told =
        seen.reported("backpressure", "transaction") + seen.reported("ratelimit_backoff", "transaction");
    let dropped = lost(&seen.stats, DiscardReason::Backpressure, DataCategory::Transaction)
        + lost(&seen.stats, DiscardReason::RatelimitBackoff, DataCategory::Transaction);
    assert_eq!(told, dropped);
}
