//! Tests of requests as sessions of release health.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use sentry::SessionMode;
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{observe, options};

use crate::client;
use crate::serve;

#[test]
fn every_request_is_counted_by_how_it_ended() {
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .layer(SentryLayer::new());
    let options = options().auto_session_tracking(true).session_mode(SessionMode::Request);
    let seen = observe(options, || {
        serve::axum(router, |server| {
            for target in ["/", "/", "/broken"] {
                client::get(server, target);
            }
        });
    });
    let sum = |name: &str| seen.session_groups().iter().filter_map(|group| group[name].as_u64()).sum::<u64>();
    assert_eq!([sum("exited"), sum("errored") + sum("crashed")], [2, 1]);
    assert_eq!(seen.sessions().len(), 0, "requests are counted, not sent one by one");
}

#[test]
fn a_request_counts_for_the_user_that_it_names() {
    async fn ada() -> &'static str {
        sentry::set_user(Some(sentry::User { id: Some("ada".into()), ..Default::default() }));
        "hello"
    }
    let router =
        Router::new().route("/", get(|| async { "hello" })).route("/ada", get(ada)).layer(SentryLayer::new());
    let options = options().auto_session_tracking(true).session_mode(SessionMode::Request);
    let seen = observe(options, || {
        serve::axum(router, |server| {
            for target in ["/ada", "/", "/ada"] {
                client::get(server, target);
            }
        });
    });
    let of = |did: Option<&str>| -> u64 {
        let groups = seen.session_groups();
        let own = groups.iter().filter(|group| group["did"].as_str() == did);
        own.filter_map(|group| group["exited"].as_u64()).sum()
    };
    assert_eq!((of(Some("ada")), of(None)), (2, 1));
}

#[test]
fn requests_are_not_counted_unless_switched_on() {
    let router = Router::new().route("/", get(|| async { "hello" })).layer(SentryLayer::new());
    let seen = observe(options().session_mode(SessionMode::Request), || {
        serve::axum(router, |server| {
            client::get(server, "/");
        });
    });
    assert!(seen.session_groups().is_empty());
}
