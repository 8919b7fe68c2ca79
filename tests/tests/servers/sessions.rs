//! Requests as sessions of release health.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use sentry::SessionMode;
use sentry::integrations::tower::SentryLayer;

use crate::client;
use crate::serve;
use crate::support::{observe, options};

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
    assert_eq!(seen.sessions().len(), 0, "requests are counted, not told of one by one");
}

#[test]
fn nothing_is_counted_unless_it_is_wanted() {
    let router = Router::new().route("/", get(|| async { "hello" })).layer(SentryLayer::new());
    let seen = observe(options().session_mode(SessionMode::Request), || {
        serve::axum(router, |server| {
            client::get(server, "/");
        });
    });
    assert!(seen.session_groups().is_empty());
}
