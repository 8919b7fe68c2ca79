//! Tests of `before_send_span`.

use sentry::protocol::{Span, SpanId, TraceId};
use sentry_tests::support::{names, observe, only, options};

#[sentry::span(name = "child", op = "db.query", attributes(card.number = "4111"))]
fn child() {}

#[sentry::span(name = "root", op = "task", attributes(kind = "import"))]
fn root() {
    child();
}

#[test]
fn every_span_can_be_changed() {
    let change = |mut span: Span| {
        span.data.remove("card.number");
        span.data.insert("seen".into(), span.description.clone().into());
        span.description = span.description.map(|name| name.to_uppercase());
        span
    };
    let seen = observe(options().before_send_span(change), root);
    assert_eq!(seen.transaction()["transaction"], "ROOT");
    let (root, child) = (seen.span("ROOT"), seen.span("CHILD"));
    assert_eq!(
        (&*root.op, &root.data["kind"], &root.data["seen"]),
        ("task", &"import".into(), &"root".into())
    );
    assert_eq!(
        (&*child.op, child.data.get("card.number"), &child.data["seen"]),
        ("db.query", None, &"child".into())
    );
    assert_eq!(child.parent, Some(root.id));
    assert_eq!(seen.client_reports().len(), 0);
}

#[test]
fn before_send_span_cannot_change_the_ids_and_the_parent_of_a_span() {
    let move_away = |span: Span| Span {
        span_id: SpanId::default(),
        trace_id: TraceId::default(),
        parent_span_id: None,
        ..span
    };
    let seen = observe(options().before_send_span(move_away), || sentry::start_span("outer", |_| root()));
    let (outer, root, child) = (seen.span("outer"), seen.span("root"), seen.span("child"));
    assert_eq!((child.parent, root.parent), (Some(root.id), Some(outer.id)));
    assert_eq!(child.trace, outer.trace);
}

#[test]
fn before_send_span_runs_before_before_send_transaction() {
    let change = |span: Span| Span { description: Some("changed".into()), ..span };
    let check = |transaction: sentry::protocol::Transaction<'static>| {
        assert_eq!(transaction.name.as_deref(), Some("changed"));
        assert_eq!(only(transaction.spans.clone()).description.as_deref(), Some("changed"));
        Some(transaction)
    };
    let seen = observe(options().before_send_span(change).before_send_transaction(check), root);
    assert_eq!(seen.transactions().len(), 1);
}

#[test]
fn a_span_for_which_before_send_span_panics_is_sent_without_its_data() {
    let panics = |span: Span| {
        assert_ne!(span.op.as_deref(), Some("db.query"), "thrown by the callback");
        span
    };
    let seen = observe(options().before_send_span(panics), root);
    assert_eq!(names(&seen.spans()), ["root", ""]);
    let bare = seen.spans().remove(1);
    assert_eq!((&*bare.op, bare.parent), ("db.query", Some(seen.span("root").id)));
    assert!(bare.data.is_null(), "{:?}", bare.data);
    assert_eq!(seen.events().len(), 0, "a panic that is contained is no event");
}

#[test]
fn before_send_span_does_not_see_ignored_spans() {
    let seen = observe(
        options().ignore_spans(["child"]).before_send_span(|span| {
            assert_ne!(span.description.as_deref(), Some("child"));
            span
        }),
        root,
    );
    assert_eq!(names(&seen.spans()), ["root"]);
}
