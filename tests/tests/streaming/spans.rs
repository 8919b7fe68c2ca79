//! Tests of the contents of a streamed span.

use std::error::Error;

use sentry::protocol::{SpanLink, SpanStatus, TraceId};
use sentry::{AttributeValue, SpanOptions, User};
use sentry_tests::support::{block_on, observe, poll_once, yield_once};
use serde_json::json;

use super::{attribute, span, streaming};

#[sentry::span(name = "load cart", op = "db.query", attributes(cart.id = id, cart.items = 3_u8))]
fn load_cart(id: &str) -> usize {
    id.len()
}

#[sentry::span(name = "charge")]
fn charge() -> Result<(), Box<dyn Error>> {
    Err("card declined".into())
}

#[sentry::span(name = "checkout", op = "http.server")]
fn checkout() {
    load_cart("c7");
    let _ = charge();
}

#[test]
fn every_span_is_an_item_and_there_is_no_transaction() {
    let seen = observe(streaming(), checkout);
    assert_eq!(seen.transactions().len(), 0);
    assert_eq!(seen.streamed_spans().len(), 3);
    let (root, cart, charge) = (span(&seen, "checkout"), span(&seen, "load cart"), span(&seen, "charge"));
    assert_eq!((root["is_segment"].as_bool(), cart["is_segment"].as_bool()), (Some(true), Some(false)));
    assert_eq!(root.get("parent_span_id"), None);
    assert_eq!(cart["parent_span_id"], root["span_id"]);
    assert_eq!(charge["parent_span_id"], root["span_id"]);
    assert_eq!((&root["status"], &charge["status"]), (&json!("ok"), &json!("error")));
    assert_eq!(attribute(&charge, "sentry.status.message"), "internal_error");
    assert_eq!(attribute(&root, "sentry.status.message"), &json!(null));
    assert!(root["start_timestamp"].as_f64() <= cart["start_timestamp"].as_f64());
    assert!(cart["end_timestamp"].as_f64() <= charge["start_timestamp"].as_f64());
    assert!(charge["end_timestamp"].as_f64() <= root["end_timestamp"].as_f64());
}

#[test]
fn every_span_names_program_segment_and_thread() {
    let seen = observe(streaming().dist("d1"), || {
        std::thread::Builder::new().name("till 3".into()).spawn(checkout).unwrap().join().unwrap();
    });
    let root = span(&seen, "checkout");
    for one in seen.streamed_spans() {
        assert_eq!(attribute(&one, "sentry.release"), "shop@1.4.2");
        assert_eq!(attribute(&one, "sentry.environment"), "testing");
        assert_eq!(attribute(&one, "sentry.segment.name"), "checkout");
        assert_eq!(attribute(&one, "sentry.segment.id"), &root["span_id"]);
        assert_eq!(attribute(&one, "sentry.sdk.name"), "sentry.rust.runtime");
        assert_eq!(attribute(&one, "thread.name"), "till 3");
        assert!(attribute(&one, "thread.id").is_u64(), "a number by the conventions: {one}");
        assert_eq!(attribute(&one, "sentry.origin"), "auto.function");
    }
    let cart = span(&seen, "load cart");
    assert_eq!(attribute(&cart, "sentry.op"), "db.query");
    assert_eq!(attribute(&root, "sentry.op"), "http.server");
    // The data that a transaction has outside of its spans is on the root only.
    assert_eq!(attribute(&root, "sentry.segment.name.source"), "component");
    assert_eq!(attribute(&root, "sentry.sample_rate"), 1.0);
    assert_eq!(attribute(&root, "sentry.dist"), "d1");
    assert_eq!(attribute(&root, "server.address"), "box-7");
    assert!(attribute(&root, "code.line.number").is_u64());
    assert_eq!(attribute(&cart, "server.address"), &json!(null));
}

#[test]
fn the_envelope_names_the_trace_and_its_whole_sampling_context() {
    let seen = observe(streaming(), checkout);
    let envelope = seen.envelopes().remove(0);
    let trace = &envelope.header["trace"];
    assert_eq!(trace["trace_id"], span(&seen, "checkout")["trace_id"]);
    assert_eq!(trace["public_key"], seen.key());
    assert_eq!(trace["release"], "shop@1.4.2");
    assert_eq!(trace["environment"], "testing");
    assert_eq!(trace["transaction"], "checkout");
    assert_eq!(trace["sampled"], "true");
    assert_eq!(trace["sample_rate"], "1");
    assert!(trace["sample_rand"].is_string());
}

#[test]
fn attributes_of_all_types_arrive_with_their_types() {
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("types"), |span| {
            span.set_attribute("yes", true);
            span.set_attribute("whole", -7);
            span.set_attribute("large", u64::MAX);
            span.set_attribute("part", 0.25);
            span.set_attribute("text", "zażółć \"🦀\"");
            span.set_attribute("list", vec!["a", "b"]);
            span.set_attribute("numbers", vec![1.5, 2.5]);
            span.set_attribute("gone", None::<bool>);
            span.set_attribute(String::from("made up"), 1);
            span.set_tag("colour", "red");
        });
    });
    let one = span(&seen, "types");
    for (name, ty, value) in [
        ("yes", "boolean", json!(true)),
        ("whole", "integer", json!(-7)),
        ("large", "string", json!(u64::MAX.to_string())),
        ("part", "double", json!(0.25)),
        ("text", "string", json!("zażółć \"🦀\"")),
        ("list", "array", json!(["a", "b"])),
        ("numbers", "array", json!([1.5, 2.5])),
        ("made up", "integer", json!(1)),
        ("colour", "string", json!("red")),
    ] {
        assert_eq!(one["attributes"][name], json!({"type": ty, "value": value}), "{name}");
    }
    assert_eq!(one["attributes"].get("gone"), None);
}

#[test]
fn what_is_set_last_before_the_end_counts() {
    let link = SpanLink {
        trace_id: TraceId::default(),
        span_id: sentry::protocol::SpanId::default(),
        sampled: Some(true),
        attributes: [("sentry.link.type".to_owned(), json!("previous_trace"))].into(),
    };
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("first"), |root| {
            root.set_attribute("step", 1);
            sentry::start_span(SpanOptions::new("inner"), |inner| {
                inner.set_attribute("step", 1);
                inner.set_attribute("step", "two");
                inner.update_name("renamed");
                inner.set_op("queue.publish");
                inner.set_status(SpanStatus::NotFound);
                inner.add_link(link.clone());
            });
            root.set_attribute("step", 2);
            root.update_name("GET /cart");
            root.set_status(SpanStatus::Ok);
        });
    });
    let (root, inner) = (span(&seen, "GET /cart"), span(&seen, "renamed"));
    assert_eq!(attribute(&inner, "step"), "two");
    assert_eq!(attribute(&inner, "sentry.op"), "queue.publish");
    assert_eq!(attribute(&inner, "sentry.status.message"), "not_found");
    assert_eq!(inner["status"], "error");
    assert_eq!(inner["links"][0]["trace_id"], link.trace_id.to_string());
    assert_eq!(
        inner["links"][0]["attributes"]["sentry.link.type"],
        json!({"type": "string", "value": "previous_trace"})
    );
    assert_eq!(attribute(&root, "step"), 2);
    assert_eq!(attribute(&root, "sentry.segment.name.source"), "custom");
    assert_eq!(attribute(&inner, "sentry.segment.name"), "GET /cart");
}

#[test]
fn the_name_of_a_thread_is_filtered() {
    for (name, filtered) in [
        ("till password=hunter2", "till password=[Filtered]"),
        ("fetch http://me:pw@host/", "fetch http://[Filtered]:[Filtered]@host/"),
    ] {
        let seen = observe(streaming(), || {
            std::thread::Builder::new().name(name.into()).spawn(checkout).unwrap().join().unwrap();
        });
        for one in seen.streamed_spans() {
            assert_eq!(attribute(&one, "thread.name"), filtered);
        }
    }
}

#[test]
fn what_the_user_says_of_a_span_wins_over_what_we_say() {
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("root"), |_| {
            sentry::start_span(SpanOptions::new("own"), |span| {
                span.set_attribute("sentry.origin", "manual.mine");
                span.set_attribute("thread.name", "green");
            });
        });
    });
    let own = span(&seen, "own");
    assert_eq!(attribute(&own, "sentry.origin"), "manual.mine");
    assert_eq!(attribute(&own, "thread.name"), "green");
    assert_eq!(attribute(&own, "sentry.segment.name"), "root");
    // Parsers keep only one of two attributes of the same name, so the test counts the names in the text.
    let payload = seen.items().into_iter().find(|item| item.ty() == "span").unwrap();
    let text = String::from_utf8(payload.bytes).unwrap();
    assert_eq!(text.matches("\"thread.name\":").count(), 2);
    assert_eq!(text.matches("\"sentry.origin\":").count(), 2);
}

#[sentry::span(name = "waits")]
async fn waits() -> u32 {
    yield_once().await;
    sentry::get_active_span().unwrap().set_attribute("late", AttributeValue::from(1));
    2
}

#[sentry::span(name = "given up")]
async fn given_up() {
    yield_once().await;
}

#[test]
fn futures_are_streamed_too_and_one_that_is_dropped_is_no_error() {
    let seen = observe(streaming(), || {
        sentry::start_span(SpanOptions::new("root"), |_| {
            block_on(waits());
            poll_once(given_up());
        });
    });
    assert_eq!(attribute(&span(&seen, "waits"), "late"), 1);
    let given_up = span(&seen, "given up");
    assert_eq!(given_up["status"], "ok");
    assert_eq!(attribute(&given_up, "sentry.status.message"), "cancelled");
}

fn with_user() {
    sentry::with_isolation_scope(|| {
        sentry::set_user(Some(User {
            id: Some("u1".into()),
            email: Some("a@b.c".into()),
            username: Some("ann".into()),
            ip_address: Some("10.0.0.1".parse().unwrap()),
            ..User::default()
        }));
        sentry::set_tag("region", "eu");
        checkout();
    });
}

#[test]
fn the_user_is_on_every_span_and_tags_on_the_root() {
    let seen = observe(streaming(), with_user);
    assert_eq!(attribute(&span(&seen, "checkout"), "region"), "eu");
    assert_eq!(attribute(&span(&seen, "load cart"), "region"), &json!(null));
    for one in seen.streamed_spans() {
        assert_eq!(attribute(&one, "user.id"), "u1");
        assert_eq!(attribute(&one, "user.email"), "a@b.c");
        assert_eq!(attribute(&one, "user.name"), "ann");
        assert_eq!(attribute(&one, "user.ip_address"), "10.0.0.1");
    }
}

#[test]
fn secrets_are_filtered_and_long_texts_cut() {
    let seen = observe(streaming().max_value_length(100), || {
        sentry::start_span(SpanOptions::new("GET https://a:hunter2@shop.example/?token=hunter2"), |span| {
            span.set_attribute("db.password", "hunter2");
            span.set_attribute("long", "x".repeat(5000));
            span.set_tag("api_key", "hunter2");
        });
    });
    let payload = seen.items().into_iter().find(|item| item.ty() == "span").unwrap();
    assert!(!String::from_utf8(payload.bytes).unwrap().contains("hunter2"));
    let root = &seen.streamed_spans()[0];
    assert_eq!(attribute(root, "db.password"), "[Filtered]");
    assert_eq!(attribute(root, "api_key"), "[Filtered]");
    assert_eq!(attribute(root, "long").as_str().unwrap().len(), 100);
}

#[sentry::span(attributes("code.file.path" = "till.rs", "sentry.sample_rate" = 0.25))]
fn names_its_own_source() {}

#[test]
fn attributes_of_the_program_replace_those_of_the_toolkit_on_the_root_in_both_lifecycles() {
    let streamed = observe(streaming(), names_its_own_source);
    let span = span(&streamed, "spans::names_its_own_source");
    let value = |name| attribute(&span, name).clone();
    assert_eq!(
        (value("code.file.path"), value("sentry.sample_rate")),
        ("till.rs".into(), 0.25.into()),
        "{span}"
    );
    assert!(value("code.line.number").is_u64(), "{span}");

    let whole = observe(sentry_tests::support::options(), names_its_own_source);
    let data = &whole.transaction()["contexts"]["trace"]["data"];
    assert_eq!(
        (&data["code.file.path"], &data["sentry.sample_rate"]),
        (&"till.rs".into(), &0.25.into()),
        "{data}"
    );
    assert!(data["code.line.number"].is_u64(), "{data}");
}
