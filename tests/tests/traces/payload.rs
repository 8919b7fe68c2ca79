//! Tests of a transaction as it is sent.

use std::time::{SystemTime, UNIX_EPOCH};

use sentry_tests::support::{observe, only, options};
use serde_json::json;

#[sentry::span(name = "inner", op = "db.query")]
fn inner() {}

#[sentry::span(name = "outer", op = "http.server")]
fn outer() {
    inner();
    inner();
}

#[test]
fn the_envelope_carries_the_whole_sampling_context() {
    let seen = observe(options(), outer);
    let envelope = only(seen.envelopes());
    let transaction = seen.transaction();
    assert_eq!(envelope.header["event_id"], transaction["event_id"]);
    assert!(envelope.header["sdk"]["name"].is_string(), "{}", envelope.header);
    assert!(envelope.header["sent_at"].is_string(), "{}", envelope.header);
    let mut trace = envelope.header["trace"].as_object().unwrap().clone();
    let rand: f64 = trace.remove("sample_rand").unwrap().as_str().unwrap().parse().unwrap();
    assert!((0.0..1.0).contains(&rand), "{rand}");
    assert_eq!(
        json!(trace),
        json!({
            "trace_id": transaction["contexts"]["trace"]["trace_id"],
            "public_key": seen.key(),
            "release": "shop@1.4.2",
            "environment": "testing",
            "transaction": "outer",
            "sample_rate": "1",
            "sampled": "true",
        })
    );
    assert_eq!(only(envelope.items).header["type"], "transaction");
}

#[test]
fn the_payload_has_every_field_that_it_should() {
    let before = seconds(SystemTime::now());
    let seen = observe(options(), outer);
    let after = seconds(SystemTime::now());
    let transaction = seen.transaction();
    for (field, expected) in [
        ("type", "transaction"),
        ("transaction", "outer"),
        ("release", "shop@1.4.2"),
        ("environment", "testing"),
        ("server_name", "box-7"),
        ("platform", "native"),
    ] {
        assert_eq!(transaction[field], expected, "{field}");
    }
    assert_eq!(transaction["transaction_info"], json!({"source": "component"}));
    assert!(transaction["sdk"]["version"].is_string());
    let trace = &transaction["contexts"]["trace"];
    assert_eq!((&trace["op"], &trace["status"]), (&json!("http.server"), &json!("ok")));
    assert_eq!(trace["origin"], "auto.function");
    assert_eq!(trace.get("parent_span_id"), None);
    let spans = transaction["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2);
    for span in spans {
        assert_eq!((&span["op"], &span["description"]), (&json!("db.query"), &json!("inner")));
        assert_eq!((&span["trace_id"], &span["parent_span_id"]), (&trace["trace_id"], &trace["span_id"]));
        assert_eq!(span["status"], "ok");
    }
    let times: Vec<_> = seen.spans().iter().flat_map(|span| [span.start, span.end]).collect();
    let [outer, outer_end, first, first_end, second, second_end] = times[..] else { panic!("{times:?}") };
    // The clocks of spans and of the system may differ a little; a millisecond is more than enough.
    let order = [before - 1e-3, outer, first, first_end, second, second_end, outer_end, after + 1e-3];
    assert!(order.is_sorted(), "{order:?}");
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn a_transaction_carries_what_the_scopes_say() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("shop", "vienna");
            sentry::start_span("request", |_| {
                // Data that is set while the span is open also belongs to the transaction.
                sentry::set_user(Some(sentry::User { id: Some("7".into()), ..Default::default() }));
                sentry::set_extra("cart", json!({"items": 3}));
                let order =
                    [("number".to_owned(), json!(12))].into_iter().collect::<sentry::protocol::Map<_, _>>();
                sentry::set_context("order", order);
            });
        });
        sentry::start_span("another", |_| ());
    });
    let transactions = seen.transactions();
    let request = transactions.iter().find(|sent| sent["transaction"] == "request").unwrap();
    assert_eq!(request["tags"], json!({"shop": "vienna"}));
    assert_eq!(request["user"]["id"], "7");
    assert_eq!(request["extra"], json!({"cart": {"items": 3}}));
    assert_eq!(request["contexts"]["order"]["number"], 12);
    for context in ["os", "runtime", "device"] {
        assert!(request["contexts"][context].is_object(), "{context}");
    }
    let another = transactions.iter().find(|sent| sent["transaction"] == "another").unwrap();
    assert_eq!((another.get("tags"), another.get("user")), (None, None));
}

#[test]
fn a_transaction_can_be_renamed_while_it_runs() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::start_span("first name", |_| sentry::set_transaction_name("GET /orders/:id"));
        });
        sentry::start_span("second name", |span| span.update_name("checkout"));
    });
    let named: Vec<_> = seen
        .transactions()
        .iter()
        .map(|sent| (sent["transaction"].clone(), sent["transaction_info"]["source"].clone()))
        .collect();
    assert_eq!(named, [(json!("GET /orders/:id"), json!("custom")), (json!("checkout"), json!("custom"))]);
    let of_context: Vec<_> =
        seen.envelopes().iter().map(|envelope| envelope.header["trace"]["transaction"].clone()).collect();
    assert_eq!(of_context, ["GET /orders/:id", "checkout"]);
}
