//! Tests that an error in a request is captured once, even if several layers and functions see it.

use std::fmt;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{Seen, observe, options, untraced};
use serde_json::Value;

use crate::client::get as fetch;
use crate::serve;

#[derive(Debug)]
struct SoldOut;

impl fmt::Display for SoldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("every lamp is sold out")
    }
}

impl std::error::Error for SoldOut {}

impl IntoResponse for SoldOut {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

#[sentry::span("reserve")]
async fn reserve() -> Result<(), SoldOut> {
    Err(SoldOut)
}

#[sentry::span(err)]
async fn annotated() -> Result<(), SoldOut> {
    reserve().await
}

#[sentry::server_action]
async fn action() -> Result<(), SoldOut> {
    reserve().await
}

async fn captures() -> Result<(), SoldOut> {
    let result = reserve().await;
    if let Err(error) = &result {
        sentry::capture_error(error);
    }
    result
}

async fn panics() {
    panic!("the shelf fell over");
}

async fn resumes() {
    std::panic::resume_unwind(Box::new("the shelf was moved"))
}

fn router() -> Router {
    Router::new()
        .route("/annotated", get(annotated))
        .route("/action", get(action))
        .route("/captures", get(captures))
        .route("/plain", get(reserve))
        .route("/bare", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/teapot", get(|| async { StatusCode::IM_A_TEAPOT }))
        .route("/panics", get(panics))
        .route("/resumes", get(resumes))
        .layer(SentryLayer::new())
}

fn visit(path: &'static str) -> Seen<u16> {
    observe(options(), || serve::axum(router(), |at| fetch(at, path).status))
}

fn exception(event: &Value) -> &Value {
    event["exception"]["values"].as_array().unwrap().last().unwrap()
}

#[test]
fn an_error_that_an_inner_function_captures_is_captured_once() {
    for (path, mechanism, handled) in [
        ("/annotated", "auto.function.span", true),
        ("/action", "auto.function.server_action", false),
        ("/captures", "generic", true),
    ] {
        let seen = visit(path);
        assert_eq!(seen.result, 500);
        let event = seen.event();
        assert_eq!(exception(&event)["type"], "SoldOut", "{path}");
        assert_eq!(exception(&event)["mechanism"]["type"], mechanism, "{path}");
        assert_eq!(exception(&event)["mechanism"]["handled"], handled, "{path}");
        assert_eq!(event["request"]["url"], format!("http://shop.example{path}"));
        let name = format!("GET {path}");
        assert_eq!(event["transaction"], name);
        let request = seen.span(&name);
        assert_eq!(request.status, "internal_error");
        assert_eq!(request.data["http.response.status_code"], 500);
        assert_eq!(event["contexts"]["trace"]["trace_id"], request.trace);
        // The event belongs to the innermost function that returned the error.
        assert_eq!(event["contexts"]["trace"]["span_id"], seen.span("reserve").id);
    }
}

#[test]
fn a_server_action_inside_is_part_of_the_request() {
    let seen = visit("/action");
    assert_eq!(seen.transactions().len(), 1);
    let (request, action) = (seen.span("GET /action"), seen.span("serverAction/action"));
    assert_eq!(action.parent.as_deref(), Some(&*request.id));
    assert_eq!(action.op, "function.server_action");
    assert_eq!(seen.span("reserve").parent.as_deref(), Some(&*action.id));
}

#[test]
fn a_server_error_that_nothing_captured_is_an_event_of_its_own() {
    let seen = visit("/bare");
    assert_eq!(seen.result, 502);
    let event = seen.event();
    assert_eq!(exception(&event)["type"], "Bad Gateway");
    assert_eq!(exception(&event)["value"], "GET /bare was answered with status 502");
    assert_eq!(exception(&event)["mechanism"]["type"], "auto.http.tower");
    let request = seen.span("GET /bare");
    assert_eq!(request.status, "internal_error");
    assert_eq!(event["contexts"]["trace"]["span_id"], request.id);
    let quiet = Router::new()
        .route("/bare", get(|| async { StatusCode::BAD_GATEWAY }))
        .layer(SentryLayer::new().capture_server_errors(false));
    let seen = observe(options(), || serve::axum(quiet, |at| drop(fetch(at, "/bare"))));
    assert!(seen.events().is_empty());
    assert_eq!(seen.span("GET /bare").status, "internal_error");
}

#[sentry::api_handler("/tagged")]
async fn tags() -> StatusCode {
    sentry::set_tag("shelf", "7");
    StatusCode::BAD_GATEWAY
}

#[test]
fn what_an_api_handler_says_of_the_request_is_known_with_and_without_traces() {
    for options in [options(), untraced()] {
        let app = Router::new().route("/tagged", get(tags)).layer(SentryLayer::new());
        let seen = observe(options, || serve::axum(app, |at| drop(fetch(at, "/tagged"))));
        assert_eq!(seen.event()["tags"]["shelf"], "7");
    }
}

#[test]
fn client_errors_are_not_captured() {
    let seen = visit("/teapot");
    assert!(seen.events().is_empty());
    assert_eq!(seen.span("GET /teapot").status, "invalid_argument");
}

#[test]
fn a_panic_goes_on_and_is_captured_once_with_its_request() {
    for options in [options(), untraced()] {
        let traced = options.traces_sample_rate.is_some();
        let seen = observe(options, || serve::axum(router(), |at| fetch(at, "/panics").status));
        assert_eq!(seen.result, 0, "axum closes the connection");
        let event = seen.event();
        assert_eq!(exception(&event)["value"], "the shelf fell over");
        assert_eq!(exception(&event)["mechanism"]["handled"], false);
        assert_eq!(event["request"]["url"], "http://shop.example/panics");
        assert_eq!(event["transaction"], "GET /panics");
        if traced {
            let request = seen.span("GET /panics");
            assert_eq!(request.status, "internal_error");
            assert_eq!(event["contexts"]["trace"]["span_id"], request.id);
        }
    }
}

#[test]
fn a_panic_that_no_hook_saw_is_captured_with_its_request() {
    for options in [options(), untraced()] {
        let seen = observe(options, || serve::axum(router(), |at| fetch(at, "/resumes").status));
        assert_eq!(seen.result, 0, "the panic closes the connection");
        let event = seen.event();
        assert_eq!(exception(&event)["value"], "the shelf was moved");
        assert_eq!(exception(&event)["mechanism"]["type"], "panic");
        assert_eq!(event["request"]["url"], "http://shop.example/resumes");
        assert_eq!(event["transaction"], "GET /resumes");
    }
}

#[test]
fn a_panic_that_a_layer_further_in_answers_is_captured_once() {
    async fn answer_panics(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
        let task = tokio::spawn(sentry::SentryFutureExt::bind_scope(next.run(request)));
        task.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
    let router = Router::new()
        .route("/panics", get(panics))
        .layer(axum::middleware::from_fn(answer_panics))
        .layer(SentryLayer::new());
    let seen = observe(options(), || serve::axum(router, |at| fetch(at, "/panics").status));
    assert_eq!(seen.result, 500);
    assert_eq!(exception(&seen.event())["value"], "the shelf fell over");
    assert_eq!(seen.span("GET /panics").status, "internal_error");
}
