//! Spans as OTLP JSON, from the payloads of transactions and of batches of spans.
//!
//! As OTLP specifies, ids are hexadecimal, 64-bit numbers are strings, and kinds and status codes are numbers. Fields
//! without an OTLP field become attributes: `sentry.op`, `sentry.origin`, the tags.

use serde_json::{Map, Value, json};

use crate::protocol::envelope::SDK;
use crate::protocol::{Envelope, ItemType, map_of};

/// Returns the body of a request, or `None` if no item in the envelope can be parsed.
pub(super) fn request(envelope: &Envelope) -> Option<Vec<u8>> {
    let resource_spans: Vec<Value> = envelope
        .items()
        .iter()
        .filter_map(|item| {
            let payload: Value = serde_json::from_slice(item.payload()).ok()?;
            match item.ty() {
                ItemType::Transaction => Some(of_transaction(&payload)),
                ItemType::Span => Some(of_batch(&payload)),
                _ => None,
            }
        })
        .collect();
    if resource_spans.is_empty() {
        return None;
    }
    serde_json::to_vec(&json!({ "resourceSpans": resource_spans })).ok()
}

fn resource_spans(resource: &[(&str, &Value)], spans: Vec<Value>) -> Value {
    let given = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    let service = given.unwrap_or_else(|| service_of(resource));
    let mut attributes = Map::new();
    attributes.insert("service.name".to_owned(), service.into());
    attributes.insert("telemetry.sdk.name".to_owned(), SDK.name.into());
    attributes.insert("telemetry.sdk.version".to_owned(), SDK.version.into());
    attributes.insert("telemetry.sdk.language".to_owned(), "rust".into());
    for (key, value) in resource.iter().filter(|(_, value)| !value.is_null()) {
        attributes.insert((*key).to_owned(), (*value).clone());
    }
    json!({
        "resource": { "attributes": pairs(&attributes) },
        "scopeSpans": [{ "scope": { "name": SDK.name, "version": SDK.version }, "spans": spans }],
    })
}

/// Returns the program's name: the part before the `@` of its release.
fn service_of(resource: &[(&str, &Value)]) -> String {
    let release =
        resource.iter().find(|(key, _)| *key == "service.version").and_then(|(_, value)| value.as_str());
    let name = release.and_then(|release| release.split_once('@')).map(|(name, _)| name);
    name.filter(|name| !name.is_empty()).unwrap_or("unknown_service").to_owned()
}

fn of_transaction(payload: &Value) -> Value {
    let trace = &payload["contexts"]["trace"];
    let mut root = trace.clone();
    root["description"] = payload["transaction"].clone();
    root["start_timestamp"] = payload["start_timestamp"].clone();
    root["timestamp"] = payload["timestamp"].clone();
    root["tags"] = payload["tags"].clone();
    let children = payload["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    let spans =
        std::iter::once(&root).chain(children).map(|span| of_span(span, &trace["trace_id"])).collect();
    let resource = [
        ("service.version", &payload["release"]),
        ("deployment.environment.name", &payload["environment"]),
        ("host.name", &payload["server_name"]),
    ];
    resource_spans(&resource, spans)
}

/// Returns a span of a transaction, or its root.
fn of_span(span: &Value, trace_id: &Value) -> Value {
    let mut attributes = span["data"].as_object().cloned().unwrap_or_default();
    for (key, of) in [("sentry.op", "op"), ("sentry.origin", "origin")] {
        if let Some(value) = span[of].as_str().filter(|value| !value.is_empty()) {
            attributes.insert(key.to_owned(), value.into());
        }
    }
    for (key, value) in span["tags"].as_object().into_iter().flatten() {
        attributes.entry(key.clone()).or_insert_with(|| value.clone());
    }
    let status = span["status"].as_str().unwrap_or("ok");
    let name = span["description"].as_str().unwrap_or_default();
    let times = (&span["start_timestamp"], &span["timestamp"]);
    written(span, trace_id, name, times, &attributes, matches!(status, "ok" | "cancelled"), status)
}

fn of_batch(payload: &Value) -> Value {
    let items = payload["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = items.first().map(|span| plain(&span["attributes"])).unwrap_or_default();
    let spans = items
        .iter()
        .map(|span| {
            let attributes = plain(&span["attributes"]);
            let name = span["name"].as_str().unwrap_or_default();
            let status = span["status"].as_str().unwrap_or("ok");
            let times = (&span["start_timestamp"], &span["end_timestamp"]);
            written(span, &span["trace_id"], name, times, &attributes, status == "ok", status)
        })
        .collect();
    let get = |key: &str| first.get(key).unwrap_or(&Value::Null);
    let resource = [
        ("service.version", get("sentry.release")),
        ("deployment.environment.name", get("sentry.environment")),
    ];
    resource_spans(&resource, spans)
}

/// Returns attributes without their types.
fn plain(attributes: &Value) -> Map<String, Value> {
    let typed = attributes.as_object().into_iter().flatten();
    map_of(typed.map(|(key, typed)| (key.clone(), typed.get("value").unwrap_or(typed).clone())))
}

fn written(
    span: &Value,
    trace_id: &Value,
    name: &str,
    (start, end): (&Value, &Value),
    attributes: &Map<String, Value>,
    is_ok: bool,
    status: &str,
) -> Value {
    let mut out = json!({
        "traceId": trace_id,
        "spanId": span["span_id"],
        "name": if name.is_empty() { "<unlabeled span>" } else { name },
        "kind": kind(attributes),
        "startTimeUnixNano": nanos(start),
        "endTimeUnixNano": nanos(end),
        "attributes": pairs(attributes),
        "status": if is_ok { json!({ "code": 1 }) } else { json!({ "code": 2, "message": status }) },
        // The flag "sampled" of W3C Trace Context.
        "flags": 1,
    });
    if span["parent_span_id"].is_string() {
        out["parentSpanId"] = span["parent_span_id"].clone();
    }
    if let Some(links) = span["links"].as_array().filter(|links| !links.is_empty()) {
        let link = |link: &Value| {
            let attributes = plain(&link["attributes"]);
            json!({ "traceId": link["trace_id"], "spanId": link["span_id"], "attributes": pairs(&attributes) })
        };
        out["links"] = links.iter().map(link).collect();
    }
    out
}

/// Returns OTLP's number for internal, server, client, producer, consumer.
fn kind(attributes: &Map<String, Value>) -> u8 {
    let get = |key: &str| attributes.get(key).and_then(Value::as_str).unwrap_or_default();
    match (get("sentry.kind"), get("sentry.op")) {
        ("internal", _) => 1,
        ("server", _) => 2,
        ("client", _) => 3,
        ("producer", _) => 4,
        ("consumer", _) => 5,
        (_, "http.server" | "rpc.server" | "grpc.server") => 2,
        (_, "http.client" | "rpc.client" | "grpc.client") => 3,
        (_, op) if op == "db" || op.starts_with("db.") => 3,
        (_, "queue.publish") => 4,
        (_, "queue.process") => 5,
        _ => 1,
    }
}

/// Converts seconds to nanoseconds. The payloads have microsecond precision.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times lie after 1970 and before 2250"
)]
fn nanos(seconds: &Value) -> String {
    let micros = (seconds.as_f64().unwrap_or_default().max(0.0) * 1e6).round() as u64;
    micros.saturating_mul(1000).to_string()
}

fn pairs(attributes: &Map<String, Value>) -> Value {
    let pairs = attributes.iter().filter(|(_, value)| !value.is_null());
    pairs.map(|(key, value)| json!({ "key": key, "value": any(value) })).collect()
}

fn any(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!({ "boolValue": value }),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => json!({ "intValue": whole.to_string() }),
            None => json!({ "doubleValue": number }),
        },
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(values) => {
            json!({ "arrayValue": { "values": values.iter().map(any).collect::<Vec<_>>() } })
        }
        Value::Object(object) => json!({ "kvlistValue": { "values": pairs(object) } }),
        Value::Null => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::EnvelopeItem;

    fn span_of(transaction: &Value) -> Value {
        let mut envelope = Envelope::new();
        envelope.add_item(EnvelopeItem::transaction(transaction.to_string(), 0));
        let request: Value = serde_json::from_slice(&request(&envelope).unwrap()).unwrap();
        request["resourceSpans"][0]["scopeSpans"][0]["spans"][0].clone()
    }

    #[test]
    fn values_have_their_types_and_times_are_nanoseconds() {
        let span = span_of(&json!({
            "transaction": "GET /", "start_timestamp": 1_700_000_000.000_001, "timestamp": 1_700_000_001.5,
            "contexts": {"trace": {
                "trace_id": "771a43a4192642f0b136d5159a501700", "span_id": "1234567890abcdef", "op": "http.server",
                "status": "not_found", "data": {"a": 1, "b": 1.5, "c": [true], "d": null},
            }},
        }));
        assert_eq!(span["startTimeUnixNano"], "1700000000000001000");
        assert_eq!(span["endTimeUnixNano"], "1700000001500000000");
        assert_eq!(span["kind"], 2);
        assert_eq!(span["status"], json!({"code": 2, "message": "not_found"}));
        assert!(span.get("parentSpanId").is_none());
        assert_eq!(
            span["attributes"],
            json!([
                {"key": "a", "value": {"intValue": "1"}},
                {"key": "b", "value": {"doubleValue": 1.5}},
                {"key": "c", "value": {"arrayValue": {"values": [{"boolValue": true}]}}},
                {"key": "sentry.op", "value": {"stringValue": "http.server"}},
            ])
        );
    }

    #[test]
    fn an_envelope_without_spans_makes_no_request() {
        assert!(request(&Envelope::new()).is_none());
    }
}
