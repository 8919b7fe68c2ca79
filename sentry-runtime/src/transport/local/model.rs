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
    /// The status of the HTTP response.
    pub(super) http_status: Option<u64>,
    /// The path of the HTTP request, if the name does not contain it: `/lamps/lantern` of `GET /lamps/{sku}`.
    pub(super) path: Option<String>,
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
    let http = Http::read(span["data"].as_object(), &name, |value| value);
    Span {
        id: text(&span["span_id"]).unwrap_or_default(),
        parent: text(&span["parent_span_id"]),
        segment: None,
        op: text(&span["op"]).filter(|op| op != "default").unwrap_or_default(),
        name,
        start: times["start_timestamp"].as_f64().unwrap_or_default(),
        end: times["timestamp"].as_f64().unwrap_or_default(),
        failure: status.filter(|status| status != "ok" && status != "unset"),
        http_status: http.status,
        path: http.path,
        attributes: http.attributes,
    }
}

/// Returns the spans of a batch, each with its trace.
pub(super) fn read_spans(payload: &Value) -> Vec<(String, Span)> {
    let items = payload["items"].as_array().into_iter().flatten();
    items
        .filter_map(|span| {
            let trace_id = text(&span["trace_id"])?;
            let known = &span["attributes"];
            let name = text(&span["name"]).unwrap_or_default();
            let mut http = Http::read(known.as_object(), &name, |attribute| &attribute["value"]);
            if span["is_segment"] == Value::Bool(true) {
                // On a root this is the local machine, on other spans the called one.
                http.attributes.retain(|attribute| !attribute.starts_with("server.address="));
            }
            let span = Span {
                id: text(&span["span_id"]).unwrap_or_default(),
                parent: text(&span["parent_span_id"]),
                segment: text(&known["sentry.segment.id"]["value"]),
                op: text(&known["sentry.op"]["value"]).unwrap_or_default(),
                name,
                start: span["start_timestamp"].as_f64().unwrap_or_default(),
                end: span["end_timestamp"].as_f64().unwrap_or_default(),
                failure: text(&span["status"]).filter(|status| status != "ok"),
                http_status: http.status,
                path: http.path,
                attributes: http.attributes,
            };
            Some((trace_id, span))
        })
        .collect()
}

/// The parts of a span's data that are shown apart from other attributes.
struct Http {
    status: Option<u64>,
    path: Option<String>,
    /// The other attributes.
    attributes: Vec<String>,
}

impl Http {
    fn read(data: Option<&Map<String, Value>>, name: &str, value: impl Fn(&Value) -> &Value) -> Self {
        let of = |key: &str| data.and_then(|data| data.get(key)).map(&value);
        let method = of("http.request.method").and_then(text);
        let path = of("url.path").and_then(text).or_else(|| Some(path_of(&of("url.full").and_then(text)?)));
        let status = of("http.response.status_code").and_then(Value::as_u64);
        let path = path.filter(|path| !name.contains(path.as_str()));
        let mut attributes = attributes(data, &value);
        if method.is_some() || status.is_some() {
            let is_shown = |attribute: &str| attribute.starts_with("http.request.method=");
            let names_method = method.is_some_and(|method| name.starts_with(&method));
            attributes.retain(|attribute| {
                if is_shown(attribute) {
                    return !names_method;
                }
                !OF_HTTP.iter().any(|prefix| attribute.starts_with(prefix))
            });
        }
        Self { status, path, attributes }
    }
}

/// Returns the path of a URL.
fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// The prefixes of attributes that the toolkit adds automatically.
const HIDDEN: [&str; 6] = ["sentry.", "thread.", "code.", "os.", "process.", "logger.name"];
/// The prefixes of attributes that integrations add to spans of HTTP requests; the row shows method, path and status.
const OF_HTTP: [&str; 6] = ["http.", "url.", "network.", "server.", "client.", "user_agent."];

/// Returns the attributes that are informative for a person, without those that the toolkit adds to every span.
pub(super) fn attributes(data: Option<&Map<String, Value>>, value: impl Fn(&Value) -> &Value) -> Vec<String> {
    data.into_iter()
        .flatten()
        .filter(|(key, _)| !HIDDEN.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, raw)| match value(raw) {
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        })
        .collect()
}

/// Returns the part of an id that is printed.
pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// Returns whether a frame tells a person something: one with an address alone, as in a stripped program, does not.
pub(super) fn is_readable(frame: &Value) -> bool {
    ["function", "filename", "abs_path"].iter().any(|key| frame[key].is_string())
}

/// Returns a string that is not empty.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
