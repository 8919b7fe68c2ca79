//! Tests of servers that are slow, silent or gone: no request takes longer than its timeout.

use std::net::TcpListener;
use std::time::Duration;

use sentry::ClientOptions;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::{self, LONG, observe_server, options};

use crate::{lost, message, texts, until};

/// Returns options with timeouts that are longer than any test, so that only the timeout set by a test has an effect.
fn patient() -> ClientOptions {
    let hour = Duration::from_secs(3600);
    options().connect_timeout(hour).read_timeout(hour).request_timeout(hour)
}

#[test]
fn a_server_that_does_not_answer_is_given_up_in_time() {
    let short = Duration::from_millis(200);
    for (answer, options) in [
        (Answer::never(), patient().read_timeout(short)),
        (Answer::never(), patient().request_timeout(short)),
        (Answer::status(503).drip(Duration::from_millis(50)), patient().request_timeout(short)),
    ] {
        let seen = observe_server(options, |server| {
            server.answer_next(answer);
            message("one");
            assert!(sentry::flush(LONG), "a lost item needs no further wait");
            let stats = || sentry::get_client().unwrap().stats();
            assert_eq!(lost(&stats(), DiscardReason::NetworkError, DataCategory::Error), 1);
            // On a busy machine, even an ordinary answer may take longer than the timeout.
            let mut more = 0;
            until("an answer is in time", || {
                message("more");
                more += 1;
                assert!(sentry::flush(LONG));
                stats().sent(DataCategory::Error) == 1
            });
            more
        });
        assert!(texts(&seen).iter().all(|text| text == "more"), "{:?}", texts(&seen));
        let given_up = lost(&seen.stats, DiscardReason::NetworkError, DataCategory::Error);
        assert_eq!(given_up, seen.result, "`one`, and all others but the last");
        // A report that timed out may have been read by the server and is sent again, so only reports in time count
        // exactly.
        let reported = seen.reported("network_error", "error");
        assert!(reported == given_up || given_up > 1 && reported > given_up, "{reported} of {given_up}");
    }
}

#[test]
fn a_slow_answer_is_an_answer() {
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::ok().drip(Duration::from_millis(2)));
        message("one");
    });
    assert_eq!(texts(&seen), ["one"]);
    assert_eq!((seen.requests().len(), seen.stats.lost()), (1, 0));
}

/// Returns the ways in which a server may send the answer for an accepted envelope.
fn accepting_answers() -> [Answer; 4] {
    let long = "x".repeat(2_000);
    let slowly = Duration::from_millis(20);
    [
        // The headers do not end before the timeout.
        Answer::ok().header("X-Padding", long.as_str()).drip(slowly),
        // The body does not end before the timeout.
        Answer::ok().body(long.as_str()).drip(Duration::from_millis(5)),
        Answer::ok().cut_after("HTTP/1.1 200 OK\r\nCont".len()),
        Answer::ok().cut_after("HTTP/1.1 200".len()),
    ]
}

#[test]
fn what_the_server_has_accepted_is_neither_lost_nor_sent_again() {
    for answer in accepting_answers() {
        let options = patient().request_timeout(Duration::from_secs(4));
        let seen = observe_server(options, |server| {
            server.answer_next(answer);
            message("one");
            assert!(sentry::flush(LONG));
        });
        assert_eq!(texts(&seen), ["one"]);
        assert_eq!((seen.requests().len(), seen.stats.lost()), (1, 0), "{:?}", seen.stats);
        assert_eq!(seen.stats.sent(DataCategory::Error), 1);
    }
}

#[test]
fn a_status_that_refuses_counts_without_the_rest_of_the_answer() {
    for (status, reason) in [(400, DiscardReason::SendError), (429, DiscardReason::RatelimitBackoff)] {
        let seen = observe_server(patient().request_timeout(Duration::from_secs(4)), |server| {
            server.answer_next(Answer::status(status).cut_after("HTTP/1.1 400 Bad".len()));
            message("one");
            assert!(sentry::flush(LONG));
        });
        let refused = seen.requests().iter().filter(|request| !request.accepted).count();
        assert_eq!((refused, texts(&seen).len()), (1, 0), "it is not tried again");
        assert_eq!(lost(&seen.stats, reason, DataCategory::Error), 1, "{:?}", seen.stats);
    }
}

#[test]
fn an_answer_may_take_longer_than_the_time_until_it_begins() {
    let seen = observe_server(patient().read_timeout(Duration::from_secs(2)), |server| {
        server.answer_next(Answer::ok().drip(Duration::from_millis(40)));
        message("one");
    });
    assert_eq!((seen.requests().len(), seen.stats.lost()), (1, 0));
}

#[test]
fn a_server_that_does_not_shake_hands_is_given_up_in_time() {
    // The listener accepts the connection, but never begins the TLS handshake.
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let dsn = format!("https://key@{}/1", listener.local_addr().unwrap());
    let stats = support::without_client(|| {
        let options = patient().dsn(&dsn).connect_timeout(Duration::from_millis(100));
        let guard = sentry::try_init(options).unwrap();
        let client = guard.clone();
        message("one");
        assert!(sentry::flush(LONG), "a lost item needs no further wait");
        drop(guard);
        client.stats()
    });
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Error), 1);
}

#[test]
fn a_broken_request_is_retried_a_few_times_and_then_lost() {
    let seen = observe_server(options(), |server| {
        for answer in [Answer::hangup(), Answer::cut_short(), Answer::hangup(), Answer::hangup()] {
            server.answer_next(answer);
        }
        message("one");
        assert!(sentry::flush(LONG));
        message("two");
    });
    assert_eq!(texts(&seen), ["two"]);
    assert_eq!(seen.requests().iter().filter(|request| !request.accepted).count(), 4, "four attempts");
    assert_eq!(lost(&seen.stats, DiscardReason::NetworkError, DataCategory::Error), 1);
    assert_eq!(seen.reported("network_error", "error"), 1);
}
