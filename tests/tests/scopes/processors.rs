//! Tests of event processors: their order, and their view of transactions.

use sentry::Hint;
use sentry::protocol::{Event, Transaction};
use sentry_tests::support::{names, observe, options, untraced};
use serde_json::json;

use crate::{events, message};

fn note(name: &'static str) -> impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static {
    move |mut event| {
        let order = event.tags.entry("order".into()).or_default();
        order.push_str(name);
        Some(event)
    }
}

#[test]
fn processors_of_the_request_and_the_scope_run_before_the_global_ones() {
    // The global scope keeps its processors, so this one only changes events of this test.
    let marked = |event: &Event<'_>| event.tags.contains_key("order");
    let global = note("3");
    sentry::get_global_scope()
        .add_event_processor(move |event| if marked(&event) { global(event) } else { Some(event) });
    let event = events(untraced().before_send(note("4")), || {
        sentry::get_current_scope().add_event_processor(note("2"));
        sentry::add_event_processor(note("1"));
        message("seen");
    });
    assert_eq!(event("seen")["tags"]["order"], "1234");
}

#[test]
fn event_processors_see_transactions_as_events() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::add_event_processor(|mut event| {
                assert_eq!(event.ty.as_deref(), Some("transaction"));
                event.tags.insert("kind".into(), event.ty.clone().unwrap().into_owned());
                event.contexts.remove("trace");
                event.transaction = event.transaction.map(|name| name.to_uppercase());
                (event.transaction.as_deref() != Some("NOISE")).then_some(event)
            });
            sentry::start_span("checkout", |_| sentry::start_span("payment", |_| ()));
            sentry::start_span("noise", |_| sentry::start_span("inner", |_| ()));
        });
    });
    let transaction = seen.transaction();
    assert_eq!(transaction["tags"], json!({"kind": "transaction"}));
    assert_eq!(transaction["transaction"], "CHECKOUT");
    assert_eq!(names(&seen.spans()), ["CHECKOUT", "payment"]);
    assert!(transaction["contexts"]["trace"]["span_id"].is_string(), "a transaction keeps its trace context");
    assert_eq!(seen.reported("event_processor", "transaction"), 1);
    assert_eq!(seen.reported("event_processor", "span"), 2);
}

#[test]
fn transaction_processors_see_the_spans() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::add_transaction_processor(|mut transaction: Transaction<'static>| {
                transaction.spans.retain(|span| span.description.as_deref() != Some("secret"));
                transaction.tags.insert("spans".into(), transaction.spans.len().to_string());
                (transaction.name.as_deref() != Some("noise")).then_some(transaction)
            });
            sentry::start_span("root", |_| {
                sentry::start_span("shown", |_| ());
                sentry::start_span("secret", |_| ());
            });
            sentry::start_span("noise", |_| ());
            message("not its business");
        });
    });
    assert_eq!(names(&seen.spans()), ["root", "shown"]);
    assert_eq!(seen.transaction()["tags"], json!({"spans": "1"}));
    assert_eq!(seen.event().get("tags"), None);
    assert_eq!(seen.reported("event_processor", "transaction"), 1);
}

#[test]
fn a_processor_that_panics_loses_its_transaction_and_nothing_else() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::add_event_processor(|event| {
                assert_ne!(event.transaction.as_deref(), Some("bad"), "thrown by the processor");
                Some(event)
            });
            sentry::start_span("bad", |_| ());
            sentry::start_span("good", |_| ());
        });
    });
    assert_eq!(seen.transaction()["transaction"], "good");
    assert_eq!(seen.stats.lost(), 2, "the transaction and its span: {:?}", seen.stats);
}

#[test]
fn a_processor_may_look_at_the_hint_and_change_it() {
    struct Attempt(u32);
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::configure_scope(|scope| {
                scope.add_event_processor_with_hint(|event, hint| {
                    hint.attachments.clear();
                    hint.get::<Attempt>().is_some_and(|attempt| attempt.0 > 1).then_some(event)
                });
            });
            sentry::add_attachment(sentry::protocol::Attachment::default());
            for attempt in 1..=2 {
                sentry::capture_event_with_hint(Event::new(), Hint::new().with(Attempt(attempt)));
            }
        });
    });
    assert_eq!(seen.events().len(), 1);
    assert_eq!(seen.payloads("attachment").len(), 0);
    assert_eq!(seen.reported("event_processor", "error"), 1);
}
