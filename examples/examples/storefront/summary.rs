//! The summary at the end: the numbers of recorded and lost items.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use sentry::protocol::{Context, DataCategory, TraceId, Transaction};

use crate::Shop;

/// The traces that were sent. The client counts transactions but not traces, so a callback sees each transaction before
/// it is sent.
static TRACES: Mutex<BTreeSet<TraceId>> = Mutex::new(BTreeSet::new());

/// A callback for the option `before_send_transaction` that remembers the trace and keeps the transaction.
pub fn note_trace(transaction: Transaction<'static>) -> Option<Transaction<'static>> {
    if let Some(Context::Trace(trace)) = transaction.contexts.get("trace") {
        TRACES.lock().unwrap_or_else(PoisonError::into_inner).insert(trace.trace_id);
    }
    Some(transaction)
}

/// Prints the summary. The client counts what was delivered: to the server if there is one, otherwise to the local
/// view.
pub fn print(visits: u64, shop: &Shop, sent_in_time: bool) {
    let Some(client) = sentry::get_client() else { return };
    let stats = client.stats();
    let traces = TRACES.lock().unwrap_or_else(PoisonError::into_inner).len();
    let charges = shop.payments.requests();
    let destination =
        client.dsn().map_or("the local view".to_owned(), |dsn| format!("{}:{}", dsn.host(), dsn.port()));
    println!("── storefront, delivered to {destination} ──");
    println!(
        "requests      {:>5}   {visits} by visitors, {charges} to the payment service",
        visits + charges
    );
    println!("orders paid   {:>5}", shop.repository.paid_orders());
    println!("traces        {traces:>5}");
    println!("transactions  {:>5}", stats.sent(DataCategory::Transaction));
    println!("spans         {:>5}", stats.sent(DataCategory::Span));
    println!("errors        {:>5}", stats.sent(DataCategory::Error));
    println!("check-ins     {:>5}", stats.sent(DataCategory::Monitor));
    println!("dropped       {:>5}", stats.lost());
    if !sent_in_time {
        println!("not everything was sent within 10 seconds; the counts are of what was");
    }
}
