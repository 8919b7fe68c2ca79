//! Tests of response bodies: a request lasts until its body is sent, and is cancelled if the body is dropped early.

use std::convert::Infallible;
use std::fmt;
use std::io::Read;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use http_body::{Frame, SizeHint};
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{LONG, observe, options, without_client};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::client::{ask, get as fetch, send};
use crate::serve;

/// A body that sends the frames of a channel, and reports when it is dropped.
pub struct Streamed<E> {
    frames: UnboundedReceiver<Result<Frame<Bytes>, E>>,
    dropped: Option<mpsc::Sender<()>>,
}

impl<E> http_body::Body for Streamed<E> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let frame = self.frames.poll_recv(task);
        if frame.is_ready() {
            chunk();
        }
        frame
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl<E> Drop for Streamed<E> {
    fn drop(&mut self) {
        sentry::set_tag("body", "dropped in its context");
        if let Some(dropped) = self.dropped.take() {
            let _nobody_waits = dropped.send(());
        }
    }
}

#[sentry::span("chunk")]
fn chunk() {}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

fn router(response: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Router {
    Router::new().route("/stream", get(move || async move { response() })).layer(SentryLayer::new())
}

#[test]
fn the_span_ends_when_the_body_does() {
    let (tell, frames) = mpsc::channel();
    let app = router(move || {
        let (sender, frames) = unbounded_channel::<Result<_, Infallible>>();
        tell.send(sender).unwrap();
        Response::new(Body::new(Streamed { frames, dropped: None }))
    });
    let seen = observe(options(), || {
        serve::axum(app, |at| {
            let mut stream = send(at, "GET", "/stream", &[]);
            let sender = frames.recv_timeout(LONG).unwrap();
            for text in ["one ", "two "] {
                sender.send(Ok(data(text))).unwrap();
            }
            let mut seen = Vec::new();
            while !String::from_utf8_lossy(&seen).contains("two ") {
                let mut buffer = [0; 1024];
                let length = stream.read(&mut buffer).unwrap();
                seen.extend_from_slice(&buffer[..length]);
            }
            // The handler returned long ago, and half of the body has arrived.
            assert!(sentry::flush(LONG));
            let before = sentry::get_client().unwrap().stats();
            assert_eq!(before.sent(sentry::protocol::DataCategory::Transaction), 0);
            drop(sender);
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
        });
    });
    let request = seen.span("GET /stream");
    assert_eq!(request.status, "ok");
    let chunks: Vec<_> = seen.spans().into_iter().filter(|span| span.name == "chunk").collect();
    assert_eq!(chunks.len(), 3, "spans of the body are part of the request: {chunks:#?}");
    assert!(chunks.iter().all(|span| span.parent.as_deref() == Some(&*request.id)));
    assert_eq!(seen.transaction()["tags"]["body"], "dropped in its context");
}

#[test]
fn a_reader_who_goes_away_cancels_the_request() {
    let (tell, frames) = mpsc::channel();
    let (tell_dropped, dropped) = mpsc::channel();
    let app = router(move || {
        let (sender, frames) = unbounded_channel::<Result<_, Infallible>>();
        tell.send(sender).unwrap();
        Response::new(Body::new(Streamed { frames, dropped: Some(tell_dropped.clone()) }))
    });
    let seen = observe(options(), || {
        serve::axum(app, |at| {
            let stream = send(at, "GET", "/stream", &[]);
            let sender = frames.recv_timeout(LONG).unwrap();
            sender.send(Ok(data("one "))).unwrap();
            drop(stream);
            // The server notices the closed connection only when it writes.
            while dropped.try_recv().is_err() {
                let _gone = sender.send(Ok(data("more ")));
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
    });
    assert_eq!(seen.span("GET /stream").status, "cancelled");
    assert!(seen.events().is_empty());
}

#[test]
fn a_client_who_does_not_wait_for_the_answer_cancels_the_request() {
    struct Told(mpsc::Sender<()>);
    impl Drop for Told {
        fn drop(&mut self) {
            sentry::set_tag("handler", "dropped in its context");
            let _nobody_waits = self.0.send(());
        }
    }
    let (tell, told) = mpsc::channel();
    let (tell_started, started) = mpsc::channel();
    let handler = move || async move {
        let _told = Told(tell);
        tell_started.send(()).unwrap();
        std::future::pending::<()>().await;
    };
    let app = Router::new().route("/slow", get(handler)).layer(SentryLayer::new());
    let seen = observe(options(), || {
        serve::axum(app, |at| {
            let stream = send(at, "GET", "/slow", &[]);
            started.recv_timeout(LONG).unwrap();
            drop(stream);
            told.recv_timeout(LONG).unwrap();
        });
    });
    let request = seen.span("GET /slow");
    assert_eq!(request.status, "cancelled");
    assert_eq!(request.data.get("http.response.status_code"), None);
    assert_eq!(seen.transaction()["tags"]["handler"], "dropped in its context");
}

#[test]
fn bodies_of_known_length_and_without_content_are_whole() {
    let app = Router::new()
        .route("/text", get(|| async { "some text" }))
        .route("/empty", get(|| async {}))
        .route("/none", get(|| async { axum::http::StatusCode::NO_CONTENT }))
        .route(
            "/file",
            // Like a file: only a header contains the length.
            get(|| async {
                let (sender, frames) = unbounded_channel::<Result<_, Infallible>>();
                sender.send(Ok(data("12345"))).unwrap();
                std::mem::forget(sender);
                let mut response = Response::new(Body::new(Streamed { frames, dropped: None }));
                response.headers_mut().insert("content-length", HeaderValue::from_static("5"));
                response
            }),
        )
        .layer(SentryLayer::new());
    let seen = observe(options(), || {
        serve::axum(app, |at| {
            assert_eq!(fetch(at, "/text").body, "some text");
            assert_eq!(ask(at, "HEAD", "/text", &[]).body, "");
            assert_eq!(fetch(at, "/empty").status, 200);
            assert_eq!(fetch(at, "/none").status, 204);
            assert_eq!(fetch(at, "/file").body, "12345");
        });
    });
    let roots: Vec<_> = seen.spans().into_iter().filter(|span| span.is_root).collect();
    assert_eq!(roots.len(), 5);
    for root in roots {
        assert_eq!(root.status, "ok", "{root:#?}");
    }
    assert_eq!(seen.span("GET /text").data["http.response.body.size"], 9);
}

#[derive(Debug)]
struct DiskFailed;

impl fmt::Display for DiskFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk failed")
    }
}

impl std::error::Error for DiskFailed {}

#[test]
fn a_body_that_breaks_off_is_an_error() {
    let app = router(|| {
        let (sender, frames) = unbounded_channel();
        sender.send(Ok(data("one "))).unwrap();
        sender.send(Err(DiskFailed)).unwrap();
        Response::new(Body::new(Streamed { frames, dropped: None }))
    });
    let seen = observe(options(), || serve::axum(app, |at| drop(fetch(at, "/stream"))));
    let event = seen.event();
    let exception = event["exception"]["values"].as_array().unwrap().last().unwrap();
    assert_eq!(exception["value"], "the disk failed");
    assert_eq!(exception["mechanism"]["type"], "auto.http.tower");
    assert_eq!(event["contexts"]["trace"]["span_id"], seen.span("GET /stream").id);
    assert_eq!(seen.span("GET /stream").status, "internal_error");
}

#[test]
fn a_panic_of_a_body_ends_the_request() {
    struct Panics;
    impl http_body::Body for Panics {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _task: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("no more bytes");
        }
    }
    let app = router(|| Response::new(Body::new(Panics)));
    let seen = observe(options(), || serve::axum(app, |at| drop(fetch(at, "/stream"))));
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "no more bytes");
    assert_eq!(seen.span("GET /stream").status, "internal_error");
}

/// The body of the layer has the frames, sizes and trailers of the inner body.
#[test]
fn frames_sizes_and_trailers_are_those_of_the_body_inside() {
    use tower::{Layer as _, ServiceExt as _};
    let service = SentryLayer::new().layer(tower::service_fn(|_request: axum::extract::Request| async {
        let (sender, frames) = unbounded_channel();
        sender.send(Ok(data("one"))).unwrap();
        let mut trailers = HeaderMap::new();
        trailers.insert("checksum", HeaderValue::from_static("7"));
        sender.send(Ok(Frame::trailers(trailers))).unwrap();
        Ok::<_, Infallible>(Response::new(Streamed::<Infallible> { frames, dropped: None }))
    }));
    let seen = observe(options(), || {
        sentry_tests::support::block_on(async {
            let request = axum::extract::Request::new(Body::empty());
            let mut body = std::pin::pin!(service.oneshot(request).await.unwrap().into_body());
            use http_body::Body as _;
            assert_eq!((body.size_hint().lower(), body.size_hint().exact()), (0, None));
            assert!(!body.is_end_stream());
            let mut frames = Vec::new();
            while let Some(frame) = std::future::poll_fn(|task| body.as_mut().poll_frame(task)).await {
                frames.push(frame.unwrap());
            }
            assert_eq!(frames[0].data_ref().unwrap(), "one");
            assert_eq!(frames[1].trailers_ref().unwrap()["checksum"], "7");
        });
    });
    assert_eq!(seen.span("GET /").status, "ok");
    let of_text = SentryLayer::new().layer(tower::service_fn(|_request: axum::extract::Request| async {
        Ok::<_, Infallible>(Response::new(Body::from("four")))
    }));
    let request = axum::extract::Request::new(Body::empty());
    let response = without_client(|| sentry_tests::support::block_on(of_text.oneshot(request))).unwrap();
    assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(4));
}
