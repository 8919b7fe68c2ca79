//! Tests that streamed spans carry the data of a transaction: one test for each row of the table in the guide
//! `streaming`.

use sentry::protocol::{Context, Event, Map, Request, ResponseContext, SpanStatus, TransactionInfo};
use sentry::{Scope, SpanFilter, SpanOptions, User};
use sentry_tests::support::{Seen, observe};
use serde_json::{Value, json};

use super::{attribute, span, streaming};

#[sentry::span(name = "child", op = "db.query")]
fn child() {}

/// Runs a root with a child, in scopes of its own.
fn traced(fill: impl FnOnce(&mut Scope)) {
    sentry::with_isolation_scope(|| {
        sentry::get_isolation_scope().configure(fill);
        sentry::start_span(SpanOptions::new("root").op("http.server"), |_| child());
    });
}

/// Returns the root and the child of the only trace.
fn both<R>(seen: &Seen<R>) -> (Value, Value) {
    (span(seen, "root"), span(seen, "child"))
}

#[test]
fn attributes_of_the_scopes_stand_on_every_span_and_those_of_a_span_win() {
    let seen = observe(streaming(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_attribute("tenant", "lamps");
            sentry::set_attribute("plan", 3);
            sentry::set_attribute("empty", "");
            sentry::start_span(SpanOptions::new("root").attribute("plan", 4), |_| {
                child();
                sentry::start_span(SpanOptions::new("other").attribute("tenant", "chairs"), |_| ());
            });
        });
    });
    let (root, child) = both(&seen);
    assert_eq!((attribute(&root, "tenant"), attribute(&root, "plan")), (&json!("lamps"), &json!(4)));
    assert_eq!((attribute(&child, "tenant"), attribute(&child, "plan")), (&json!("lamps"), &json!(3)));
    let other = span(&seen, "other");
    assert_eq!((attribute(&other, "tenant"), attribute(&other, "plan")), (&json!("chairs"), &json!(3)));
    assert_eq!(root["attributes"].get("empty"), None, "empty attributes are left out");
    // Parsers keep only one of two attributes of the same name, so the test counts the name in the text.
    let payload = seen.items().into_iter().find(|item| item.ty() == "span").unwrap();
    assert_eq!(String::from_utf8(payload.bytes).unwrap().matches("\"tenant\":").count(), 3);
}

#[test]
fn platform_and_machine() {
    let seen = observe(streaming(), || traced(|_| ()));
    let (root, child) = both(&seen);
    for one in [&root, &child] {
        assert_eq!(attribute(one, "sentry.platform"), "native");
        assert_eq!(attribute(one, "sentry.trace_lifecycle"), "stream");
        assert!(attribute(one, "os.name").is_string(), "{one}");
    }
    assert!(attribute(&root, "device.processor_count").is_u64(), "{root}");
    assert_eq!(attribute(&root, "device.archs"), &json!([std::env::consts::ARCH]));
    assert!(attribute(&root, "app.start_time").is_string());
    assert_eq!(attribute(&root, "process.runtime.name"), "rustc");
    let integrations = attribute(&root, "sentry.sdk.integrations").as_array().unwrap();
    assert!(integrations.contains(&json!("contexts")), "{integrations:?}");
    for name in ["device.processor_count", "sentry.sdk.integrations", "sentry.segment.name.source"] {
        assert_eq!(attribute(&child, name), &Value::Null, "{name} belongs to the segment alone");
    }
}

#[test]
fn the_request() {
    let request = Request {
        url: Some("http://shop.example/cart".into()),
        method: Some("POST".into()),
        query_string: Some("colour=red&token=hunter2".into()),
        data: Some(r#"{"password":"hunter2","n":1}"#.into()),
        cookies: Some("theme=dark; session=hunter2".into()),
        headers: [
            ("Accept".to_owned(), "text/html".to_owned()),
            ("Authorization".to_owned(), "Bearer hunter2".to_owned()),
            ("Cookie".to_owned(), "hunter2".to_owned()),
        ]
        .into(),
        ..Request::default()
    };
    let seen = observe(streaming(), || traced(|scope| scope.set_request(Some(request))));
    let (root, child) = both(&seen);
    for (name, value) in [
        ("url.full", json!("http://shop.example/cart")),
        ("http.request.method", json!("POST")),
        ("url.query", json!("colour=red&token=[Filtered]")),
        ("http.request.header.accept", json!(["text/html"])),
        ("http.request.header.authorization", json!(["[Filtered]"])),
        ("http.request.header.cookie", json!(["theme=dark", "session=[Filtered]"])),
    ] {
        assert_eq!(attribute(&root, name), &value, "{name}");
        assert_eq!(attribute(&child, name), &Value::Null, "{name}");
    }
    let body = attribute(&root, "http.request.body.data").as_str().unwrap();
    assert!(body.contains("[Filtered]") && !body.contains("hunter2"), "{body}");
}

#[test]
fn contexts_that_the_conventions_have_names_for() {
    let response =
        ResponseContext { status_code: Some(201), body_size: Some(12), ..ResponseContext::default() };
    let of = |key: &str, value: &str| Context::Other(Map::from([(key.to_owned(), json!(value))]));
    let seen = observe(streaming(), || {
        traced(|scope| {
            scope.set_context("response", Context::from(response));
            scope.set_context("cloud_resource", of("cloud.provider", "gcp"));
            scope.set_context("culture", of("timezone", "Europe/Vienna"));
            scope.set_context("order", of("id", "7"));
        });
    });
    let (root, child) = both(&seen);
    for (name, value) in [
        ("http.response.status_code", json!(201)),
        ("http.response.body.size", json!(12)),
        ("cloud.provider", json!("gcp")),
        ("culture.timezone", json!("Europe/Vienna")),
    ] {
        assert_eq!(attribute(&root, name), &value, "{name}");
        assert_eq!(attribute(&child, name), &Value::Null, "{name}");
    }
}

#[test]
fn whether_the_request_was_to_this_machine_itself() {
    let to = |url: &str| {
        let request = Request { url: Some(url.to_owned()), ..Request::default() };
        let seen = observe(streaming(), || traced(|scope| scope.set_request(Some(request))));
        seen.streamed_spans()
            .iter()
            .map(|span| attribute(span, "sentry.is_localhost").clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(to("http://localhost:3000/"), [json!(true), json!(true)]);
    assert_eq!(to("http://shop.example/"), [json!(false), json!(false)]);
    let seen = observe(streaming(), || traced(|_| ()));
    assert_eq!(attribute(&span(&seen, "root"), "sentry.is_localhost"), &Value::Null, "nobody knows");
}

#[test]
fn event_processors_change_the_root_by_its_transaction() {
    let seen = observe(streaming().send_default_pii(true), || {
        traced(|scope| {
            scope.set_user(Some(User { id: Some("7".into()), ..User::default() }));
            scope.set_tag("region", "eu");
            scope.set_attribute("tenant", "lamps");
            scope.add_event_processor(|mut event: Event<'static>| {
                assert_eq!(event.ty.as_deref(), Some("transaction"));
                assert_eq!(event.tags.remove("region").as_deref(), Some("eu"));
                event.tags.insert("seen".into(), "yes".into());
                event.transaction = Some("GET /cart".into());
                event.transaction_info =
                    Some(TransactionInfo { source: sentry::protocol::TransactionSource::Route });
                event.user = None;
                event.release = Some("shop@2".into());
                let Some(Context::Trace(trace)) = event.contexts.get_mut("trace") else { panic!("no root") };
                assert_eq!(trace.data.remove("tenant"), Some(json!("lamps")));
                trace.data.insert("added".into(), json!(1));
                trace.status = Some(SpanStatus::Aborted);
                Some(event)
            });
        });
    });
    let root = span(&seen, "GET /cart");
    for (name, value) in [
        ("seen", json!("yes")),
        ("added", json!(1)),
        ("region", Value::Null),
        ("tenant", Value::Null),
        ("user.id", Value::Null),
        ("sentry.release", json!("shop@2")),
        ("sentry.segment.name", json!("GET /cart")),
        ("sentry.segment.name.source", json!("route")),
        ("sentry.status.message", json!("aborted")),
        ("sentry.op", json!("http.server")),
    ] {
        assert_eq!(attribute(&root, name), &value, "{name}");
    }
    assert_eq!(seen.stats.lost(), 0);
}

#[test]
fn a_root_that_an_event_processor_drops_is_sent_bare() {
    let seen = observe(streaming(), || {
        traced(|scope| {
            scope.set_tag("region", "eu");
            scope.set_attribute("tenant", "lamps");
            scope.add_event_processor(|_| None);
        });
    });
    let (root, child) = both(&seen);
    assert_eq!(child["parent_span_id"], root["span_id"], "no span loses its parent");
    assert_eq!((attribute(&root, "region"), attribute(&root, "tenant")), (&Value::Null, &Value::Null));
    assert_eq!(attribute(&root, "sentry.op"), "http.server");
    assert_eq!(attribute(&root, "sentry.segment.name.source"), "custom");
}

#[test]
fn measurements_are_numeric_attributes_and_a_session_goes_on() {
    let options = streaming().auto_session_tracking(true);
    let seen = observe(options, || {
        sentry::start_session();
        sentry::start_span(SpanOptions::new("root"), |root| root.set_attribute("cart.value", 12.5));
        sentry::end_session();
    });
    assert_eq!(span(&seen, "root")["attributes"]["cart.value"], json!({"type": "double", "value": 12.5}));
    assert!(!seen.payloads("session").is_empty());
}

#[test]
fn the_sampler_decides_by_name_and_attributes_and_the_rate_stands_on_the_root() {
    let options = streaming().traces_sampler(|context| {
        let kept = context.name() == "root" && context.attribute("shop").is_some();
        if kept { 1.0 } else { 0.0 }
    });
    let seen = observe(options, || {
        sentry::start_span(SpanOptions::new("root").attribute("shop", 1), |_| child());
        sentry::start_span(SpanOptions::new("root"), |_| child());
    });
    let (root, _) = both(&seen);
    assert_eq!(attribute(&root, "sentry.sample_rate"), 1.0);
    // The unsampled root and its child are reported.
    assert_eq!(seen.reported("sample_rate", "span"), 2);
}

#[test]
fn the_replay_of_the_incoming_request() {
    const REPLAY: &str = "36b75d9fa11f45459412a96c41bdf691";
    let headers = [
        ("sentry-trace", "12345678901234567890123456789012-1234567890123456-1".to_owned()),
        (
            "baggage",
            format!(
                "sentry-trace_id=12345678901234567890123456789012,sentry-public_key=a,sentry-replay_id={REPLAY}"
            ),
        ),
    ];
    let work = || {
        sentry::continue_trace(&headers, || {
            sentry::start_span("root", |_| {
                child();
                sentry::capture_message("lost", sentry::Level::Error);
                sentry::logger_warn!("cold");
                sentry::metrics::count("lamps", 1).capture();
            });
        });
    };
    let seen = observe(streaming(), work);
    for one in seen.streamed_spans() {
        assert_eq!(attribute(&one, "sentry.replay_id"), REPLAY);
    }
    assert_eq!(seen.event()["contexts"]["replay"]["replay_id"], REPLAY);
    assert_eq!(attribute(&seen.logs()[0], "sentry.replay_id"), REPLAY);
    assert_eq!(attribute(&seen.metrics()[0], "sentry.replay_id"), REPLAY);

    let seen = observe(streaming(), || {
        traced(|_| ());
        sentry::capture_message("lost", sentry::Level::Error);
    });
    assert_eq!(attribute(&span(&seen, "root"), "sentry.replay_id"), &Value::Null);
    assert_eq!(seen.event()["contexts"].get("replay"), None);
}

#[test]
fn filters_of_attributes_that_are_known_at_the_start() {
    let filter = SpanFilter::new().attribute("cache.hit", true);
    let seen = observe(streaming().ignore_spans([filter]), || {
        sentry::start_span("root", |_| {
            sentry::start_span(SpanOptions::new("hit").attribute("cache.hit", true), |_| child());
        });
    });
    let (root, child) = both(&seen);
    assert_eq!(child["parent_span_id"], root["span_id"]);
    assert_eq!(seen.reported("ignored", "span"), 1);
}
