//! Tests of transactions and spans that are started by hand.

use sentry_tests::support::{observe, options};

/// Uses `SpanOptions` in place of a `TransactionContext`, which `spans_and_headers` tests; the rest is unchanged.
#[test]
fn transactions_with_children_and_data() {
    let seen = observe(options(), || {
        let transaction = sentry::start_transaction(sentry::SpanOptions::new("checkout").op("shop"));
        let span = transaction.start_child("db.query", "SELECT 1");
        span.set_data("rows", 3.into());
        span.set_tag("db", "main");
        span.set_status(sentry::protocol::SpanStatus::Ok);
        span.finish();
        transaction.set_data("items", 2.into());
        transaction.set_status(sentry::protocol::SpanStatus::Aborted);
        transaction.finish();
    });
    let transaction = &seen.transactions()[0];
    assert_eq!(transaction["transaction"], "checkout");
    assert_eq!(transaction["contexts"]["trace"]["op"], "shop");
    assert_eq!(transaction["contexts"]["trace"]["status"], "aborted");
    assert_eq!(transaction["spans"][0]["op"], "db.query");
    assert_eq!(transaction["spans"][0]["description"], "SELECT 1");
    assert_eq!(transaction["spans"][0]["data"]["rows"], 3);
}

/// Uses `set_active_span(&transaction)` in place of `scope.set_span(Some(transaction.into()))`, and `get_trace_data()`
/// in place of `span.iter_headers()`.
#[test]
fn the_active_span_and_its_headers() {
    observe(options(), || {
        let transaction = sentry::start_transaction("checkout");
        sentry::set_active_span(&transaction);
        let headers: Vec<_> =
            sentry::get_trace_data().unwrap().iter().map(|(name, value)| (name, value.to_owned())).collect();
        assert!(headers.iter().any(|(name, value)| {
            *name == "sentry-trace" && value.contains(&transaction.trace_id().unwrap().to_string())
        }));
        transaction.finish();
    });
}
