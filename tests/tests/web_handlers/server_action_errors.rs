//! Tests of web handlers with `#[sentry::server_action]`: captured errors, redirects, form data, responses, flush.

use sentry::FormData;
use sentry_tests::support::{self, Seen, block_on, observe, options, untraced, yield_once};
use serde::Serialize;
use serde_json::json;

use crate::{PageError, exception, root};

#[sentry::server_action]
fn submit_order() -> u32 {
    7
}

#[sentry::server_action]
async fn submit_order_later() -> u32 {
    yield_once().await;
    7
}

#[sentry::server_action]
fn fails(error: PageError) -> Result<u8, PageError> {
    Err(error)
}

#[sentry::server_action]
async fn fails_later(error: PageError) -> Result<u8, PageError> {
    yield_once().await;
    Err(error)
}

#[test]
fn an_error_is_captured_once_and_returned() {
    for seen in [
        observe(options(), || fails(PageError::Broken)),
        observe(options(), || block_on(fails_later(PageError::Broken))),
    ] {
        assert!(matches!(seen.result, Err(PageError::Broken)));
        let event = seen.event();
        let exception = exception(&seen);
        assert_eq!(exception["type"], "PageError");
        assert_eq!(exception["value"], "the page is Broken");
        assert_eq!(exception["mechanism"]["handled"], false);
        assert_eq!(exception["mechanism"]["type"], "auto.function.server_action");
        assert_eq!(event["level"], "error");
        let root = root(&seen);
        assert_eq!(root["status"], "internal_error");
        assert_eq!(event["contexts"]["trace"]["trace_id"], root["trace_id"]);
        assert_eq!(event["contexts"]["trace"]["span_id"], root["span_id"]);
    }
}

#[test]
fn errors_are_captured_without_tracing_too() {
    let seen = observe(untraced(), || fails(PageError::Broken));
    assert_eq!(exception(&seen)["value"], "the page is Broken");
    assert!(seen.transactions().is_empty());
}

#[sentry::span(err)]
fn inner() -> Result<u8, PageError> {
    Err(PageError::Broken)
}

#[sentry::server_action]
fn outer() -> Result<u8, PageError> {
    inner()
}

#[sentry::server_action]
fn outermost() -> Result<u8, PageError> {
    outer()
}

#[test]
fn an_error_that_passes_several_annotated_functions_is_captured_once() {
    let seen = observe(options(), outermost);
    assert_eq!(exception(&seen)["value"], "the page is Broken");
    assert!(seen.spans().iter().all(|span| span.status == "internal_error"), "{:#?}", seen.spans());
}

#[test]
fn redirects_and_not_found_are_no_errors() {
    for (error, status) in [(PageError::Moved, "ok"), (PageError::Missing, "not_found")] {
        let expected = format!("{error:?}");
        let seen = observe(options(), || fails(error));
        assert_eq!(format!("{:?}", seen.result.as_ref().unwrap_err()), expected);
        assert_eq!(root(&seen)["status"], status);
        assert!(seen.events().is_empty());
    }
    for (error, status) in [(PageError::Moved, "ok"), (PageError::Missing, "not_found")] {
        let seen = observe(options(), || block_on(fails_later(error)));
        assert_eq!(root(&seen)["status"], status);
        assert!(seen.events().is_empty());
    }
}

#[test]
fn every_kind_of_error_is_captured() {
    #[sentry::server_action]
    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err("boxed".into())
    }
    #[sentry::server_action]
    fn any() -> anyhow::Result<()> {
        Err(anyhow::anyhow!("the cause").context("the top"))
    }
    #[sentry::server_action]
    fn text() -> Result<(), String> {
        Err("only text".to_owned())
    }
    #[sentry::server_action]
    fn debugged() -> Result<(), (u8, u8)> {
        Err((1, 2))
    }
    let value = |seen: &Seen<()>| {
        let event = seen.event();
        let values = event["exception"]["values"].as_array().unwrap();
        values.iter().map(|value| value["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(value(&observe(options(), || drop(boxed()))), ["boxed"]);
    assert_eq!(value(&observe(options(), || drop(any()))), ["the cause", "the top"]);
    assert_eq!(value(&observe(options(), || drop(text()))), ["only text"]);
    assert_eq!(value(&observe(options(), || assert!(debugged().is_err()))), ["(1, 2)"]);
}

#[derive(Debug, PartialEq)]
struct Payload(u32);

#[sentry::server_action]
fn panics() -> u8 {
    std::panic::panic_any(Payload(41))
}

#[sentry::server_action]
async fn panics_later(lamp: u8) -> u8 {
    yield_once().await;
    panic!("broken lamp {lamp}")
}

fn caught<R>(run: impl FnOnce() -> R) -> Box<dyn std::any::Any + Send> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).err().expect("it panics")
}

#[test]
fn a_panic_is_captured_once_and_goes_on() {
    let seen = observe(options(), || caught(panics));
    assert_eq!(seen.result.downcast_ref(), Some(&Payload(41)), "the panic keeps its payload");
    assert_eq!(exception(&seen)["mechanism"]["handled"], false);
    assert_eq!(root(&seen)["status"], "internal_error");

    let seen = observe(options(), || caught(|| block_on(panics_later(7))));
    assert_eq!(seen.result.downcast_ref::<String>().unwrap(), "broken lamp 7");
    let event = seen.event();
    let exception = exception(&seen);
    assert_eq!(exception["value"], "broken lamp 7");
    assert_eq!(exception["mechanism"]["handled"], false);
    let root = root(&seen);
    assert_eq!(root["status"], "internal_error");
    assert_eq!(event["contexts"]["trace"]["trace_id"], root["trace_id"]);
    assert_eq!(event["contexts"]["trace"]["span_id"], root["span_id"]);
}

#[test]
fn a_dropped_handler_is_cancelled_and_no_error() {
    let seen = observe(options(), || support::poll_once(submit_order_later()));
    assert!(!seen.result);
    assert_eq!(root(&seen)["status"], "cancelled");
    assert!(seen.events().is_empty());
}

// ---- form data and responses

#[derive(Debug, Serialize)]
struct Order {
    article: &'static str,
    pieces: u32,
    gift: bool,
    password: &'static str,
    #[serde(rename = "card-number")]
    card: Option<&'static str>,
}

/// The password is not written as one literal, because the source lines around a frame are sent.
const PASSWORD: &str = concat!("hunt", "er2");

const ORDER: Order = Order { article: "lamp", pieces: 3, gift: true, password: PASSWORD, card: None };

#[sentry::server_action(form_data = order)]
fn place(order: &Order) -> Result<(), PageError> {
    let _ = order;
    Err(PageError::Broken)
}

#[sentry::server_action(form_data = order)]
async fn place_later(order: Order) -> Result<(), PageError> {
    yield_once().await;
    let _ = &order;
    Err(PageError::Broken)
}

#[test]
fn form_data_of_a_struct_is_on_the_span_and_on_the_error_event() {
    for seen in [
        observe(options(), || drop(place(&ORDER))),
        observe(options(), || drop(block_on(place_later(ORDER)))),
    ] {
        for data in [root(&seen)["data"].clone(), seen.event()["extra"].clone()] {
            assert_eq!(data["server_action_form_data.article"], "lamp", "{data}");
            assert_eq!(data["server_action_form_data.pieces"], 3);
            assert_eq!(data["server_action_form_data.gift"], true);
            assert_eq!(data["server_action_form_data.password"], "[Filtered]");
        }
        for item in seen.items() {
            assert!(!String::from_utf8_lossy(&item.bytes).contains(PASSWORD), "{}", item.payload);
        }
    }
}

#[sentry::server_action(form_data = pairs)]
fn of_pairs(pairs: &[(&str, &str)]) -> Result<(), PageError> {
    let _ = pairs;
    Err(PageError::Broken)
}

#[sentry::server_action(form_data = FormData::from_pairs(pairs.iter().copied()))]
fn of_form_data(pairs: &[(&str, &str)]) -> Result<(), PageError> {
    let _ = pairs;
    Err(PageError::Broken)
}

#[test]
fn repeated_fields_are_kept_and_sensitive_ones_filtered() {
    let pairs = [("size", "small"), ("api_key", "k-123-k"), ("size", "large"), ("note", "a")];
    for seen in
        [observe(options(), || drop(of_pairs(&pairs))), observe(options(), || drop(of_form_data(&pairs)))]
    {
        for data in [root(&seen)["data"].clone(), seen.event()["extra"].clone()] {
            assert_eq!(data["server_action_form_data.size"], json!(["small", "large"]), "{data}");
            assert_eq!(data["server_action_form_data.note"], "a");
            assert_eq!(data["server_action_form_data.api_key"], "[Filtered]");
        }
    }
}

#[test]
fn form_data_is_on_errors_without_tracing_too() {
    let seen = observe(untraced(), || drop(place(&ORDER)));
    assert_eq!(seen.event()["extra"]["server_action_form_data.article"], "lamp");
}

#[derive(Debug, Serialize, PartialEq)]
struct Receipt {
    id: u32,
    token: &'static str,
}

#[sentry::server_action(record_response)]
fn answers() -> Receipt {
    Receipt { id: 12, token: "t-456-t" }
}

#[sentry::server_action(record_response)]
async fn answers_later() -> String {
    yield_once().await;
    "thank you".to_owned()
}

#[sentry::server_action(record_response)]
fn answers_with_an_error() -> Result<Receipt, PageError> {
    Err(PageError::Broken)
}

#[test]
fn the_response_is_recorded_when_asked_for() {
    let seen = observe(options(), answers);
    assert_eq!(seen.result.id, 12);
    let result = root(&seen)["data"]["server_action_result"].to_string();
    assert!(result.contains("12"), "{result}");
    assert!(!result.contains("t-456-t"), "{result}");

    let seen = observe(options(), || block_on(answers_later()));
    assert_eq!(root(&seen)["data"]["server_action_result"], "thank you");

    let seen = observe(options(), submit_order);
    assert_eq!(
        root(&seen)["data"].get("server_action_result"),
        None,
        "responses are not recorded by default"
    );
}

#[test]
fn the_response_is_on_the_error_event() {
    let seen = observe(options(), || drop(answers_with_an_error()));
    let shown = seen.event()["extra"]["server_action_result"].to_string();
    assert!(shown.contains("Broken"), "{}", seen.event()["extra"]);
}

// ---- flush

#[sentry::server_action(flush)]
fn flushes() -> Result<(), PageError> {
    Err(PageError::Broken)
}

#[sentry::server_action(flush)]
async fn flushes_later() -> Result<(), PageError> {
    yield_once().await;
    Err(PageError::Broken)
}

#[test]
fn with_flush_everything_has_arrived_when_the_handler_returns() {
    for later in [false, true] {
        let seen = support::observe_server(options(), |server| {
            drop(if later { block_on(flushes_later()) } else { flushes() });
            (server.events().len(), server.transactions().len())
        });
        assert_eq!(seen.result, (1, 1), "later: {later}");
    }
}
