//! Tests of form data and responses: nested values, and values of every type. `server_action_errors.rs` has the common
//! cases.

use std::collections::BTreeMap;

use sentry::FormData;
use sentry_tests::support::{Seen, observe, options};
use serde::Serialize;
use serde_json::json;

use crate::{PageError, ignore, root};

#[derive(Serialize)]
struct Address {
    city: &'static str,
    secret_door: &'static str,
}

#[derive(Serialize)]
struct Order {
    address: Address,
    items: Vec<BTreeMap<&'static str, u8>>,
    sizes: Vec<&'static str>,
}

#[sentry::server_action(form_data = order)]
fn place(order: &Order) -> Result<(), PageError> {
    let _ = order;
    Err(PageError::Broken)
}

#[test]
fn nested_form_data_is_flattened_on_spans_and_events() {
    let order = Order {
        address: Address { city: "Vienna", secret_door: concat!("be", "hind") },
        items: vec![BTreeMap::from([("pieces", 3)]), BTreeMap::from([("pieces", 4)])],
        sizes: vec!["s", "l"],
    };
    let seen = observe(options(), || place(&order).is_err());
    for data in [root(&seen)["data"].clone(), seen.event()["extra"].clone()] {
        assert_eq!(data["server_action_form_data.address.city"], "Vienna", "{data}");
        assert_eq!(data["server_action_form_data.address.secret_door"], "[Filtered]");
        assert_eq!(data["server_action_form_data.items.1.pieces"], 4);
        assert_eq!(data["server_action_form_data.sizes"], json!(["s", "l"]));
    }
}

/// Implements neither `Serialize` nor `Debug`.
struct Opaque;

#[derive(Debug)]
struct Shown {
    id: u8,
}

macro_rules! returning {
    ($($name:ident: $ty:ty = $value:expr;)*) => {$(
        #[sentry::server_action(record_response)]
        fn $name() -> $ty {
            $value
        }
    )*};
}

returning! {
    text: &'static str = "thank you";
    structure: BTreeMap<&'static str, u8> = BTreeMap::from([("id", 7)]);
    debugged: Shown = Shown { id: 7 };
    opaque: Opaque = Opaque;
}

fn result<R>(seen: &Seen<R>) -> Option<serde_json::Value> {
    root(seen)["data"].get("server_action_result").cloned()
}

#[test]
fn a_response_is_shown_by_the_best_its_type_offers() {
    assert_eq!(result(&observe(options(), text)), Some(json!("thank you")));
    assert_eq!(result(&observe(options(), structure)), Some(json!(r#"{"id":7}"#)));
    assert_eq!(result(&observe(options(), debugged)), Some(json!("Shown { id: 7 }")));
    assert_eq!(result(&observe(options(), || ignore(opaque()))), None);
}

#[sentry::server_action]
fn unasked() -> &'static str {
    "thank you"
}

#[sentry::server_action(record_response = false)]
fn never() -> &'static str {
    "thank you"
}

#[test]
fn without_record_response_a_response_is_recorded_with_send_default_pii_only() {
    assert_eq!(result(&observe(options(), unasked)), None);
    assert_eq!(result(&observe(options().send_default_pii(true), unasked)), Some(json!("thank you")));
    assert_eq!(result(&observe(options().send_default_pii(true), never)), None);
}

#[sentry::server_action(form_data = FormData::from_pairs([("id", form.id.to_string())]))]
fn of_named_fields(form: &Shown) {
    let _ = form;
}

#[sentry::server_action(form_data = form)]
fn of_form(form: FormData) {
    drop(form);
}

#[test]
fn a_form_is_taken_as_it_comes() {
    let seen = observe(options(), || of_named_fields(&Shown { id: 7 }));
    assert_eq!(root(&seen)["data"]["server_action_form_data.id"], "7");
    let seen = observe(options(), || of_form(FormData::from_pairs([("a", "1"), ("a", "2")])));
    assert_eq!(root(&seen)["data"]["server_action_form_data.a"], json!(["1", "2"]));
}

#[sentry::server_action(form_data = pairs)]
fn of_pairs(pairs: &[(&str, String)]) -> Result<(), PageError> {
    let _ = pairs;
    Err(PageError::Broken)
}

#[test]
fn a_list_of_texts_is_recorded_on_spans_and_events() {
    let pairs = [("city", "Vienna"), ("city", "Linz"), ("password", concat!("hunt", "er2"))];
    let pairs = pairs.map(|(name, text)| (name, text.to_owned()));
    let seen = observe(options(), || of_pairs(&pairs).is_err());
    for data in [root(&seen)["data"].clone(), seen.event()["extra"].clone()] {
        assert_eq!(data["server_action_form_data.city"], json!(["Vienna", "Linz"]), "{data}");
        assert_eq!(data["server_action_form_data.password"], "[Filtered]");
    }
}

/// A text that serialises to something else, although `AsRef` returns it.
struct Masked(&'static str);

impl AsRef<str> for Masked {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl Serialize for Masked {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[sentry::server_action(form_data = [("note", Masked("buy milk"))])]
fn of_masked() {}

#[test]
fn what_serialises_to_something_else_is_not_copied() {
    assert_eq!(root(&observe(options(), of_masked))["data"]["server_action_form_data.note"], "***");
}

#[sentry::server_action(form_data = [("city", "Vienna"), ("zip", "1010")])]
fn after_the_form() -> Result<(), PageError> {
    sentry::configure_scope(|scope| {
        scope.set_extra("server_action_form_data.city", "Linz".into());
        scope.remove_extra("server_action_form_data.zip");
    });
    Err(PageError::Broken)
}

#[test]
fn what_the_action_sets_after_the_form_replaces_its_fields_on_events() {
    let seen = observe(options(), || after_the_form().is_err());
    let extra = &seen.event()["extra"];
    assert_eq!(extra["server_action_form_data.city"], "Linz");
    assert_eq!(extra.get("server_action_form_data.zip"), None);
    assert_eq!(root(&seen)["data"]["server_action_form_data.zip"], "1010");
}

/// Its `Debug` and `Serialize` panic.
struct Broken;

impl std::fmt::Debug for Broken {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("a mistake in Debug")
    }
}

impl Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
        panic!("a mistake in Serialize")
    }
}

#[sentry::server_action(form_data = form, record_response)]
fn of_broken(form: &Broken) -> Broken {
    let _ = form;
    Broken
}

#[test]
fn a_type_that_cannot_be_shown_is_left_out() {
    let seen = observe(options(), || {
        of_broken(&Broken);
    });
    assert!(seen.events().is_empty());
    assert_eq!(root(&seen)["status"], "ok");
}
