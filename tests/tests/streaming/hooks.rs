//! Tests of options for streamed spans: `ignore_spans` and `before_send_span`.

use sentry::protocol::{DiscardReason, Span, SpanId, TraceId};
use sentry::{SpanFilter, ai};
use sentry_tests::support::{Seen, observe};
use serde_json::{Value, json};

use super::{attribute, span, streaming};

#[sentry::span(name = "child", op = "db.query", attributes(card.number = "4111"))]
fn child() {}

#[sentry::span(name = "middle")]
fn middle() {
    child();
}

#[sentry::span(name = "root", op = "task")]
fn root() {
    middle();
}

fn names<R>(seen: &Seen<R>) -> Vec<String> {
    let mut names: Vec<_> =
        seen.streamed_spans().iter().map(|span| span["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn ignored<R>(seen: &Seen<R>) -> u64 {
    let counted = seen.stats.dropped.iter().filter(|entry| entry.reason == DiscardReason::Ignored);
    counted.map(|entry| entry.quantity).sum()
}

#[test]
fn ignored_spans_are_left_out_and_counted() {
    let seen = observe(streaming().ignore_spans(["middle"]), root);
    assert_eq!(names(&seen), ["child", "root"]);
    assert_eq!(ignored(&seen), 1);
    assert_eq!(span(&seen, "child")["parent_span_id"], span(&seen, "root")["span_id"]);
}

#[test]
fn attributes_that_a_span_has_at_its_end_decide_too() {
    let filter = SpanFilter::new().attribute("cache.hit", true);
    let seen = observe(streaming().ignore_spans([filter]), || {
        sentry::start_span("outer", |_| {
            sentry::start_span("hit", |span| span.set_attribute("cache.hit", true));
            sentry::start_span("miss", |span| span.set_attribute("cache.hit", false));
        });
    });
    assert_eq!(names(&seen), ["miss", "outer"]);
    assert_eq!(ignored(&seen), 1);
}

#[test]
fn with_an_ignored_root_everything_under_it_is_ignored() {
    let seen = observe(streaming().ignore_spans(["root"]), root);
    assert_eq!(names(&seen), Vec::<String>::new());
    assert_eq!(seen.transactions().len(), 0);
}

#[test]
fn before_send_span_changes_every_span() {
    let change = |mut span: Span| {
        span.data.remove("card.number");
        span.data.insert("seen".into(), span.description.clone().into());
        span.description = span.description.map(|name| name.to_uppercase());
        span
    };
    let seen = observe(streaming().before_send_span(change), root);
    assert_eq!(names(&seen), ["CHILD", "MIDDLE", "ROOT"]);
    let child = span(&seen, "CHILD");
    assert_eq!(
        (attribute(&child, "seen"), attribute(&child, "card.number")),
        (&json!("child"), &Value::Null)
    );
    assert_eq!((attribute(&child, "sentry.op"), &child["status"]), (&json!("db.query"), &json!("ok")));
    assert_eq!(attribute(&child, "sentry.release"), "shop@1.4.2");
    assert_eq!(child["parent_span_id"], span(&seen, "MIDDLE")["span_id"]);
    assert_eq!(span(&seen, "ROOT")["is_segment"], true);
    assert_eq!(seen.stats.lost(), 0);
}

#[test]
fn attributes_that_the_callback_removes_stay_removed() {
    let user = || sentry::User { email: Some("ada@shop.example".into()), ..sentry::User::default() };
    let change = |mut span: Span| {
        span.data.clear();
        span
    };
    let options = streaming().before_send_span(change);
    let seen = observe(options, || {
        sentry::with_isolation_scope(|| {
            sentry::set_user(Some(user()));
            sentry::set_tag("region", "eu");
            root();
        });
    });
    for one in seen.streamed_spans() {
        let left: Vec<_> = one["attributes"].as_object().unwrap().keys().cloned().collect();
        let gone = ["user.email", "card.number", "region", "server.address"];
        assert!(left.iter().all(|key| !gone.contains(&&**key)), "{left:?}");
        assert_eq!(attribute(&one, "sentry.segment.name"), "root", "what the protocol wants stays");
    }
}

#[test]
fn before_send_span_cannot_change_the_ids_and_the_parent_of_a_span() {
    let move_away = |span: Span| Span {
        span_id: SpanId::default(),
        trace_id: TraceId::default(),
        parent_span_id: None,
        ..span
    };
    let seen = observe(streaming().before_send_span(move_away), root);
    let (root, middle, child) = (span(&seen, "root"), span(&seen, "middle"), span(&seen, "child"));
    assert_eq!(child["parent_span_id"], middle["span_id"]);
    assert_eq!(middle["parent_span_id"], root["span_id"]);
    assert_eq!(child["trace_id"], root["trace_id"]);
}

#[test]
fn a_span_for_which_before_send_span_panics_is_sent_without_its_data() {
    let panics = |span: Span| {
        assert_ne!(span.op.as_deref(), Some("db.query"), "thrown by the callback");
        span
    };
    let seen = observe(streaming().before_send_span(panics), root);
    assert_eq!(names(&seen), ["<unlabeled span>", "middle", "root"]);
    let bare = span(&seen, "<unlabeled span>");
    assert_eq!(attribute(&bare, "sentry.op"), "db.query");
    assert_eq!(attribute(&bare, "card.number"), &Value::Null);
    assert_eq!(seen.events().len(), 0, "a panic that is contained is no event");
}

#[test]
fn ai_spans_have_their_name_and_that_of_the_agent() {
    #[sentry::span(op = "gen_ai.chat", attributes(gen_ai.operation.name = "chat", gen_ai.request.model = "o3"))]
    fn ask() {}

    let seen = observe(streaming(), || {
        sentry::start_span(ai::agent("Weather Agent").pipeline("weather"), |_| {
            sentry::start_span(ai::chat("openai", "o3-mini"), |_| ());
            ask();
        });
    });
    for name in ["chat o3-mini", "chat o3"] {
        let chat = span(&seen, name);
        assert_eq!(attribute(&chat, "gen_ai.agent.name"), "Weather Agent", "{name}");
        assert_eq!(attribute(&chat, "gen_ai.pipeline.name"), "weather", "{name}");
    }
}
