//! Tests of transactions, their getters and setters, and the active span.
#![allow(clippy::useless_conversion, deprecated, reason = "some of the names are deprecated")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sentry::protocol::{Request, SpanStatus, TraceId, value};
use sentry::{Hub, SentryFutureExt as _, Transaction, TransactionContext, TransactionOrSpan};
use sentry_tests::support::{block_on, names, options};

use crate::observe;

#[test]
fn a_transaction_is_described_by_a_context() {
    let seen = observe(options(), || {
        // The name does not have to be static.
        let mut context = TransactionContext::new(&format!("job {}", 7), &String::from("queue"));
        assert_eq!((context.name(), context.operation(), context.sampled()), ("job 7", "queue", None));
        context.set_sampled(true);
        context.custom_insert("rows".to_owned(), 3.into());
        assert_eq!(context.custom("rows"), Some(&3.into()));
        let transaction: Transaction = sentry::start_transaction(context);
        transaction.set_data("rows", value::to_value(3).unwrap());
        transaction.set_extra("shelf", "a".into());
        transaction.set_tag("shop", "vienna");
        transaction.data().set_data("more".into(), true.into());
        transaction.set_request(Request { method: Some("GET".into()), ..Default::default() });
        transaction.set_status(SpanStatus::Aborted);
        assert_eq!(transaction.get_status(), Some(SpanStatus::Aborted));
        assert!(transaction.is_sampled());
        let shown = transaction.get_trace_context();
        assert_eq!(
            (shown.span_id, Some(shown.trace_id)),
            (transaction.get_span_id(), transaction.trace_id())
        );
        transaction.set_name("renamed");
        transaction.set_op("queue.process");
        transaction.finish();
    });
    let root = &seen.transaction()["contexts"]["trace"];
    assert_eq!(seen.transaction()["transaction"], "renamed");
    assert_eq!((&root["op"], &root["status"]), (&"queue.process".into(), &"aborted".into()));
    assert_eq!((&root["data"]["rows"], &root["data"]["more"]), (&3.into(), &true.into()));
    assert_eq!(seen.transaction()["tags"]["shop"], "vienna");
}

#[test]
fn children_are_started_by_hand() {
    let began = SystemTime::now() - Duration::from_secs(7);
    let seen = observe(options(), || {
        let context =
            TransactionContext::builder("a", "b").with_name("import".into()).with_sampled(Some(true));
        let transaction = sentry::start_transaction_with_timestamp(context.finish(), began);
        let child = transaction.start_child("db", &format!("query {}", 1));
        let inner = child.start_child_with_details("db.row", "row", Default::default(), began);
        inner.finish_with_timestamp(SystemTime::now());
        child.finish();
        assert_eq!(transaction, transaction.clone());
        transaction.finish();
        Hub::current().start_transaction(TransactionContext::new("of a hub", "task")).finish();
    });
    assert_eq!(seen.transactions().len(), 2);
    assert!(["query 1", "row", "import"].iter().all(|name| names(&seen.spans()).contains(name)));
}

/// The middleware of the official documentation: starts a child of the scope's span, or else a transaction.
fn in_span<R>(op: &str, name: &str, run: impl FnOnce() -> R) -> R {
    let parent = sentry::configure_scope(|scope| scope.get_span());
    let span: TransactionOrSpan = match &parent {
        Some(parent) => parent.start_child(op, name).into(),
        None => sentry::start_transaction(TransactionContext::new(name, op)).into(),
    };
    sentry::configure_scope(|scope| scope.set_span(Some(span.clone())));
    let result = run();
    span.finish();
    sentry::configure_scope(|scope| scope.set_span(parent));
    result
}

#[test]
fn the_span_of_the_scope_is_the_active_one() {
    let seen = observe(options(), || {
        in_span("http.server", "outer", || {
            in_span("db", "first", || sentry::start_span("inside", |_| ()));
            in_span("db", "second", || ());
        });
        in_span("task", "next", || ());
    });
    assert_eq!(seen.transactions().len(), 2);
    let (root, first) = (seen.span("outer"), seen.span("first"));
    assert_eq!(first.parent, Some(root.id.clone()));
    assert_eq!(seen.span("second").parent, Some(root.id));
    assert_eq!(seen.span("inside").parent, Some(first.id));
}

/// Tests a job with a hub of its own, as background workers have one.
#[test]
fn the_span_of_a_hub_is_active_in_its_futures() {
    let seen = observe(options(), || {
        let hub = Hub::new_from_top(Hub::current());
        let _scope = hub.push_scope();
        let transaction = sentry::start_transaction(TransactionContext::new("job", "queue"));
        hub.configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        block_on(async { sentry::start_span("step", |_| ()) }.bind_hub(hub));
        transaction.finish();

        let transaction = sentry::start_transaction(TransactionContext::new("request", "http.server"));
        Hub::current().configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        sentry::start_span("query", |_| ());
        transaction.finish();
    });
    assert_eq!(seen.span("step").parent, Some(seen.span("job").id));
    assert_eq!(seen.span("query").parent, Some(seen.span("request").id));
}

#[test]
fn a_sampler_receives_the_context_of_the_transaction() {
    let sampler = |context: &TransactionContext| -> f32 {
        if let Some(sampled) = context.sampled() {
            return f32::from(u8::from(sampled));
        }
        if context.operation() == "queue" && context.name() == "job" { 1.0 } else { 0.0 }
    };
    let with_sampler = sentry::ClientOptions { traces_sampler: Some(Arc::new(sampler)), ..options() };
    let seen = observe(with_sampler, || {
        for (name, op) in [("job", "queue"), ("job", "task"), ("other", "queue")] {
            sentry::start_transaction(TransactionContext::new(name, op)).finish();
        }
        let mut chosen = TransactionContext::new("chosen", "task");
        chosen.set_sampled(Some(true));
        sentry::start_transaction(chosen).finish();
    });
    assert_eq!(names(&seen.spans()), ["job", "chosen"]);
}

#[test]
fn headers_carry_the_trace_to_the_next_service() {
    let seen = observe(options(), || {
        let first = sentry::start_transaction(TransactionContext::new("first", "http.client"));
        let headers: Vec<_> = first.iter_headers().collect();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let next = TransactionContext::continue_from_headers("next", "http.server", headers);
        sentry::start_transaction(next).finish();
        let inner = TransactionContext::continue_from_span("later", "task", Some(first.clone()));
        sentry::start_transaction(inner).finish();
        first.finish();
        let id: TraceId = "771a43a4192642f0b136d5159a501700".parse().unwrap();
        sentry::start_transaction(TransactionContext::new_with_trace_id("given", "task", id)).finish();
        sentry::start_transaction(TransactionContext::continue_from_headers("alone", "task", [])).finish();
    });
    let first = seen.span("first");
    for name in ["next", "later"] {
        assert_eq!(
            (&seen.span(name).trace, &seen.span(name).parent),
            (&first.trace, &Some(first.id.clone()))
        );
    }
    assert_eq!(seen.span("given").trace, "771a43a4192642f0b136d5159a501700");
    assert_ne!(seen.span("alone").trace, first.trace);
}
