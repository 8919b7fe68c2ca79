//! Tests of the name of a request's transaction, with the layer in any position.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{Seen, observe, only, options, untraced};
use serde_json::Value;

use crate::client::{ask, get as fetch};
use crate::serve;

/// Returns the names of all transactions with their sources, sorted.
fn named<R>(seen: &Seen<R>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let name = |transaction: &Value| {
        (text(&transaction["transaction"]), text(&transaction["transaction_info"]["source"]))
    };
    let mut names: Vec<_> = seen.transactions().iter().map(name).collect();
    names.sort();
    names
}

fn shop() -> Router {
    Router::new()
        .route("/lamps/{id}", get(|| async { "a lamp" }).post(|| async { StatusCode::CREATED }))
        .nest("/admin", Router::new().route("/users/{name}", get(|| async { "a user" })))
}

#[test]
fn the_route_names_the_transaction_and_the_path_where_there_is_none() {
    let seen = observe(options(), || {
        serve::axum(shop().layer(SentryLayer::new()), |at| {
            assert_eq!(fetch(at, "/lamps/7?colour=red").body, "a lamp");
            assert_eq!(ask(at, "POST", "/lamps/8", &[]).status, 201);
            assert_eq!(fetch(at, "/admin/users/ada").status, 200);
            assert_eq!(fetch(at, "/nowhere/at/all").status, 404);
            assert_eq!(ask(at, "DELETE", "/lamps/7", &[]).status, 405);
        });
    });
    let expected = [
        ("DELETE /lamps/{id}", "route"),
        ("GET /admin/users/{name}", "route"),
        ("GET /lamps/{id}", "route"),
        ("GET /nowhere/at/all", "url"),
        ("POST /lamps/{id}", "route"),
    ];
    assert_eq!(named(&seen), expected.map(|(name, source)| (name.to_owned(), source.to_owned())));
    assert!(seen.events().is_empty(), "{:#?}", seen.events());

    let span = seen.span("GET /lamps/{id}");
    assert_eq!((&*span.op, &*span.origin, &*span.status), ("http.server", "auto.http.tower", "ok"));
    for (key, value) in [
        ("sentry.kind", "server"),
        ("http.request.method", "GET"),
        ("http.route", "/lamps/{id}"),
        ("url.full", "http://shop.example/lamps/7"),
        ("url.path", "/lamps/7"),
        ("url.query", "colour=[Filtered]"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(span.data[key], value, "{key}");
    }
    assert_eq!(span.data["http.response.status_code"], 200);
    assert_eq!(seen.span("GET /nowhere/at/all").status, "not_found");
    assert_eq!(seen.span("DELETE /lamps/{id}").status, "invalid_argument");
}

#[test]
fn filters_and_the_sampler_see_the_attributes_of_a_request_before_its_span_starts() {
    let filter = sentry::SpanFilter::from("/lamps/").attribute("http.request.method", "GET");
    let options = options()
        .trace_lifecycle(sentry::TraceLifecycle::Stream)
        .ignore_spans([filter])
        .traces_sampler(|context| match context.attribute("url.path").and_then(|path| path.as_str()) {
            Some("/lamps/7") => 1.0,
            _ => 0.0,
        });
    let seen = observe(options, || {
        serve::axum(shop().layer(SentryLayer::new()), |at| {
            assert_eq!(fetch(at, "/lamps/7").status, 200);
            assert_eq!(fetch(at, "/nowhere").status, 404);
        });
    });
    assert_eq!(seen.streamed_spans().len(), 0);
    assert_eq!((seen.reported("ignored", "span"), seen.reported("sample_rate", "span")), (1, 1));
}

#[test]
fn on_the_routes_alone_what_no_route_answers_has_no_transaction() {
    let seen = observe(options(), || {
        serve::axum(shop().route_layer(SentryLayer::new()), |at| {
            assert_eq!(fetch(at, "/lamps/7").status, 200);
            assert_eq!(fetch(at, "/nowhere").status, 404);
        });
    });
    assert_eq!(seen.transaction()["transaction"], "GET /lamps/{id}");
}

#[test]
fn a_second_layer_further_in_names_the_transaction_of_the_first() {
    let inner = shop().layer(SentryLayer::new());
    let outer = Router::new().fallback_service(inner).layer(SentryLayer::new());
    let seen = observe(options(), || {
        serve::axum(outer, |at| assert_eq!(fetch(at, "/lamps/7").status, 200));
    });
    assert_eq!(named(&seen), [("GET /lamps/{id}".to_owned(), "route".to_owned())]);
    assert_eq!(seen.span("GET /lamps/{id}").data["http.route"], "/lamps/{id}");
}

#[test]
fn a_name_that_the_program_sets_is_kept() {
    let inner = Router::new()
        .route(
            "/lamps/{id}",
            get(|| async {
                sentry::set_transaction_name("look at a lamp");
            }),
        )
        .layer(SentryLayer::new());
    let seen = observe(options(), || serve::axum(inner, |at| drop(fetch(at, "/lamps/7"))));
    assert_eq!(named(&seen), [("look at a lamp".to_owned(), "custom".to_owned())]);
}

#[test]
fn another_router_tells_its_routes_by_a_closure_that_may_fail() {
    let layer = SentryLayer::new().route(|request| match request.uri.path() {
        "/panics" => panic!("no route"),
        path => path.starts_with("/lamps/").then(|| "/lamps/:id".to_owned()),
    });
    let router = Router::new().fallback(post(|| async {}).get(|| async {})).layer(layer);
    let seen = observe(options(), || {
        serve::axum(router, |at| {
            assert_eq!(fetch(at, "/lamps/7").status, 200);
            assert_eq!(fetch(at, "/panics").status, 200);
        });
    });
    let expected = [("GET /lamps/:id", "route"), ("GET /panics", "url")];
    assert_eq!(named(&seen), expected.map(|(name, source)| (name.to_owned(), source.to_owned())));
    assert!(seen.events().is_empty());
}

#[test]
fn without_tracing_events_still_tell_where_they_come_from() {
    let router = Router::new()
        .route(
            "/lamps/{id}",
            get(|| async {
                sentry::capture_message("here", sentry::Level::Info);
            }),
        )
        .layer(SentryLayer::new());
    let seen = observe(untraced(), || serve::axum(router, |at| drop(fetch(at, "/lamps/7"))));
    let event = only(seen.events());
    assert_eq!(event["transaction"], "GET /lamps/{id}");
    assert_eq!(event["request"]["method"], "GET");
    assert!(seen.transactions().is_empty());
}
