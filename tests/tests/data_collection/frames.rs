//! Tests of variables and source lines in stack frames.

use std::panic::catch_unwind;

use sentry::{ClientOptions, CollectBehavior, DataCollection};
use sentry_tests::support::{observe, untraced};
use serde_json::{Value, json};

use crate::FILTERED;

#[sentry::span(err, vars(order, customer, password))]
fn fails(order: u8, customer: &str, password: &str) -> Result<(), std::fmt::Error> {
    let _ = (order, customer, password);
    Err(std::fmt::Error)
}

#[sentry::span(vars(order, customer))]
fn panics(order: u8, customer: &str) {
    panic!("order {order} of nobody{}", &customer[..0]);
}

fn frames(event: &Value) -> Vec<Value> {
    event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap().clone()
}

/// Returns the variables of an error and those of a panic.
fn vars(options: ClientOptions) -> [Value; 2] {
    let seen = observe(options, || {
        fails(7, "ada", "hidden").unwrap_err();
        catch_unwind(|| panics(7, "ada")).unwrap_err();
    });
    let of = |event: &Value| frames(event).iter().map(|frame| frame["vars"].clone()).find(|it| !it.is_null());
    let events = seen.events();
    [0, 1].map(|number| of(&events[number]).unwrap_or_default())
}

fn with(behavior: impl Into<CollectBehavior>) -> ClientOptions {
    untraced().data_collection(DataCollection::none().stack_frame_variables(behavior))
}

#[test]
fn variables_are_chosen_by_their_names() {
    let all = [
        json!({"order": "7", "customer": "ada", "password": FILTERED}),
        json!({"order": "7", "customer": "ada"}),
    ];
    let without_customer = [
        json!({"order": "7", "customer": FILTERED, "password": FILTERED}),
        json!({"order": "7", "customer": FILTERED}),
    ];
    let nothing = [Value::Null, Value::Null];
    for (options, expected) in [
        (untraced(), all.clone()),
        (untraced().data_collection(DataCollection::new()), all.clone()),
        (with(true).include_local_variables(false), all),
        (with(false), nothing.clone()),
        (untraced().data_collection(DataCollection::new()).include_local_variables(false), nothing),
        (with(CollectBehavior::allow(["ORDER", "password"])), without_customer.clone()),
        (with(CollectBehavior::deny(["custom"])), without_customer),
    ] {
        assert_eq!(vars(options), expected);
    }
}

#[test]
fn the_number_of_source_lines_can_be_set_to_zero() {
    let lines = |options: ClientOptions| {
        let seen = observe(options, || fails(7, "ada", "hidden").unwrap_err());
        let frame = frames(&seen.event()).into_iter().find(|frame| frame["vars"].is_object()).unwrap();
        let count = |name: &str| frame[name].as_array().map_or(0, Vec::len);
        (count("pre_context"), frame["context_line"].is_string(), count("post_context"))
    };
    let with = |count| untraced().data_collection(DataCollection::new().frame_context_lines(count));
    assert_eq!(lines(untraced()), (5, true, 5));
    assert_eq!(lines(with(5)), (5, true, 5));
    assert_eq!(lines(with(2)), (2, true, 2));
    assert_eq!(lines(with(0)), (0, false, 0));
}

#[test]
fn too_many_source_lines_are_an_error_that_names_the_limit() {
    let options = untraced().data_collection(DataCollection::new().frame_context_lines(101));
    let error = sentry_tests::support::without_client(|| sentry::try_init(options).unwrap_err().to_string());
    assert_eq!(error, "frame_context_lines is `101`, but must be at most 100 lines");
}
