//! Tests of the calls that wait for delivery, and of their timeouts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sentry::Level;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::addresses::Nowhere;
use sentry_tests::support::{self, LONG, assert_takes_less_than, observe, observe_server, options};

use crate::{lost, message, texts, transaction, until};

#[test]
fn the_guard_waits_for_everything() {
    let seen = observe_server(options(), |server| {
        server.answer_all(Answer::ok().delay(Duration::from_millis(100)));
        (0..5).for_each(|number| message(&number.to_string()));
        transaction("last");
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (5, 1));
    assert_eq!(seen.stats.sent(DataCategory::Error), 5);
    assert_eq!(seen.stats.sent(DataCategory::Transaction), 1);
    assert_eq!(seen.stats.lost(), 0);
    let bodies: usize = seen.requests().iter().map(|request| request.raw_body.len()).sum();
    assert_eq!(seen.stats.bytes, bodies as u64);
}

#[test]
fn a_flush_ends_although_others_capture_faster_than_anything_is_processed() {
    let slowly = |_| {
        std::thread::sleep(Duration::from_micros(200));
        None
    };
    let seen = observe(options().before_send(slowly), || {
        let client = sentry::get_client().unwrap();
        let given_up = || lost(&client.stats(), DiscardReason::QueueOverflow, DataCategory::Error);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    message("more");
                }
            });
            until("they are faster", || given_up() > 0);
            let before = given_up();
            transaction("before");
            let flushed = sentry::flush(LONG);
            over.store(true, Ordering::Relaxed);
            assert!(given_up() > before, "messages were lost during the flush, too");
            flushed
        })
    });
    assert!(seen.result);
    assert_eq!(seen.transactions().len(), 1);
}

#[test]
fn no_call_waits_past_its_deadline_for_a_server_that_never_answers() {
    assert_takes_less_than(SOON, longest_overrun);
}

/// The maximum time by which a call may exceed its timeout.
const SOON: Duration = Duration::from_secs(1);

/// Returns the maximum time by which a call exceeded its timeout, and asserts that none returned before it.
fn longest_overrun() -> Duration {
    let timeout = Duration::from_millis(300);
    let longest = std::cell::Cell::new(Duration::ZERO);
    let within = |what: &str, started: Instant| {
        let took = started.elapsed();
        assert!(took >= timeout, "{what} took {took:?}");
        longest.set(longest.get().max(took - timeout));
    };
    let mut started = Instant::now();
    observe_server(options().shutdown_timeout(timeout), |server| {
        server.answer_all(Answer::never());
        message("one");
        started = Instant::now();
        assert!(!sentry::flush(timeout), "flush says that not everything was sent");
        within("flush", started);
        message("two");
        assert!(sentry::is_enabled(), "the program goes on, and so does the client");
        started = Instant::now();
        assert!(!sentry::flush(None));
        within("flush with the default", started);
        started = Instant::now();
    });
    within("the guard", started);

    observe_server(options().shutdown_timeout(Duration::ZERO), |server| {
        server.answer_all(Answer::never());
        message("one");
        started = Instant::now();
        assert!(!sentry::close(timeout));
        within("close", started);
        assert!(!sentry::is_enabled());
        assert!(sentry::capture_message("too late", Level::Info).is_nil());
    });
    longest.get()
}

#[test]
fn after_close_nothing_is_captured() {
    let seen = observe(options(), || {
        message("before");
        assert!(sentry::close(LONG));
        message("after");
        transaction("after");
        sentry::flush(LONG)
    });
    assert!(seen.result, "there is nothing to wait for");
    assert_eq!(texts(&seen), ["before"]);
    assert!(seen.transactions().is_empty());
}

#[test]
fn a_server_that_is_down_loses_what_is_sent_and_nothing_else() {
    let nowhere = Nowhere::new();
    let stats = support::without_client(|| {
        let dsn = format!("http://key@{}/1", nowhere.address());
        let options = options().dsn(&dsn).shutdown_timeout(LONG);
        let guard = sentry::try_init(options).unwrap();
        let client = Arc::clone(&guard);
        message("one");
        transaction("two");
        assert!(sentry::flush(LONG), "everything was delivered or lost");
        drop(guard);
        client.stats()
    });
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Error), 1);
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Transaction), 1);
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Span), 1);
    assert_eq!(stats.sent, []);
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    for bad in [Answer::hangup(), Answer::cut_short()] {
        let seen = observe_server(options(), |server| {
            server.answer_next(bad);
            message("one");
        });
        assert_eq!(texts(&seen), ["one"]);
        assert_eq!(seen.requests().len(), 2);
        assert_eq!(seen.stats.lost(), 0);
    }
}
