//! Tests with items of the official SDKs, reduced to the fields that the dashboard reads.

use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, envelope};

#[test]
fn a_transaction_of_node() {
    let mut lab = Lab::new();
    let header = json!({ "event_id": "f17392a80b75423398d20501c8555477", "sent_at": "2026-11-21T05:34:11.683Z",
        "sdk": { "name": "sentry.javascript.node", "version": "11.11.0" },
        "trace": { "environment": "lab", "release": "lab@1.2.3+4", "trace_id": TRACE, "sampled": "true" } });
    let payload = json!({
        "contexts": { "trace": { "span_id": "983770e1f71d129d", "trace_id": TRACE, "data": { "sentry.origin": "manual",
            "sentry.op": "http.server", "http.response.status_code": 500 }, "op": "http.server", "status": "internal_error",
            "origin": "manual" }, "runtime": { "name": "node", "version": "v20.20.2" } },
        "spans": [{ "data": { "sentry.origin": "manual", "sentry.op": "db", "l": ["a", "b"] }, "description": "SELECT 1",
            "op": "db", "parent_span_id": "983770e1f71d129d", "span_id": "ab6e498e936756f7", "status": "ok",
            "start_timestamp": NOW, "timestamp": NOW + 0.001, "trace_id": TRACE, "origin": "manual" }],
        "start_timestamp": NOW, "timestamp": NOW + 0.1, "transaction": "GET /users/:id", "type": "transaction",
        "measurements": { "mem": { "value": 12.5, "unit": "megabyte" } }, "platform": "node", "server_name": "lab-host",
        "event_id": "f17392a80b75423398d20501c8555477", "environment": "lab", "release": "lab@1.2.3+4",
        "tags": { "tag.one": "1" }, "user": { "id": "u1" }, "breadcrumbs": [{ "message": "plain" }],
    });
    let ingested = lab.send_bytes(&envelope(
        &header,
        &[(json!({ "type": "transaction" }), payload.to_string().into_bytes())],
    ));
    assert!(ingested.changed.contains(&"traces") && !ingested.changed.contains(&"logs"));
    let trace = lab.get(&format!("/api/traces/{TRACE}"));
    let root = &trace["spans"][0];
    for (key, value) in [
        ("http.response.status_code", json!(500)),
        ("tag.one", json!("1")),
        ("user.id", json!("u1")),
        ("measurement.mem", json!(12.5)),
        ("server.address", json!("lab-host")),
    ] {
        assert_eq!(root["attributes"][key], value, "{key}");
    }
    assert_eq!((&root["origin"], &root["segment"]), (&json!("manual"), &json!(true)));
    let query = &trace["spans"][1];
    assert_eq!((&query["name"], &query["function"]), (&json!("SELECT 1"), &json!("SELECT ?")));
    assert_eq!(query["attributes"]["l"], json!(["a", "b"]));
    let service = lab.get("/api/overview")["services"][0].clone();
    assert_eq!(service["sdk"], "sentry.javascript.node 11.11.0");
    assert_eq!((&service["name"], &service["environment"]), (&json!("lab"), &json!("lab")));
}

#[test]
fn streamed_spans_of_python_and_of_a_browser() {
    let mut lab = Lab::new();
    let text = |value: &str| json!({ "value": value, "type": "string" });
    let span = |id: &str, parent: Option<&str>, name: &str, status: &str| {
        json!({ "trace_id": TRACE, "span_id": id, "name": name, "status": status, "is_segment": parent.is_none(),
            "parent_span_id": parent, "start_timestamp": NOW, "end_timestamp": NOW + 0.1, "attributes": {
            "sentry.op": text("db"), "sentry.status.message": text("internal_error"), "sentry.origin": text("manual"),
            "sentry.trace_lifecycle": text("stream"), "sentry.segment.id": text("a2840f53a5fc5881"),
            "n": { "value": 1, "type": "integer" }, "f": { "value": 1.5, "type": "double" },
            "b": { "value": true, "type": "boolean" }, "l": { "value": ["a"], "type": "array" },
            "sentry.sdk.name": text("sentry.python"), "sentry.sdk.version": text("2.75.0"), "server.address": text("lab-host"),
            "sentry.environment": text("lab") } })
    };
    let items = json!({ "version": 2, "items": [
        span("bc55838d6ceb64bb", Some("a2840f53a5fc5881"), "SELECT 1", "error"),
        span("a2840f53a5fc5881", None, "GET /users/{id}", "ok") ] });
    let item = json!({ "type": "span", "item_count": 2, "content_type": "application/vnd.sentry.items.span.v2+json" });
    lab.send_bytes(&envelope(
        &json!({ "sdk": { "name": "sentry.python" } }),
        &[(item, items.to_string().into_bytes())],
    ));
    let trace = lab.get(&format!("/api/traces/{TRACE}"));
    assert_eq!(trace["trace"]["services"], json!(["lab-host"]), "without a release the server's name");
    assert_eq!(trace["trace"]["complete"], true);
    let child = &trace["spans"][1];
    assert_eq!(child["status"], "internal_error");
    for (key, value) in [("n", json!(1)), ("f", json!(1.5)), ("b", json!(true)), ("l", json!(["a"]))] {
        assert_eq!(child["attributes"][key], value, "{key}");
    }
    assert_eq!(child["attributes"].get("sentry.trace_lifecycle"), None);
}

#[test]
fn tags_as_pairs_and_exceptions_without_values() {
    let mut lab = Lab::new();
    lab.send(
        "event",
        &json!({ "event_id": "1", "tags": [["a", "1"], ["service.name", "old"], 7],
        "exception": [{ "type": "E", "value": "v" }] }),
    );
    let event = lab.get(&format!("/api/events/{:0>32}", "1"));
    assert_eq!((&event["tags"]["a"], &event["service"]), (&json!("1"), &json!("old")));
    assert_eq!(event["exceptions"][0]["type"], "E");
}

#[test]
fn a_service_is_named_by_what_there_is() {
    let name = |payload: &Value, header: &Value| {
        let mut lab = Lab::new();
        lab.send_bytes(&envelope(header, &[(json!({ "type": "event" }), payload.to_string().into_bytes())]));
        lab.get("/api/overview")["services"][0]["name"].as_str().unwrap().to_owned()
    };
    let sdk = json!({ "sdk": { "name": "sentry.python", "version": "2" } });
    let all = json!({ "tags": { "service.name": "tagged" }, "release": "shop@1", "server_name": "host" });
    assert_eq!(name(&all, &sdk), "tagged");
    assert_eq!(name(&json!({ "release": "shop@1", "server_name": "host" }), &sdk), "shop");
    assert_eq!(name(&json!({ "release": "1.0", "server_name": "host" }), &sdk), "host");
    assert_eq!(name(&json!({ "release": "1.0" }), &sdk), "sentry.python 1");
    assert_eq!(name(&json!({}), &json!({})), "project 1");
    assert_eq!(name(&json!({}), &json!({ "trace": { "release": "web@2" } })), "web");
}

#[test]
fn a_session_of_a_browser_comes_out_of_order() {
    let mut lab = Lab::new();
    for (status, errors) in [("ok", 0), ("exited", 1), ("ok", 1)] {
        lab.send("session", &json!({ "sid": "42c5dedde22247fca6c05ba5da63618f", "init": errors == 0, "status": status,
            "started": "2026-11-21T05:34:32.517Z", "errors": errors, "attrs": { "release": "lab@1", "ip_address": "{{auto}}" } }));
    }
    let release = lab.get("/api/sessions")["releases"][0].clone();
    assert_eq!((&release["sessions"], &release["errored"]), (&json!(1), &json!(1)));
}
