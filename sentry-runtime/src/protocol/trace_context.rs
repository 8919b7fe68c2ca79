//! The trace context: the trace and span of an event, and the root span of a transaction.
//!
//! [Spec, trace context](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/).

use serde::{Deserialize, Serialize};

use super::ids::{SpanId, TraceId};
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
