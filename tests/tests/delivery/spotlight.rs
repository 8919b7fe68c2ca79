//! Tests of Spotlight: it gets everything if there is no server, and copies if there is one.

use sentry::ClientOptions;
use sentry_tests::FakeSentry;
use sentry_tests::support::{LONG, observe, untraced, without_client};

use crate::{message, texts, transaction};

/// Returns options with which a server would only get feedback and sessions.
fn reserved() -> ClientOptions {
    untraced().sample_rate(0.0).traces_sample_rate(0.0).traces_sampler(|_| 0.0)
}

/// Captures a message, transactions and a log.
fn work() {
    message("at work");
    transaction("work");
    sentry::logger_info!("worked");
    sentry::continue_trace(
        &[("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-0")],
        || transaction("not sampled elsewhere"),
    );
}

/// Runs a closure with a client that sends to Spotlight only.
fn spotlit(options: ClientOptions, run: impl FnOnce()) -> FakeSentry {
    without_client(|| {
        let spotlight = FakeSentry::start();
        let guard = sentry::init(options.spotlight_url(spotlight.spotlight_url()));
        assert_eq!(guard.dsn(), None, "these tests need an environment without SENTRY_DSN");
        run();
        assert!(guard.close(LONG));
        spotlight.assert_valid();
        spotlight
    })
}

fn names(server: &FakeSentry) -> Vec<String> {
    let name = |sent: &serde_json::Value| sent["transaction"].as_str().unwrap_or("-").to_owned();
    server.transactions().iter().map(name).collect()
}

#[test]
fn spotlight_alone_gets_everything_whatever_the_sampling_rates() {
    for options in [untraced(), reserved()] {
        let spotlight = spotlit(options, work);
        assert_eq!(texts(&spotlight), ["at work"]);
        assert_eq!(names(&spotlight), ["work", "not sampled elsewhere"]);
        assert_eq!(spotlight.logs().len(), 1);
    }
}

#[sentry::server_action]
fn order() -> &'static str {
    "for Ada"
}

#[test]
fn spotlight_alone_gets_personal_data_but_no_secrets() {
    let spotlight = spotlit(untraced(), || {
        order();
        sentry::with_isolation_scope(|| {
            sentry::set_extra("password", "hunter2");
            message("signed in");
        });
    });
    let data = &spotlight.transactions()[0]["contexts"]["trace"]["data"];
    assert_eq!(data["server_action_result"], "for Ada");
    assert_eq!(spotlight.events()[0]["extra"]["password"], "[Filtered]");
}

#[test]
fn filters_and_callbacks_still_run() {
    let options = untraced().before_send(|_| None).ignore_transactions(["work"]);
    let spotlight = spotlit(options, work);
    assert!(texts(&spotlight).is_empty());
    assert_eq!(names(&spotlight), ["not sampled elsewhere"]);
}

#[test]
fn spotlight_beside_a_server_gets_the_same_items() {
    let spotlight = FakeSentry::start();
    let seen = observe(reserved().enable_logs(false).spotlight_url(spotlight.spotlight_url()), || {
        work();
        order();
    });
    assert!(seen.events().is_empty() && seen.transactions().is_empty() && seen.logs().is_empty());
    assert!(spotlight.events().is_empty() && spotlight.transactions().is_empty());
    assert!(spotlight.logs().is_empty());
    let spotlight = FakeSentry::start();
    let seen = observe(untraced().spotlight_url(spotlight.spotlight_url()), work);
    spotlight.assert_valid();
    assert_eq!((texts(&seen.server), texts(&spotlight)), (vec!["at work".into()], vec!["at work".into()]));
    assert!(seen.transactions().is_empty() && spotlight.transactions().is_empty());
}
