//! Tests of the layer around plain services without a router, as hyper gets them.

use std::convert::Infallible;
use std::error::Error;
use std::io;

use axum::body::Body;
use axum::http::{Request, Response};
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{block_on, observe, options, without_client};
use tower::{Layer as _, ServiceExt as _, service_fn};

fn request(path: &str) -> Request<Body> {
    Request::get(format!("https://ada:secret@shop.example:8443{path}?q=novel")).body(Body::empty()).unwrap()
}

#[test]
fn the_error_of_a_service_is_captured_with_its_causes_and_handed_on() {
    let service = SentryLayer::new().layer(service_fn(|_request: Request<Body>| async {
        let cause = io::Error::other("the disk failed");
        Err::<Response<Body>, Box<dyn Error + Send + Sync>>(cause.into())
    }));
    let seen = observe(options(), || block_on(service.oneshot(request("/file"))));
    assert_eq!(seen.result.as_ref().unwrap_err().to_string(), "the disk failed");
    let event = seen.event();
    let exception = event["exception"]["values"].as_array().unwrap().last().unwrap();
    assert_eq!(exception["value"], "the disk failed");
    assert_eq!(exception["mechanism"]["handled"], false);
    assert_eq!(event["request"]["url"], "https://shop.example:8443/file", "without who asks");
    let span = seen.span("GET /file");
    assert_eq!(span.status, "internal_error");
    assert_eq!(span.data["server.port"], 8443);
    assert_eq!(span.data.get("http.response.status_code"), None);
}

#[sentry::span("annotated", err)]
async fn annotated(_request: Request<Body>) -> Result<Response<Body>, io::Error> {
    Err(io::Error::other("the disk failed"))
}

#[test]
fn the_error_of_an_annotated_service_is_captured_once() {
    let service = SentryLayer::new().layer(service_fn(annotated));
    let seen = observe(options(), || block_on(service.oneshot(request("/file"))).is_err());
    let event = seen.event();
    assert_eq!(event["exception"]["values"][0]["mechanism"]["type"], "auto.function.span");
    assert_eq!(seen.span("annotated").parent.as_deref(), Some(&*seen.span("GET /file").id));
}

#[test]
fn a_request_is_a_transaction_of_its_own_whatever_is_active() {
    let answer = |_request: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) };
    let service = SentryLayer::new().layer(service_fn(answer));
    let seen = observe(options(), || {
        sentry::start_span("the server's main loop", |_| drop(block_on(service.oneshot(request("/x")))));
    });
    let (outside, inside) = (seen.span("the server's main loop"), seen.span("GET /x"));
    assert!(outside.is_root && inside.is_root);
    assert_ne!(outside.trace, inside.trace);
    assert_eq!(inside.parent, None);
}

#[test]
fn what_a_service_does_before_its_future_is_part_of_the_request() {
    #[sentry::span("eager")]
    fn eager() {}
    let service = SentryLayer::new().layer(service_fn(|_request: Request<Body>| {
        eager();
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    }));
    let seen = observe(options(), || drop(block_on(service.oneshot(request("/x")))));
    assert_eq!(seen.span("eager").parent.as_deref(), Some(&*seen.span("GET /x").id));
}

#[test]
fn a_request_inside_of_a_request_is_one_of_its_own() {
    let answer = |_request: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) };
    let inner = SentryLayer::new().layer(service_fn(answer));
    let outer = SentryLayer::new()
        .layer(service_fn(move |_request: Request<Body>| inner.clone().oneshot(request("/inner"))));
    let seen = observe(options(), || drop(block_on(outer.oneshot(request("/outer")))));
    assert_eq!(seen.transactions().len(), 2);
    assert_ne!(seen.span("GET /inner").trace, seen.span("GET /outer").trace);
}

#[test]
fn without_a_client_requests_pass_unchanged() {
    let answer = |request: Request<Body>| async move {
        assert_eq!(request.extensions().len(), 0);
        Ok::<_, Infallible>(Response::new(request.into_body()))
    };
    let service = SentryLayer::new().layer(service_fn(answer));
    let answered = without_client(|| block_on(service.oneshot(request("/x"))));
    assert_eq!(answered.unwrap().status(), 200);
}
