//! Reads spans from payloads: from transactions and from batches of spans, version 2.

use serde_json::{Map, Value};

/// A span, as far as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    /// Of a span that came by itself: the root span of its segment, perhaps this one.
    pub(super) segment: Option<String>,
    pub(super) op: String,
    pub(super) name: String,
    /// Seconds since 1970.
    pub(super) start: f64,
    /// Seconds since 1970.
    pub(super) end: f64,
    /// What went wrong, if anything did.
    pub(super) failure: Option<String>,
    /// `key=value`, those that say something to a person.
    pub(super) attributes: Vec<String>,
}

/// The spans of a transaction with their trace: its own first.
pub(super) fn read_transaction(payload: &Value) -> Vec<(String, Span)> {
    let context = &payload["contexts"]["trace"];
    let Some(trace_id) = text(&context["trace_id"]) else {
        return Vec::new();
    };
    let name = text(&payload["transaction"]).unwrap_or_else(|| "(unnamed)".to_owned());
    let own = read_span(context, name, payload);
    let children = payload["spans"].as_array().into_iter().flatten().map(|span| {
        let name = text(&span["description"]).or_else(|| text(&span["op"])).unwrap_or_default();
        let trace_id = text(&span["trace_id"]).unwrap_or_else(|| trace_id.clone());
        (trace_id, read_span(span, name, span))
    });
    std::iter::once((trace_id.clone(), own)).chain(children).collect()
}

/// `span` has ids, op, status and data, `times` start and end: the two are apart in a transaction.
fn read_span(span: &Value, name: String, times: &Value) -> Span {
    let status = text(&span["status"]);
    Span {
        id: text(&span["span_id"]).unwrap_or_default(),
        parent: text(&span["parent_span_id"]),
        segment: None,
        op: text(&span["op"]).filter(|op| op != "default").unwrap_or_default(),
        name,
        start: times["start_timestamp"].as_f64().unwrap_or_default(),
        end: times["timestamp"].as_f64().unwrap_or_default(),
        failure: status.filter(|status| status != "ok" && status != "unset"),
        attributes: attributes(span["data"].as_object(), |value| value),
    }
}

/// The spans of a batch, each with its trace.
pub(super) fn read_spans(payload: &Value) -> Vec<(String, Span)> {
    let items = payload["items"].as_array().into_iter().flatten();
    items
        .filter_map(|span| {
            let trace_id = text(&span["trace_id"])?;
            let known = &span["attributes"];
            let mut said = attributes(known.as_object(), |attribute| &attribute["value"]);
            if span["is_segment"] == Value::Bool(true) {
                // Of a root it is this machine, of others the one that was called.
                said.retain(|attribute| !attribute.starts_with("server.address="));
            }
            let span = Span {
                id: text(&span["span_id"]).unwrap_or_default(),
                parent: text(&span["parent_span_id"]),
                segment: text(&known["sentry.segment.id"]["value"]),
                op: text(&known["sentry.op"]["value"]).unwrap_or_default(),
                name: text(&span["name"]).unwrap_or_default(),
                start: span["start_timestamp"].as_f64().unwrap_or_default(),
                end: span["end_timestamp"].as_f64().unwrap_or_default(),
                failure: text(&span["status"]).filter(|status| status != "ok"),
                attributes: said,
            };
            Some((trace_id, span))
        })
        .collect()
}

/// How the names of attributes begin that the toolkit adds by itself.
const UNSAID: [&str; 5] = ["sentry.", "thread.", "code.", "os.", "process."];

/// Attributes that say something to a person: not those that the toolkit adds to every span.
pub(super) fn attributes(data: Option<&Map<String, Value>>, value: impl Fn(&Value) -> &Value) -> Vec<String> {
    data.into_iter()
        .flatten()
        .filter(|(key, _)| !UNSAID.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, raw)| match value(raw) {
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        })
        .collect()
}

/// A string that is not empty.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
