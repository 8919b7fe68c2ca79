//! Tests of `before_send_transaction`.

use sentry_tests::support::{observe, only, options};

#[sentry::span(name = "child")]
fn child() {}

#[sentry::span(name = "root")]
fn root() {
    child();
    child();
}

#[test]
fn a_transaction_can_be_changed() {
    let change = |mut transaction: sentry::protocol::Transaction<'static>| {
        assert_eq!(transaction.spans.len(), 2);
        transaction.name = Some("changed".into());
        transaction.spans.truncate(1);
        transaction.tags.insert("seen".into(), "yes".into());
        Some(transaction)
    };
    let seen = observe(options().before_send_transaction(change), root);
    let transaction = seen.transaction();
    assert_eq!(transaction["transaction"], "changed");
    assert_eq!(transaction["tags"]["seen"], "yes");
    assert_eq!(only(transaction["spans"].as_array().unwrap().clone())["description"], "child");
    assert_eq!(seen.reported("before_send", "span"), 1);
    assert_eq!(seen.reported("before_send", "transaction"), 0);
}

#[test]
fn a_transaction_can_be_dropped_and_is_counted_with_its_spans() {
    let seen = observe(options().before_send_transaction(|_| None), root);
    assert_eq!(seen.transactions().len(), 0);
    assert_eq!(seen.reported("before_send", "transaction"), 1);
    assert_eq!(seen.reported("before_send", "span"), 3);
}

#[test]
fn a_callback_that_panics_loses_its_transaction_and_nothing_else() {
    let panics = |transaction: sentry::protocol::Transaction<'static>| {
        assert_ne!(transaction.name.as_deref(), Some("root"), "thrown by the callback");
        Some(transaction)
    };
    let seen = observe(options().before_send_transaction(panics), || {
        root();
        child();
    });
    assert_eq!(seen.transaction()["transaction"], "child");
    assert_eq!(seen.events().len(), 0, "a panic that is contained is no event");
    assert_eq!(seen.reported("before_send", "transaction"), 1);
    assert_eq!(seen.reported("before_send", "span"), 3);
}
