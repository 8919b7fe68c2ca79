//! Tests of rate limits and other refusals of the server.

use std::time::{Duration, Instant};

use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe_server, options};

use crate::{lost, message, texts, transaction};

#[test]
fn a_rate_limit_for_one_category_leaves_the_others_alone() {
    let seen = observe_server(options(), |server| {
        let limits = "60:transaction:organization, 60:session:key";
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", limits));
        message("one");
        assert!(sentry::flush(LONG));
        transaction("two");
        message("three");
    });
    assert_eq!(texts(&seen), ["one", "three"]);
    assert!(seen.transactions().is_empty());
    for category in [DataCategory::Transaction, DataCategory::Span] {
        assert_eq!(lost(&seen.stats, DiscardReason::RatelimitBackoff, category), 1, "{category:?}");
    }
    assert_eq!(seen.reported("ratelimit_backoff", "transaction"), 1);
    assert_eq!(seen.reported("ratelimit_backoff", "span"), 1);
    assert_eq!(seen.reported("ratelimit_backoff", "error"), 0);
}

#[test]
fn a_rate_limit_for_everything_is_kept() {
    for answer in [
        Answer::status(429),
        Answer::status(429).header("Retry-After", "60"),
        Answer::status(429).header("X-Sentry-Rate-Limits", "60::organization"),
        Answer::ok().header("X-Sentry-Rate-Limits", "60::organization"),
    ] {
        let accepted = answer.is_accepted();
        let seen = observe_server(options(), |server| {
            server.answer_next(answer);
            message("one");
            assert!(sentry::flush(LONG));
            message("two");
            transaction("three");
            sentry::with_monitor("four", None, || ());
        });
        assert_eq!(seen.requests().len(), 1, "not even a client report");
        assert_eq!(seen.stats.sent(DataCategory::Error), u64::from(accepted));
        let lost = |category| lost(&seen.stats, DiscardReason::RatelimitBackoff, category);
        assert_eq!(lost(DataCategory::Error), if accepted { 1 } else { 2 });
        assert_eq!(lost(DataCategory::Transaction), 2, "`three`, and that of the job");
        assert_eq!(lost(DataCategory::Monitor), 2);
    }
}

#[test]
fn a_rate_limit_ends() {
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::status(429).header("Retry-After", "1"));
        message("one");
        assert!(sentry::flush(LONG));
        let started = Instant::now();
        let mut sent = 0;
        while server.events().is_empty() && started.elapsed() < LONG {
            message("again");
            sent += 1;
            assert!(sentry::flush(LONG));
            std::thread::sleep(Duration::from_millis(50));
        }
        sent
    });
    assert_eq!(texts(&seen), ["again"]);
    let kept_back = seen.result - 1;
    assert!(kept_back > 0);
    assert_eq!(
        seen.reported("ratelimit_backoff", "error"),
        kept_back,
        "what the server refused it counts itself"
    );
}

#[test]
fn items_that_the_server_refuses_are_counted_and_reported_later() {
    for status in [400, 401, 413, 500, 503] {
        let seen = observe_server(options(), |server| {
            server.answer_next(Answer::status(status));
            message("one");
            assert!(sentry::flush(LONG));
            message("two");
        });
        assert_eq!(texts(&seen), ["two"], "{status}: not sent again");
        assert_eq!(lost(&seen.stats, DiscardReason::SendError, DataCategory::Error), 1, "{status}");
        assert_eq!(seen.reported("send_error", "error"), 1, "{status}");
    }
}

#[test]
fn limits_are_read_from_every_answer_and_the_longest_wins() {
    for status in [200, 400, 413, 500] {
        let seen = observe_server(options(), |server| {
            let long = Answer::status(status).header("X-Sentry-Rate-Limits", "60:transaction:key");
            let short =
                Answer::status(status).header("X-Sentry-Rate-Limits", "0.01:transaction:key, 60:poem:key");
            for answer in [long, short] {
                server.answer_next(answer);
                message("one");
                assert!(sentry::flush(LONG));
            }
            std::thread::sleep(Duration::from_millis(20));
            transaction("two");
            message("three");
        });
        assert!(seen.transactions().is_empty(), "{status}");
        assert_eq!(
            lost(&seen.stats, DiscardReason::RatelimitBackoff, DataCategory::Transaction),
            1,
            "{status}"
        );
        assert!(texts(&seen).contains(&"three".to_owned()), "{status}");
    }
}
