//! Tests of the middleware for actix-web.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};
use sentry::integrations::actix_web::Sentry;
use sentry_tests::support::{LONG, Seen, observe, observe_server, options, untraced};
use serde_json::{Value, json};

use crate::client::{ask, get as fetch, send};
use crate::serve;

#[derive(Debug)]
struct SoldOut(StatusCode);

impl fmt::Display for SoldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("every lamp is sold out")
    }
}

impl std::error::Error for SoldOut {}

impl ResponseError for SoldOut {
    fn status_code(&self) -> StatusCode {
        self.0
    }
}

async fn lamp(id: web::Path<u32>) -> String {
    step().await;
    format!("lamp {id}")
}

#[sentry::span("step")]
async fn step() {}

async fn asked() -> String {
    step().await;
    sentry::capture_message("asked", sentry::Level::Info);
    sentry::get_trace_data().unwrap().sentry_trace
}

async fn plain() -> Result<String, SoldOut> {
    Err(SoldOut(StatusCode::INTERNAL_SERVER_ERROR))
}

async fn conflict() -> Result<String, SoldOut> {
    Err(SoldOut(StatusCode::CONFLICT))
}

#[sentry::span(err)]
async fn annotated() -> Result<String, SoldOut> {
    plain().await
}

#[sentry::server_action]
async fn action() -> Result<String, SoldOut> {
    plain().await
}

#[sentry::api_handler("/known", ignore = |_: &SoldOut| true)]
async fn known() -> Result<String, SoldOut> {
    plain().await
}

async fn panics() -> String {
    panic!("the shelf fell over");
}

async fn interleaved(id: web::Path<u32>) -> &'static str {
    sentry::set_tag("request", id.to_string());
    for _ in 0..50 {
        actix_web::rt::task::yield_now().await;
    }
    sentry::set_user(Some(sentry::User { id: Some(format!("user-{id}")), ..Default::default() }));
    actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    sentry::capture_message("here", sentry::Level::Info);
    "done"
}

/// Reports to a test that a handler runs, and that the values it holds were dropped.
static TOLD: Mutex<Option<mpsc::Sender<&'static str>>> = Mutex::new(None);

fn tell(what: &'static str) {
    if let Some(told) = &*TOLD.lock().unwrap_or_else(PoisonError::into_inner) {
        let _nobody_waits = told.send(what);
    }
}

struct Held;

impl Drop for Held {
    fn drop(&mut self) {
        tell("dropped");
    }
}

/// A body that sends until it is dropped, or ends with an error.
struct Streamed {
    left: Option<u32>,
    _held: Held,
}

impl MessageBody for Streamed {
    type Error = SoldOut;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Option<Result<Bytes, SoldOut>>> {
        chunk();
        match &mut self.left {
            Some(0) => Poll::Ready(None),
            Some(1) => Poll::Ready(Some(Err(SoldOut(StatusCode::OK)))),
            Some(left) => {
                *left -= 2;
                Poll::Ready(Some(Ok(Bytes::from_static(b"some"))))
            }
            None => Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 65_536])))),
        }
    }
}

#[sentry::span("chunk")]
fn chunk() {}

fn stream(left: Option<u32>) -> HttpResponse {
    HttpResponse::Ok().body(BoxBody::new(Streamed { left, _held: Held }))
}

fn shop(app: &mut ServiceConfig) {
    app.route("/lamps/{id}", web::get().to(lamp))
        .service(web::scope("/admin").route("/users/{name}", web::get().to(|| async { "a user" })))
        .route("/plain", web::get().to(plain))
        .route("/conflict", web::get().to(conflict))
        .route("/annotated", web::get().to(annotated))
        .route("/action", web::get().to(action))
        .route("/known", web::get().to(known))
        .route("/bare", web::get().to(HttpResponse::BadGateway))
        .route("/panics", web::get().to(panics))
        .route("/interleaved/{id}", web::get().to(interleaved))
        .route("/empty", web::get().to(HttpResponse::Ok))
        .route("/empty", web::method(actix_web::http::Method::OPTIONS).to(asked))
        .route("/stream", web::get().to(|| async { stream(Some(4)) }))
        .route("/breaks", web::get().to(|| async { stream(Some(3)) }))
        .route("/endless", web::get().to(|| async { stream(None) }))
        .route(
            "/slow",
            web::get().to(|| async {
                let _held = Held;
                tell("started");
                std::future::pending::<&'static str>().await
            }),
        );
}

fn visit(path: &'static str) -> Seen<u16> {
    observe(options(), || serve::actix(Sentry::new(), shop, |at| fetch(at, path).status))
}

fn exception(event: &Value) -> &Value {
    event["exception"]["values"].as_array().unwrap().last().unwrap()
}

#[test]
fn the_pattern_names_the_transaction_and_the_path_where_there_is_none() {
    let seen = observe(options(), || {
        serve::actix(Sentry::new(), shop, |at| {
            assert_eq!(fetch(at, "/lamps/7?colour=red").body, "lamp 7");
            assert_eq!(fetch(at, "/admin/users/ada").status, 200);
            assert_eq!(fetch(at, "/nowhere").status, 404);
            assert_eq!(ask(at, "HEAD", "/empty", &[]).status, 404, "no route for this method");
            assert_eq!(fetch(at, "/empty").status, 200);
        });
    });
    let mut names: Vec<_> = seen
        .transactions()
        .iter()
        .map(|transaction| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&transaction["transaction"]), text(&transaction["transaction_info"]["source"]))
        })
        .collect();
    names.sort();
    let expected = [
        ("GET /admin/users/{name}", "route"),
        ("GET /empty", "route"),
        ("GET /lamps/{id}", "route"),
        ("GET /nowhere", "url"),
        ("HEAD /empty", "route"),
    ];
    assert_eq!(names, expected.map(|(name, source)| (name.to_owned(), source.to_owned())));
    assert!(seen.events().is_empty());
    let span = seen.span("GET /lamps/{id}");
    assert_eq!((&*span.op, &*span.origin, &*span.status), ("http.server", "auto.http.actix_web", "ok"));
    assert_eq!(span.data["http.route"], "/lamps/{id}");
    assert_eq!(span.data["url.full"], "http://shop.example/lamps/7");
    assert_eq!(span.data["url.query"], "colour=[Filtered]");
    assert_eq!(span.data["http.response.status_code"], 200);
    assert_eq!(seen.span("step").parent.as_deref(), Some(&*span.id));
    assert_eq!(seen.span("GET /nowhere").status, "not_found");
}

#[test]
fn an_error_is_captured_once() {
    for (path, mechanism) in [
        ("/plain", "auto.http.actix_web"),
        ("/annotated", "auto.function.span"),
        ("/action", "auto.function.server_action"),
    ] {
        let seen = visit(path);
        assert_eq!(seen.result, 500);
        let event = seen.event();
        assert_eq!(exception(&event)["type"], "SoldOut", "{path}");
        assert_eq!(exception(&event)["value"], "every lamp is sold out");
        assert_eq!(exception(&event)["mechanism"]["type"], mechanism);
        assert_eq!(event["request"]["url"], format!("http://shop.example{path}"));
        assert_eq!(event["transaction"], format!("GET {path}"));
        let request = seen.span(&format!("GET {path}"));
        assert_eq!(request.status, "internal_error");
        assert_eq!(event["contexts"]["trace"]["trace_id"], request.trace);
        assert_eq!(seen.transactions().len(), 1, "an action is part of the request");
    }
    let seen = visit("/bare");
    assert_eq!(exception(&seen.event())["value"], "GET /bare was answered with status 502");
    let seen = visit("/conflict");
    assert!(seen.events().is_empty());
    assert_eq!(seen.span("GET /conflict").status, "already_exists");
    let seen = visit("/known");
    assert!(seen.events().is_empty(), "the program decided that it is no failure");
    assert_eq!(seen.span("GET /known").status, "internal_error");
    let quiet = Sentry::new().capture_server_errors(false);
    let seen = observe(options(), || serve::actix(quiet, shop, |at| fetch(at, "/plain").status));
    assert!(seen.events().is_empty());
}

#[test]
fn a_panic_is_captured_once_with_its_request() {
    let seen = visit("/panics");
    assert_eq!(seen.result, 0, "actix closes the connection");
    let event = seen.event();
    assert_eq!(exception(&event)["value"], "the shelf fell over");
    assert_eq!(event["request"]["url"], "http://shop.example/panics");
    assert_eq!(seen.span("GET /panics").status, "internal_error");
}

#[test]
fn the_trace_of_the_headers_is_continued() {
    let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
    for options in [options(), untraced()] {
        let traced = options.traces_sample_rate.is_some();
        let seen = observe(options, || {
            serve::actix(Sentry::new(), shop, |at| drop(ask(at, "GET", "/plain", &headers)));
        });
        assert_eq!(seen.event()["contexts"]["trace"]["trace_id"], "771a43a4192642f0b136d5159a501700");
        assert_eq!(seen.event()["transaction"], "GET /plain");
        if traced {
            assert_eq!(seen.span("GET /plain").parent.as_deref(), Some("1234567890abcdef"));
        }
    }
}

#[test]
fn a_browsers_question_has_scopes_and_a_trace_but_no_spans() {
    let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
    let question = || serve::actix(Sentry::new(), shop, |at| ask(at, "OPTIONS", "/empty", &headers).body);
    let seen = observe(options(), question);
    assert!(seen.transactions().is_empty());
    assert!(
        seen.stats.dropped.is_empty(),
        "a trace that never started is not lost: {:?}",
        seen.stats.dropped
    );
    assert!(seen.result.starts_with("771a43a4192642f0b136d5159a501700-"), "{}", seen.result);
    assert!(seen.result.ends_with("-1"), "the trace is passed on unchanged: {}", seen.result);
    let event = seen.event();
    assert_eq!(event["contexts"]["trace"]["trace_id"], "771a43a4192642f0b136d5159a501700");
    assert_eq!(
        (&event["request"]["method"], &event["transaction"]),
        (&"OPTIONS".into(), &"OPTIONS /empty".into())
    );
    let seen = observe(options().trace_options_requests(true), question);
    assert_eq!(seen.span("step").parent.as_deref(), Some(&*seen.span("OPTIONS /empty").id));
}

#[test]
fn interleaved_requests_do_not_mix() {
    let seen = observe(options(), || {
        serve::actix(Sentry::new(), shop, |at| {
            thread::scope(|scope| {
                for id in 0..8 {
                    scope.spawn(move || assert_eq!(fetch(at, &format!("/interleaved/{id}")).status, 200));
                }
            });
        });
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (8, 8));
    for payload in seen.events().iter().chain(&seen.transactions()) {
        let url = payload["request"]["url"].as_str().unwrap();
        let id = url.rsplit('/').next().unwrap();
        assert_eq!(payload["tags"], json!({"request": id}));
        assert_eq!(payload["user"]["id"], format!("user-{id}"));
    }
}

#[test]
fn a_body_is_part_of_the_request_until_its_end() {
    let seen = visit("/stream");
    let request = seen.span("GET /stream");
    assert_eq!(request.status, "ok");
    let chunks: Vec<_> = seen.spans().into_iter().filter(|span| span.name == "chunk").collect();
    assert_eq!(chunks.len(), 3);
    assert!(chunks.iter().all(|span| span.parent.as_deref() == Some(&*request.id)));

    let seen = visit("/breaks");
    assert_eq!(exception(&seen.event())["value"], "every lamp is sold out");
    assert_eq!(seen.span("GET /breaks").status, "internal_error");
}

#[test]
fn a_client_that_disconnects_cancels_the_request() {
    for path in ["/slow", "/endless"] {
        let seen = observe_server(options(), |server| {
            serve::actix(Sentry::new(), shop, |at| {
                let (tell, told) = mpsc::channel();
                *TOLD.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
                let mut stream = send(at, "GET", path, &[]);
                if path == "/slow" {
                    assert_eq!(told.recv_timeout(LONG), Ok("started"));
                } else {
                    std::io::Read::read_exact(&mut stream, &mut [0; 1000]).unwrap();
                }
                drop(stream);
                assert_eq!(told.recv_timeout(LONG), Ok("dropped"));
                *TOLD.lock().unwrap_or_else(PoisonError::into_inner) = None;
                // The server's worker thread is not joined; the request ends shortly after its values were dropped.
                let start = Instant::now();
                while server.transactions().is_empty() {
                    assert!(start.elapsed() < LONG, "the request does not end");
                    sentry::flush(LONG);
                }
            });
        });
        assert_eq!(seen.span(&format!("GET {path}")).status, "cancelled");
        assert!(seen.events().is_empty());
    }
}

#[test]
fn personal_data_of_a_request_is_not_sent() {
    let headers = [("authorization", "Bearer secret-1"), ("cookie", "a=secret-2"), ("user-agent", "ua/1")];
    let seen = observe(options(), || {
        serve::actix(Sentry::new(), shop, |at| drop(ask(at, "GET", "/plain?q=secret-3", &headers)));
    });
    for item in seen.items() {
        let text = item.payload.to_string();
        for secret in ["secret-", "127.0.0.1"] {
            assert!(!text.contains(secret), "`{secret}` left the process in {text}");
        }
    }
    assert_eq!(seen.event()["request"]["headers"]["user-agent"], "ua/1");
    let seen = observe(options().send_default_pii(true), || {
        serve::actix(Sentry::new(), shop, |at| drop(fetch(at, "/plain")));
    });
    assert_eq!(seen.event()["request"]["env"]["REMOTE_ADDR"], "127.0.0.1");
}

#[test]
fn an_inner_second_middleware_starts_no_transaction() {
    fn twice(config: &mut ServiceConfig) {
        let shelf = web::scope("/shelf").wrap(Sentry::new()).route("/{id}", web::get().to(lamp));
        config.service(shelf);
    }
    let options = options().auto_session_tracking(true).session_mode(sentry::SessionMode::Request);
    let seen = observe(options, || serve::actix(Sentry::new(), twice, |at| fetch(at, "/shelf/7").status));
    assert_eq!((seen.result, seen.transactions().len()), (200, 1));
    let request = seen.span("GET /shelf/{id}");
    assert_eq!(seen.span("step").parent.as_deref(), Some(&*request.id));
    let counted: u64 = seen.session_groups().iter().filter_map(|group| group["exited"].as_u64()).sum();
    assert_eq!(counted, 1);
}
