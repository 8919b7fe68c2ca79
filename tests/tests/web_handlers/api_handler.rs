//! Tests of `#[sentry::api_handler]`: name, status, errors, parent.

use http::{Response, StatusCode};
use sentry::ResponseStatus;
use sentry_tests::support::{
    Seen, block_on, observe, options, poll_once, untraced, without_client, yield_once,
};
use serde_json::{Value, json};

use crate::{PageError, SPAN, TRACE, caught, exception, ignore, root, sentry_trace};

fn response(code: u16) -> Response<String> {
    Response::builder().status(code).body("body".to_owned()).unwrap()
}

#[sentry::api_handler("/users/{id}", method = "GET", headers = headers)]
async fn user(headers: http::HeaderMap, code: u16) -> Response<String> {
    yield_once().await;
    drop(headers);
    response(code)
}

#[sentry::api_handler("/about")]
fn about() -> &'static str {
    "about us"
}

const ROUTE: &str = "/of/a/constant";

#[sentry::api_handler(route = ROUTE, method = method)]
fn by_constants(method: http::Method) {
    let _ = method;
}

#[sentry::api_handler("/named", method = "post", name = "my handler")]
fn named() {}

#[sentry::api_handler("/of/a/request", headers = request)]
async fn of_a_request(request: http::Request<String>) -> StatusCode {
    drop(request);
    StatusCode::CREATED
}

#[test]
fn the_span_is_that_of_a_server() {
    let mut headers = http::HeaderMap::new();
    headers.insert("sentry-trace", sentry_trace().parse().unwrap());
    let seen = observe(options(), || block_on(user(headers, 200)));
    let transaction = seen.transaction();
    assert_eq!(transaction["transaction"], "GET /users/{id}");
    assert_eq!(transaction["transaction_info"]["source"], "route");
    let root = root(&seen);
    assert_eq!(root["op"], "http.server");
    assert_eq!(root["origin"], "auto.http.api_handler");
    assert_eq!(root["status"], "ok");
    assert_eq!((&root["trace_id"], &root["parent_span_id"]), (&json!(TRACE), &json!(SPAN)));
    assert_eq!(root["data"]["http.route"], "/users/{id}");
    assert_eq!(root["data"]["http.request.method"], "GET");
    assert_eq!(root["data"]["http.response.status_code"], 200);
    assert!(seen.events().is_empty());
}

#[test]
fn a_method_is_part_of_the_name_where_it_is_known() {
    let request = http::Request::builder().method("PUT").body(String::new()).unwrap();
    for (name, source, seen) in [
        ("/about", "route", observe(options(), || ignore(about()))),
        ("DELETE /of/a/constant", "route", observe(options(), || by_constants(http::Method::DELETE))),
        ("my handler", "custom", observe(options(), named)),
        ("PUT /of/a/request", "route", observe(options(), || ignore(block_on(of_a_request(request))))),
    ] {
        let transaction = seen.transaction();
        assert_eq!(transaction["transaction"], name);
        assert_eq!(transaction["transaction_info"]["source"], source);
    }
}

#[sentry::api_handler("/asked", headers = request)]
fn asked(request: http::Request<()>) -> String {
    let _ = request;
    about();
    sentry::capture_message("asked", sentry::Level::Info);
    sentry::get_trace_data().unwrap().sentry_trace
}

#[test]
fn a_browsers_question_is_no_transaction_unless_asked_for() {
    let question = || {
        let request = http::Request::options("/asked").header("sentry-trace", sentry_trace());
        asked(request.body(()).unwrap())
    };
    let seen = observe(options(), question);
    assert!(seen.transactions().is_empty());
    assert!(seen.result.starts_with(TRACE) && seen.result.ends_with("-1"), "{}", seen.result);
    assert_eq!(seen.event()["contexts"]["trace"]["trace_id"], TRACE);
    assert_eq!(seen.event()["transaction"], "OPTIONS /asked");
    let seen = observe(options().trace_options_requests(true), question);
    assert_eq!(seen.transaction()["transaction"], "OPTIONS /asked");
    let seen = observe(options(), || sentry::start_span("of the program", |_| question()));
    assert_eq!(seen.spans().len(), 3, "the handler is part of the program's transaction");
}

#[test]
fn without_a_client_or_without_tracing_it_runs_as_it_is() {
    assert_eq!(without_client(about), "about us");
    let seen = observe(untraced(), || (about(), block_on(user(http::HeaderMap::new(), 500)).status()));
    assert_eq!(seen.result, ("about us", StatusCode::INTERNAL_SERVER_ERROR));
    assert!(seen.items().is_empty(), "{:?}", seen.items());
}

// ---- the status

struct Reply(u16);

impl Reply {
    fn status(&self) -> u16 {
        self.0
    }
}

struct Told(u16);

impl ResponseStatus for Told {
    fn response_status(&self) -> Option<u16> {
        Some(self.0)
    }
}

macro_rules! answering {
    ($($name:ident: $ty:ty;)*) => {$(
        #[sentry::api_handler("/answer")]
        fn $name(value: $ty) -> $ty {
            value
        }
    )*};
}

answering! {
    response_of: Response<String>;
    code_of: StatusCode;
    pair_of: (StatusCode, &'static str);
    reply_of: Reply;
    told_of: Told;
    result_of: Result<Response<String>, PageError>;
    reply_result_of: Result<Reply, PageError>;
    refusal_of: Result<&'static str, StatusCode>;
    refusal_pair_of: Result<Reply, (StatusCode, String)>;
    text_of: String;
}

#[sentry::api_handler("/answer")]
fn opaque() -> impl std::fmt::Debug {
    7
}

/// Returns the status code of the response and the span's status.
fn statuses<R>(seen: &Seen<R>) -> (Value, String) {
    let root = root(seen);
    (root["data"]["http.response.status_code"].clone(), root["status"].as_str().unwrap().to_owned())
}

#[test]
fn the_status_is_found_in_whatever_is_returned() {
    let of = |code: i32, status: &str| (json!(code), status.to_owned());
    assert_eq!(statuses(&observe(options(), || response_of(response(204)))), of(204, "ok"));
    assert_eq!(statuses(&observe(options(), || code_of(StatusCode::NOT_FOUND))), of(404, "not_found"));
    assert_eq!(
        statuses(&observe(options(), || pair_of((StatusCode::FORBIDDEN, "no")))),
        of(403, "permission_denied")
    );
    assert_eq!(statuses(&observe(options(), || reply_of(Reply(503)).0)), of(503, "unavailable"));
    assert_eq!(statuses(&observe(options(), || told_of(Told(429)).0)), of(429, "resource_exhausted"));
    assert_eq!(statuses(&observe(options(), || result_of(Ok(response(201))).is_ok())), of(201, "ok"));
    assert_eq!(
        statuses(&observe(options(), || reply_result_of(Ok(Reply(400))).is_ok())),
        of(400, "invalid_argument")
    );
    let nothing = (Value::Null, "ok".to_owned());
    assert_eq!(statuses(&observe(options(), || text_of("x".into()))), nothing);
    assert_eq!(statuses(&observe(options(), || format!("{:?}", opaque()))), nothing);
}

#[test]
fn an_error_with_a_status_is_captured_from_500_on() {
    let seen = observe(options(), || refusal_of(Err(StatusCode::NOT_FOUND)).is_err());
    assert_eq!(statuses(&seen), (json!(404), "not_found".to_owned()));
    assert!(seen.events().is_empty(), "the caller's mistake");

    let seen = observe(options(), || {
        refusal_pair_of(Err((StatusCode::BAD_GATEWAY, "the shop is closed".into()))).is_err()
    });
    assert_eq!(statuses(&seen).0, 502);
    assert!(exception(&seen)["value"].as_str().unwrap().contains("the shop is closed"));
}

// ---- errors

#[sentry::api_handler("/page", method = "GET")]
async fn page(error: PageError) -> Result<Response<String>, PageError> {
    yield_once().await;
    Err(error)
}

#[sentry::api_handler("/panic")]
fn panics() -> StatusCode {
    panic!("no lamp")
}

#[test]
fn an_error_is_captured_once_and_returned() {
    let seen = observe(options(), || block_on(page(PageError::Broken)));
    assert!(matches!(seen.result, Err(PageError::Broken)));
    let exception = exception(&seen);
    assert_eq!(exception["value"], "the page is Broken");
    assert_eq!(exception["mechanism"], json!({"type": "auto.http.api_handler", "handled": false}));
    assert_eq!(statuses(&seen), (Value::Null, "internal_error".to_owned()));
    assert_eq!(seen.event()["transaction"], "GET /page");

    let seen = observe(untraced(), || block_on(page(PageError::Broken)).is_err());
    assert_eq!(seen.event()["transaction"], "GET /page", "also where no span carries the name");
}

#[test]
fn redirects_and_not_found_are_no_errors() {
    for (error, status) in [(PageError::Moved, "ok"), (PageError::Missing, "not_found")] {
        let seen = observe(options(), || block_on(page(error)).is_err());
        assert_eq!(root(&seen)["status"], status);
        assert!(seen.events().is_empty());
    }
}

#[test]
fn a_panic_is_captured_and_a_dropped_handler_is_cancelled() {
    let seen = observe(options(), || caught(panics));
    assert_eq!(exception(&seen)["mechanism"]["handled"], false);
    assert_eq!(root(&seen)["status"], "internal_error");

    let seen = observe(options(), || poll_once(user(http::HeaderMap::new(), 200)));
    assert!(!seen.result);
    assert_eq!(root(&seen)["status"], "cancelled");
    assert!(seen.events().is_empty());
}

// ---- the parent

#[test]
fn inside_of_a_transaction_it_is_a_child() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            let layer = sentry::SpanOptions::new("GET /users/7").op("http.server").source("url");
            sentry::start_span(layer, |_| block_on(user(http::HeaderMap::new(), 200)));
        });
    });
    let transaction = seen.transaction();
    assert_eq!(transaction["transaction"], "GET /users/{id}", "the layer knew the URL alone");
    assert_eq!(transaction["transaction_info"]["source"], "route");
    let child = only_child(&transaction);
    assert_eq!(child["description"], "GET /users/{id}");
    assert_eq!(child["parent_span_id"], transaction["contexts"]["trace"]["span_id"]);
    assert_eq!(child["data"]["http.response.status_code"], 200);

    let seen = observe(options(), || sentry::start_span("my request", |_| ignore(about())));
    assert_eq!(seen.transaction()["transaction"], "my request", "a name that somebody chose stays");
}

fn only_child(transaction: &Value) -> Value {
    crate::only(transaction["spans"].as_array().unwrap().clone())
}

#[sentry::api_handler("/tagging")]
fn tagging() {
    sentry::set_tag("from", "handler");
}

#[test]
fn scope_values_set_in_a_handler_belong_to_the_request_of_the_layer() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| sentry::start_span("request", |_| tagging()));
        sentry::capture_message("after", sentry::Level::Info);
    });
    assert_eq!(seen.transaction()["tags"], json!({"from": "handler"}));
    assert_eq!(seen.event().get("tags"), None);

    let seen = observe(options(), || {
        tagging();
        sentry::capture_message("after", sentry::Level::Info);
    });
    assert_eq!(seen.transaction()["tags"], json!({"from": "handler"}));
    assert_eq!(seen.event().get("tags"), None);
}

#[sentry::api_handler("/flushed", flush)]
async fn flushed() -> Result<StatusCode, PageError> {
    yield_once().await;
    Err(PageError::Broken)
}

#[test]
fn with_flush_everything_has_arrived_when_it_returns() {
    let seen = sentry_tests::support::observe_server(options(), |server| {
        assert!(block_on(flushed()).is_err());
        (server.events().len(), server.transactions().len())
    });
    assert_eq!(seen.result, (1, 1));
}
