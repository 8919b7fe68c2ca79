//! Tests of gRPC with the layer: calls are named by their method, and their status is the `grpc-status`.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{SeenSpan, block_on, observe, options};
use tower::{Layer as _, ServiceExt as _, service_fn};

/// A body that consists of trailers, like the answer to a call that failed late.
struct Trailers(Option<HeaderMap>);

impl http_body::Body for Trailers {
    type Data = axum::body::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        std::task::Poll::Ready(self.0.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

fn status(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static(code))])
}

fn call(answer: fn() -> Response<Trailers>) -> SeenSpan {
    let service = SentryLayer::new()
        .layer(service_fn(move |_request: Request<Body>| std::future::ready(Ok::<_, Infallible>(answer()))));
    let seen = observe(options(), || {
        block_on(async {
            let request = Request::post("http://localhost/shop.Lamps/Buy")
                .header("content-type", "application/grpc+proto")
                .body(Body::empty())
                .unwrap();
            let mut body = Box::pin(service.oneshot(request).await.unwrap().into_body());
            while let Some(frame) =
                std::future::poll_fn(|task| http_body::Body::poll_frame(body.as_mut(), task)).await
            {
                frame.unwrap();
            }
        });
    });
    assert_eq!(seen.transaction()["transaction_info"]["source"], "route");
    seen.span("POST /shop.Lamps/Buy")
}

#[test]
fn a_call_is_named_by_its_method_and_ends_by_its_trailers() {
    let span = call(|| Response::new(Trailers(Some(status("5")))));
    assert_eq!(span.status, "not_found");
    assert_eq!(span.data["rpc.grpc.status_code"], 5);
    assert_eq!(span.data["rpc.system.name"], "grpc");
    assert_eq!(span.data["rpc.service"], "shop.Lamps");
    assert_eq!(span.data["rpc.method"], "Buy");
    assert_eq!(call(|| Response::new(Trailers(Some(status("0"))))).status, "ok");
}

#[test]
fn an_error_without_a_better_word_is_a_failure() {
    assert_eq!(call(|| Response::new(Trailers(Some(status("2"))))).status, "internal_error");
    assert_eq!(call(|| Response::new(Trailers(Some(status("99"))))).status, "internal_error");
}

#[test]
fn a_call_that_fails_at_once_says_so_in_its_headers() {
    let span = call(|| {
        let mut response = Response::new(Trailers(None));
        *response.headers_mut() = status("13");
        response
    });
    assert_eq!(span.status, "internal_error");
}
