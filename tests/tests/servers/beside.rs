//! Tests of Sentry's layer together with the layer for `tracing` and the layers of `tower-http` that log failures: one
//! failure is one event, with the layers in any order.

use std::convert::Infallible;
use std::sync::Mutex;
use std::task::{Context, Waker};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::Request;
use sentry::integrations::tower::SentryLayer;
use sentry::integrations::tracing::{EventFilter, default_event_filter, layer};
use sentry_tests::support::{Seen, block_on, observe, observe_server, options, untraced};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing_subscriber::layer::SubscriberExt as _;

async fn bare() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

async fn panics() -> StatusCode {
    panic!("the shelf fell over")
}

async fn resumes() -> StatusCode {
    std::panic::resume_unwind(Box::new("the shelf was moved".to_owned()))
}

#[sentry::api_handler("/annotated")]
async fn annotated() -> Result<(), (StatusCode, &'static str)> {
    Err((StatusCode::INTERNAL_SERVER_ERROR, "no stock"))
}

#[sentry::span]
async fn resumes_in_a_span() -> StatusCode {
    std::panic::resume_unwind(Box::new("the shelf was moved".to_owned()))
}

fn routes() -> Router {
    Router::new()
        .route("/bare", get(bare))
        .route("/panics", get(panics))
        .route("/resumes", get(resumes))
        .route("/spanned", get(resumes_in_a_span))
        .route("/annotated", get(annotated))
}

/// Returns the routes with the three layers in every order, named from the outermost to the innermost. A panic that no
/// outer layer catches reaches the server.
fn orders() -> [(&'static str, Router); 6] {
    let (sentry, trace, catch) = (SentryLayer::new, TraceLayer::new_for_http, CatchPanicLayer::new);
    [
        ("sentry, trace, catch", routes().layer(catch()).layer(trace()).layer(sentry())),
        ("sentry, catch, trace", routes().layer(trace()).layer(catch()).layer(sentry())),
        ("trace, sentry, catch", routes().layer(catch()).layer(sentry()).layer(trace())),
        ("trace, catch, sentry", routes().layer(sentry()).layer(catch()).layer(trace())),
        ("catch, sentry, trace", routes().layer(trace()).layer(sentry()).layer(catch())),
        ("catch, trace, sentry", routes().layer(sentry()).layer(trace()).layer(catch())),
    ]
}

/// Requests a path twice.
fn visit(router: Router, path: &str, options: sentry::ClientOptions) -> Seen<()> {
    let filter = |metadata: &tracing::Metadata<'_>| match *metadata.level() {
        // The spans of `TraceLayer` have a level that is not recorded by default.
        tracing::Level::DEBUG => EventFilter::Ignore,
        _ => default_event_filter(metadata),
    };
    let subscriber = tracing_subscriber::registry().with(layer().event_filter(filter).span_filter(|_| true));
    observe(options, || {
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..2 {
                let request =
                    Request::builder().uri(format!("http://shop.example{path}")).body(Body::empty());
                let response: Result<Response, Infallible> =
                    block_on(router.clone().oneshot(request.unwrap()));
                assert!(response.unwrap().status().is_server_error());
            }
        });
    })
}

fn texts<R>(seen: &Seen<R>) -> Vec<String> {
    let text = |event: &Value| match event["exception"]["values"].as_array().and_then(|values| values.last())
    {
        Some(exception) => exception["value"].as_str().unwrap().to_owned(),
        None => format!("{}", event["logentry"]),
    };
    seen.events().iter().map(text).collect()
}

fn assert_one_each(path: &str, text: &str) {
    for options in [options, untraced] {
        for (order, router) in orders() {
            let seen = visit(router, path, options());
            assert_eq!(texts(&seen), [text, text], "{path} of {order}");
        }
    }
}

#[test]
fn a_failed_response_is_one_event() {
    assert_one_each("/bare", "GET /bare was answered with status 502");
}

#[test]
fn an_error_of_a_handler_is_one_event() {
    assert_one_each("/annotated", "no stock");
}

#[test]
fn a_panic_is_one_event() {
    assert_one_each("/panics", "the shelf fell over");
}

#[test]
fn a_panic_that_no_hook_saw_is_one_event() {
    assert_one_each("/spanned", "the shelf was moved");
    for (order, router) in orders() {
        let seen = visit(router, "/resumes", options());
        assert_eq!(seen.events().len(), 2, "{order}: {:?}", texts(&seen));
        assert!(texts(&seen).iter().all(|text| text.contains("the shelf was moved")), "{order}");
    }
}

#[test]
fn a_failed_response_that_our_layer_leaves_alone_is_what_the_layer_inside_logs() {
    let ours = || SentryLayer::new().capture_server_errors(false);
    let router = routes().layer(TraceLayer::new_for_http()).layer(ours());
    let seen = visit(router, "/bare", options());
    assert_eq!(seen.events().len(), 2);
    assert!(texts(&seen).iter().all(|text| text.contains("response failed")), "{:?}", texts(&seen));
    let router = routes().layer(TraceLayer::new_for_http()).layer(ours());
    assert_eq!(texts(&visit(router, "/annotated", options())), ["no stock", "no stock"]);
}

/// Sends a request to another service, through a client with a `TraceLayer` of its own.
async fn ask_the_bank() {
    let bank = async |_: Request<Body>| Ok::<_, Infallible>(StatusCode::BAD_GATEWAY.into_response());
    let bank = TraceLayer::new_for_http().layer(tower::service_fn(bank));
    drop(bank.oneshot(Request::new(Body::empty())).await);
}

async fn copes() -> StatusCode {
    ask_the_bank().await;
    StatusCode::OK
}

async fn fails_with_it() -> StatusCode {
    ask_the_bank().await;
    StatusCode::SERVICE_UNAVAILABLE
}

async fn captures_it() -> StatusCode {
    ask_the_bank().await;
    sentry::capture_message("the bank is closed", sentry::Level::Warning);
    StatusCode::OK
}

#[test]
fn what_a_client_in_a_request_logs_is_an_event_unless_the_request_fails() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let routes = || {
        let routes = Router::new().route("/copes", get(copes)).route("/fails", get(fails_with_it));
        routes.route("/captures", get(captures_it)).layer(SentryLayer::new())
    };
    let ask = |path: &str| drop(block_on(routes().oneshot(Request::get(path).body(Body::empty()).unwrap())));
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || ["/copes", "/fails", "/captures"].map(ask));
    });
    let [copes, fails, captures] = &seen.events()[..] else { panic!("{:?}", texts(&seen)) };
    assert!(format!("{}", copes["logentry"]).contains("response failed"), "{copes}");
    assert_eq!(copes["transaction"], "GET /copes");
    assert_eq!(fails["exception"]["values"][0]["value"], "GET /fails was answered with status 503");
    assert!(format!("{}", captures["logentry"]).contains("the bank is closed"), "{captures}");
    for event in [fails, captures] {
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        assert_eq!(crumbs.last().unwrap()["message"], "response failed");
    }
}

async fn copes_twelve_times() -> StatusCode {
    for _ in 0..12 {
        ask_the_bank().await;
    }
    StatusCode::OK
}

#[test]
fn logged_failures_beyond_those_that_wait_for_their_request_are_counted() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || {
            let router = Router::new().route("/copes", get(copes_twelve_times)).layer(SentryLayer::new());
            drop(block_on(router.oneshot(Request::get("/copes").body(Body::empty()).unwrap())));
        });
    });
    let sent = seen.events().len() as u64;
    assert!(sent > 0);
    assert_eq!(sent + seen.reported("buffer_overflow", "error"), 12);
}

/// Sends a request whose handler never ends after its request to the bank, and leaks it.
fn leak_a_request() {
    let stuck = async || -> StatusCode {
        ask_the_bank().await;
        std::future::pending().await
    };
    let router = Router::new().route("/stuck", get(stuck)).layer(SentryLayer::new());
    let mut request = Box::pin(router.oneshot(Request::get("/stuck").body(Body::empty()).unwrap()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(request.as_mut().poll(&mut cx).is_pending());
    std::mem::forget(request);
}

#[test]
fn a_flush_sends_what_waits_for_the_end_of_a_request() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, leak_a_request);
    });
    assert_eq!(seen.events().len(), 1, "{:?}", texts(&seen));
    let event = &seen.events()[0];
    assert!(format!("{}", event["logentry"]).contains("response failed"), "{event}");
    assert_eq!(event["transaction"], "GET /stuck");
}

#[test]
fn what_waits_for_a_request_that_never_ends_is_sent_without_a_flush() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let seen = observe_server(options(), |server| {
        tracing::subscriber::with_default(subscriber, leak_a_request);
        server.wait_for_type("event", 1, Duration::from_secs(30))
    });
    assert!(seen.result, "it has arrived before the flush");
    assert_eq!(seen.events().len(), 1, "{:?}", texts(&seen));
}

#[test]
fn a_request_that_fails_after_its_held_event_was_sent_is_no_second_event() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let fails_late = async || {
        ask_the_bank().await;
        sentry::flush(None);
        StatusCode::SERVICE_UNAVAILABLE
    };
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || {
            let router = Router::new().route("/late", get(fails_late)).layer(SentryLayer::new());
            drop(block_on(router.oneshot(Request::get("/late").body(Body::empty()).unwrap())));
        });
    });
    assert_eq!(seen.events().len(), 1, "{:?}", texts(&seen));
}

#[test]
fn a_failure_of_another_status_after_a_request_is_an_event() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || {
            let router = Router::new().route("/fails", get(fails_alone)).layer(SentryLayer::new());
            drop(block_on(router.oneshot(Request::get("/fails").body(Body::empty()).unwrap())));
            block_on(ask_the_bank());
        });
    });
    assert_eq!(texts(&seen).len(), 2, "{:?}", texts(&seen));
}

async fn fails_alone() -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

async fn fails_slowly() -> StatusCode {
    std::thread::sleep(Duration::from_millis(20));
    StatusCode::SERVICE_UNAVAILABLE
}

#[sentry::api_handler("/annotated")]
async fn annotated_and_slow() -> Result<(), StatusCode> {
    std::thread::sleep(Duration::from_millis(20));
    Err(StatusCode::SERVICE_UNAVAILABLE)
}

#[test]
fn a_failure_that_took_less_time_than_the_request_before_it_is_another_one() {
    // Logs like `TraceLayer`.
    let shorter = |latency: &str| {
        let classification = "Status code: 503 Service Unavailable";
        tracing::error!(target: "tower_http::trace::on_failure", classification, latency, "response failed");
    };
    let layered = Router::new().route("/", get(fails_slowly)).layer(SentryLayer::new());
    let annotated = Router::new().route("/", get(annotated_and_slow));
    for (router, latency, events) in [
        (&layered, "3 ms", 2),
        (&annotated, "3 ms", 2),
        (&layered, "3000 μs", 2),
        (&layered, "3000000 ns", 2),
        (&layered, "0.003 s", 2),
        (&layered, "60000 ms", 1),
        (&annotated, "60 s", 1),
        (&layered, "a while", 1),
    ] {
        let subscriber = tracing_subscriber::registry().with(layer());
        let seen = observe(options(), || {
            tracing::subscriber::with_default(subscriber, || {
                drop(block_on(router.clone().oneshot(Request::new(Body::empty()))));
                shorter(latency);
            });
        });
        assert_eq!(seen.events().len(), events, "{latency}: {:?}", texts(&seen));
    }
}

type Task = Box<dyn FnOnce() + Send>;

/// The work that a handler has left for later.
static LATER: Mutex<Option<Task>> = Mutex::new(None);

async fn leaves_work() -> StatusCode {
    let fails = || tracing::error!(target: "tower_http::trace::on_failure", "response of the bank failed");
    *LATER.lock().unwrap() = Some(Box::new(sentry::bind_scope(fails)));
    StatusCode::OK
}

#[test]
fn what_a_task_of_the_request_logs_later_is_an_event() {
    let subscriber = tracing_subscriber::registry().with(layer());
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || {
            let router = Router::new().route("/", get(leaves_work)).layer(SentryLayer::new());
            drop(block_on(router.oneshot(Request::new(Body::empty()))));
            let later = LATER.lock().unwrap().take();
            later.unwrap()();
        });
    });
    assert_eq!(texts(&seen).len(), 1);
}

#[test]
fn what_the_layer_inside_logs_is_a_breadcrumb_of_the_failure() {
    let router = routes().layer(TraceLayer::new_for_http()).layer(SentryLayer::new());
    let seen = visit(router, "/bare", options());
    for event in seen.events() {
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        let crumb = crumbs.last().unwrap();
        assert_eq!(crumb["message"], "response failed");
        assert_eq!(crumb["data"]["classification"], "Status code: 502 Bad Gateway");
    }
}

#[test]
fn a_panic_is_one_event_of_the_hook_without_our_layer() {
    let router = routes().layer(CatchPanicLayer::new()).layer(TraceLayer::new_for_http());
    assert_eq!(texts(&visit(router, "/panics", options())), ["the shelf fell over", "the shelf fell over"]);
}

#[test]
fn without_our_layer_what_the_layers_log_is_the_event() {
    let router = routes().layer(TraceLayer::new_for_http());
    let seen = visit(router, "/bare", options());
    assert_eq!(seen.events().len(), 2);
    assert!(texts(&seen).iter().all(|text| text.contains("response failed")), "{:?}", texts(&seen));
    let router = routes().layer(CatchPanicLayer::new()).layer(TraceLayer::new_for_http());
    let seen = visit(router, "/resumes", options());
    assert!(
        texts(&seen).iter().any(|text| text.contains("Service panicked: the shelf was moved")),
        "{:?}",
        texts(&seen)
    );
    let router = routes().layer(TraceLayer::new_for_http());
    assert_eq!(texts(&visit(router, "/annotated", options())), ["no stock", "no stock"]);
}
