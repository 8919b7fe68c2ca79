//! Tests of errors of annotated functions in requests that fail without returning an error.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sentry::integrations::actix_web::Sentry;
use sentry::integrations::tower::SentryLayer;
use sentry::{ClientOptions, UnhandledErrors};
use sentry_tests::support::{Seen, observe, options};
use serde_json::Value;

use crate::client::get as fetch;
use crate::serve;

#[derive(Debug)]
struct Broken(&'static str, Option<Box<Broken>>);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

#[sentry::span]
async fn stock() -> Result<u32, Broken> {
    Err(Broken("the stock is unknown", None))
}

#[sentry::span]
async fn charge() -> Result<(), Broken> {
    let cause = Box::new(Broken("the bank is closed", None));
    Err(Broken("the card was not charged", Some(cause)))
}

/// Handles the first error, and hides the second one behind a status.
async fn buy() -> Response {
    let _left = stock().await.unwrap_or(7);
    match charge().await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[sentry::server_action]
async fn action() -> Response {
    buy().await
}

#[sentry::api_handler("/api")]
async fn api() -> Response {
    buy().await
}

async fn recovers() -> StatusCode {
    let _left = stock().await.unwrap_or(7);
    StatusCode::OK
}

async fn captures() -> StatusCode {
    if let Err(error) = charge().await {
        sentry::capture_error(&error);
    }
    StatusCode::BAD_GATEWAY
}

#[sentry::server_action]
async fn fails() -> Result<(), (StatusCode, String)> {
    let _left = stock().await.unwrap_or(7);
    charge().await.map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))
}

fn router() -> Router {
    Router::new()
        .route("/buy", get(buy))
        .route("/action", get(action))
        .route("/api", get(api))
        .route("/recovers", get(recovers))
        .route("/captures", get(captures))
        .route("/fails", get(fails))
        .layer(SentryLayer::new())
}

fn visit(options: ClientOptions, path: &'static str) -> Seen<u16> {
    observe(options, || serve::axum(router(), |at| fetch(at, path).status))
}

fn exceptions(event: &Value) -> Vec<String> {
    let values = event["exception"]["values"].as_array().unwrap();
    values
        .iter()
        .rev()
        .map(|it| format!("{}: {}", it["type"].as_str().unwrap(), it["value"].as_str().unwrap()))
        .collect()
}

fn is_the_charge(event: &Value, seen_span: &str) {
    assert_eq!(exceptions(event), ["Broken: the card was not charged", "Broken: the bank is closed"]);
    assert_eq!(event["contexts"]["trace"]["span_id"], seen_span);
    let outermost = event["exception"]["values"].as_array().unwrap().last().unwrap();
    assert_eq!(outermost["mechanism"]["handled"], false);
    let frames = outermost["stacktrace"]["frames"].as_array().unwrap();
    let innermost = frames.iter().rev().find(|frame| frame["in_app"] == true).unwrap();
    assert!(innermost["function"].as_str().unwrap().contains("charge"), "{innermost:#}");
}

#[test]
fn the_error_behind_a_server_error_is_captured_with_chain_stack_and_span() {
    for (path, mechanism) in
        [("/buy", "auto.http.tower"), ("/action", "auto.http.tower"), ("/api", "auto.http.api_handler")]
    {
        let seen = visit(options(), path);
        assert_eq!(seen.result, 500);
        let event = seen.event();
        is_the_charge(&event, &seen.span("unhandled::charge").id);
        let outermost = event["exception"]["values"].as_array().unwrap().last().unwrap();
        assert_eq!(outermost["mechanism"]["type"], mechanism);
        assert_eq!(event["contexts"]["response"]["status_code"], 500);
        assert_eq!(event["transaction"], format!("GET {path}"));
    }
}

#[test]
fn an_error_that_was_handled_or_captured_is_not_captured_again() {
    assert!(visit(options(), "/recovers").events().is_empty());
    let seen = visit(options(), "/captures");
    assert_eq!(seen.result, 502);
    assert_eq!(seen.event()["exception"]["values"][1]["mechanism"]["type"], "generic");
}

#[test]
fn the_option_decides_which_are_captured() {
    let off = visit(options().unhandled_errors(UnhandledErrors::Off), "/buy");
    assert_eq!(exceptions(&off.event()), ["Internal Server Error: GET /buy was answered with status 500"]);

    for path in ["/buy", "/action", "/api", "/fails"] {
        let all = visit(options().unhandled_errors(UnhandledErrors::All), path);
        let events = all.events();
        assert_eq!(events.len(), 2, "{path}: {events:#?}");
        let (failure, swallowed) = (&events[0], &events[1]);
        assert!(exceptions(failure)[0].contains("the card was not charged"), "{path}");
        assert_eq!(exceptions(swallowed), ["Broken: the stock is unknown"], "{path}");
        assert_eq!((&failure["level"], &swallowed["level"]), (&"error".into(), &"warning".into()));
        assert_eq!(swallowed["exception"]["values"][0]["mechanism"]["handled"], true);
        assert_eq!(swallowed["contexts"]["trace"]["span_id"], all.span("unhandled::stock").id);
    }
    assert!(visit(options().unhandled_errors(UnhandledErrors::All), "/recovers").events().is_empty());
}

#[test]
fn an_ignored_error_stays_ignored() {
    let seen = visit(options().ignore_errors(["not charged"]), "/buy");
    assert!(seen.events().is_empty(), "neither as the error nor as a status");
    assert_eq!(seen.reported("event_processor", "error"), 1);
}

#[test]
fn actix_web_captures_it_too() {
    async fn buy() -> HttpResponse {
        match charge().await {
            Ok(()) => HttpResponse::Ok().finish(),
            Err(_) => HttpResponse::InternalServerError().finish(),
        }
    }
    fn configure(config: &mut ServiceConfig) {
        config.route("/buy", actix_web::web::get().to(buy));
    }
    let seen = observe(options(), || serve::actix(Sentry::new(), configure, |at| fetch(at, "/buy").status));
    assert_eq!(seen.result, 500);
    is_the_charge(&seen.event(), &seen.span("unhandled::charge").id);
}
