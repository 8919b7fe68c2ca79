//! Tests of `#[sentry::data_fetcher]`, the attribute for every function that fetches the data of a page.

use sentry_tests::support::{block_on, observe, options, untraced, yield_once};
use serde_json::json;

use crate::{PageError, SPAN, TRACE, caught, exception, ignore, root, sentry_trace};

#[sentry::data_fetcher(get_server_side_props, "/users/{id}", headers = headers)]
async fn user_page(headers: &[(&str, &str)]) -> Result<u8, PageError> {
    let _ = headers;
    yield_once().await;
    Ok(7)
}

#[sentry::data_fetcher(get_static_props, "/about")]
fn about() -> Option<u8> {
    None
}

#[sentry::data_fetcher(get_initial_props, "/old")]
fn old() {}

#[sentry::data_fetcher(app)]
fn app() {}

#[sentry::data_fetcher(document)]
fn document() {}

#[sentry::data_fetcher(error)]
fn error() {}

#[sentry::data_fetcher(menu_items, "/menu", name = "the menu")]
fn menu() {}

#[test]
fn every_kind_is_a_span_of_its_kind_and_route() {
    for (kind, route, name, seen) in [
        ("get_static_props", "/about", None, observe(options(), || ignore(about()))),
        ("get_initial_props", "/old", None, observe(options(), old)),
        ("app", "/_app", None, observe(options(), app)),
        ("document", "/_document", None, observe(options(), document)),
        ("error", "/_error", None, observe(options(), error)),
        ("menu_items", "/menu", Some("the menu"), observe(options(), menu)),
    ] {
        let name = name.map_or_else(|| format!("{kind} ({route})"), str::to_owned);
        assert_eq!(seen.transaction()["transaction"], name);
        let root = root(&seen);
        assert_eq!(root["op"], "function.data_fetcher");
        assert_eq!(root["origin"], "auto.function.data_fetcher");
        assert_eq!(root["data"]["data_fetcher.kind"], kind);
        assert_eq!(root["data"]["http.route"], route);
        assert_eq!(root["status"], "ok");
    }
}

#[test]
fn the_trace_of_the_headers_is_continued() {
    let seen = observe(options(), || block_on(user_page(&[("sentry-trace", &sentry_trace())])).unwrap());
    assert_eq!(seen.result, 7);
    assert_eq!(seen.transaction()["transaction_info"]["source"], "route");
    let root = root(&seen);
    assert_eq!((&root["trace_id"], &root["parent_span_id"]), (&json!(TRACE), &json!(SPAN)));
}

#[test]
fn inside_of_a_span_it_is_a_child() {
    let seen = observe(options(), || sentry::start_span("GET /about", |_| ignore(about())));
    let outer = seen.span("GET /about");
    let inner = seen.span("get_static_props (/about)");
    assert_eq!(inner.parent.as_deref(), Some(&*outer.id));
    assert_eq!(seen.transactions().len(), 1);
}

#[sentry::data_fetcher(get_server_side_props, "/broken")]
fn broken() -> Result<u8, PageError> {
    Err(PageError::Broken)
}

#[sentry::api_handler("/broken")]
fn broken_handler() -> Result<u8, PageError> {
    broken()
}

#[sentry::data_fetcher(get_static_props, "/panic")]
fn panics() {
    panic!("no lamp")
}

#[test]
fn an_error_is_captured_once_with_the_fetcher_as_its_mechanism() {
    for options in [options(), untraced()] {
        let seen = observe(options, || broken_handler().is_err());
        assert!(seen.result);
        assert_eq!(
            exception(&seen)["mechanism"],
            json!({"type": "auto.function.data_fetcher", "handled": false})
        );
    }
    let seen = observe(options(), || caught(panics));
    assert_eq!(exception(&seen)["value"], "no lamp");
    assert_eq!(root(&seen)["status"], "internal_error");
}
