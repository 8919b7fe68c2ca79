//! Tests that fewer traces are sampled while the queues overflow.

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
        until("the queue overflows", || sentry::get_client().unwrap().stats().lost() > 0);
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

/// Returns the sampling rate for a trace that begins now.
fn sample_rate() -> f64 {
    let baggage = sentry::start_span("probe", |_| sentry::get_baggage()).unwrap();
    let rate = baggage.split(',').find_map(|entry| entry.strip_prefix("sentry-sample_rate="));
    rate.unwrap().parse().unwrap()
}

#[test]
fn only_traces_that_the_configured_rate_keeps_are_lost_to_pressure() {
    let options = options().traces_sample_rate(0.5).backpressure_interval(Duration::from_millis(20));
    observe_server(options, |server| {
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "600:transaction;span:organization"));
        message("one");
        assert!(sentry::flush(LONG));
        // The rate is halved ten times. From then on it stays the same, and so does the reason.
        until("the sampling rate is at its lowest", || sample_rate() <= 0.5 / 1024.0);
        for (sample_rand, by_rate, by_pressure) in [
            ("0.000600", 0, 1),
            ("0.300000", 0, 1),
            ("0.499999", 0, 1),
            ("0.500000", 1, 0),
            ("0.900000", 1, 0),
        ] {
            let counts = || {
                assert!(sentry::flush(LONG));
                let stats = sentry::get_client().unwrap().stats();
                [DiscardReason::SampleRate, DiscardReason::Backpressure].map(|reason| {
                    [DataCategory::Transaction, DataCategory::Span]
                        .map(|category| lost(&stats, reason, category))
                })
            };
            let before = counts();
            let trace = "771a43a4192642f0b136d5159a501700";
            let headers = [
                ("sentry-trace", format!("{trace}-b7ad6b7169203331")),
                ("baggage", format!("sentry-trace_id={trace},sentry-sample_rand={sample_rand}")),
            ];
            sentry::continue_trace(&headers, || transaction("continued"));
            let after = counts();
            let new = |at: usize| [after[at][0] - before[at][0], after[at][1] - before[at][1]];
            assert_eq!((new(0), new(1)), ([by_rate; 2], [by_pressure; 2]), "sample_rand {sample_rand}");
        }
    });
}

/// The reason is decided at the start of the trace, together with the sampling decision.
#[test]
fn a_trace_that_the_rate_dropped_is_not_counted_for_pressure_that_came_later() {
    let options = options()
        .traces_sampler(|context| if context.name() == "early" { 0.3 } else { 1.0 })
        .queue_size(1)
        .backpressure_interval(Duration::from_millis(20))
        .shutdown_timeout(Duration::from_millis(50));
    let seen = observe_server(options, |server| {
        server.answer_all(Answer::never());
        let headers = [
            ("sentry-trace", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"),
            ("baggage", "sentry-trace_id=0af7651916cd43dd8448eb211c80319c,sentry-sample_rand=0.400000"),
        ];
        sentry::continue_trace(&headers, || {
            sentry::start_span("early", |_| {
                std::thread::spawn(|| {
                    until("traces are given up for pressure", || {
                        (0..5).for_each(|_| message("flood"));
                        transaction("under pressure");
                        relieved() > 3
                    });
                })
                .join()
                .unwrap();
            });
        });
    });
    assert_eq!(lost(&seen.stats, DiscardReason::SampleRate, DataCategory::Transaction), 1);
}
