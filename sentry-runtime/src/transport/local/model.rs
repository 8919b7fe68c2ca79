//! Parsed spans, from the payloads of transactions and of batches of spans (version 2).

use serde_json::{Map, Value};

/// The parts of a span that are printed.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    /// For a streamed span: the root span of its segment, possibly the span itself.
    pub(super) segment: Option<String>,
    pub(super) op: String,
    pub(super) name: String,
    /// Seconds since 1970.
    pub(super) start: f64,
    /// Seconds since 1970.
    pub(super) end: f64,
    /// The failure, if there is one.
    pub(super) failure: Option<String>,
    /// Attributes as `key=value`, without those that are not informative for a person.
    pub(super) attributes: Vec<String>,
}

/// Returns the spans of a transaction with their trace, the root first.
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

/// Parses a span. `span` has ids, op, status and data, `times` start and end: they are separate in a transaction.
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

/// Returns the spans of a batch, each with its trace.
pub(super) fn read_spans(payload: &Value) -> Vec<(String, Span)> {
    let items = payload["items"].as_array().into_iter().flatten();
    items
        .filter_map(|span| {
            let trace_id = text(&span["trace_id"])?;
            let known = &span["attributes"];
            let mut said = attributes(known.as_object(), |attribute| &attribute["value"]);
            if span["is_segment"] == Value::Bool(true) {
                // On a root this is the local machine, on other spans the called one.
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

/// The prefixes of attributes that the toolkit adds automatically.
const UNSAID: [&str; 5] = ["sentry.", "thread.", "code.", "os.", "process."];

/// Returns the attributes that are informative for a person, without those that the toolkit adds to every span.
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

/// Returns a string that is not empty.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
