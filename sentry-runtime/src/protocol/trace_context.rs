//! The trace context: the trace and span of an event, and the root span of a transaction.
//!
//! [Spec, trace context](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/).

use serde::{Deserialize, Serialize};

use super::ids::{SpanId, TraceId};
use super::json::ObjectWriter;
use super::span::SpanLink;
use super::span_status::SpanStatus;
use super::{Map, Value};

/// The trace and the span that an event belongs to. In a transaction, it describes the root span.
///
/// The server rejects it without a span id: an event outside of all spans carries the id of its propagation context.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceContext {
    /// The id of the span.
    pub span_id: SpanId,
    /// The id of the trace.
    pub trace_id: TraceId,
    /// The parent span, in this process or in another service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// The operation, such as `http.server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// The description of the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The status of the span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SpanStatus>,
    /// The origin of the span, such as `auto.function.server_action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Attributes, by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Links to other spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SpanLink>,
}

impl TraceContext {
    /// Returns the context of an event. Unlike the default it draws no ids.
    pub(crate) fn of(trace_id: TraceId, span_id: SpanId, parent_span_id: Option<SpanId>) -> Self {
        Self {
            span_id,
            trace_id,
            parent_span_id,
            op: None,
            description: None,
            status: None,
            origin: None,
            data: Map::new(),
            links: Vec::new(),
        }
    }
}

impl TraceContext {
    /// Writes the context as JSON, with its type, as the context `trace` of an event has it.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        object.text("type", "trace");
        object.plain_text("span_id", &self.span_id.hex());
        object.plain_text("trace_id", &self.trace_id.hex());
        if let Some(parent) = self.parent_span_id {
            object.plain_text("parent_span_id", &parent.hex());
        }
        object.some_text("op", self.op.as_deref());
        object.some_text("description", self.description.as_deref());
        object.some_text("status", self.status.map(SpanStatus::as_str));
        object.some_text("origin", self.origin.as_deref());
        if !self.data.is_empty() {
            object.raw("data", |out| {
                let mut data = ObjectWriter::new(out);
                for (key, value) in &self.data {
                    match value {
                        Value::String(text) => data.text(key, text),
                        value => data.field(key, value),
                    }
                }
                data.end();
            });
        }
        if !self.links.is_empty() {
            object.field("links", &self.links);
        }
        object.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Context;

    #[test]
    fn both_ways_of_writing_the_context_agree() {
        let bare = TraceContext::default();
        let full = TraceContext {
            span_id: SpanId::from_u64(7),
            trace_id: TraceId::from_u128(9),
            parent_span_id: Some(SpanId::from_u64(8)),
            op: Some("http.server".into()),
            description: Some("a \"quoted\" text\n".into()),
            status: Some(SpanStatus::Ok),
            origin: Some("manual".into()),
            data: Map::from([("text".into(), "\u{1}".into()), ("list".into(), vec![1, 2].into())]),
            links: vec![SpanLink::new(TraceId::from_u128(9), SpanId::from_u64(6))],
        };
        for context in [bare, full] {
            let mut out = Vec::new();
            context.write_json(&mut out);
            let written: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(written, serde_json::to_value(Context::from(context)).unwrap());
        }
    }
}
