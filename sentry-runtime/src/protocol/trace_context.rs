//! The trace context: to which trace and span an event belongs, and what a transaction's own span was.
//!
//! [Spec, trace context](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/).

use serde::{Deserialize, Serialize};

use super::ids::{SpanId, TraceId};
use super::span::SpanLink;
use super::span_status::SpanStatus;
use super::{Map, Value};

/// To which trace and span an event belongs. In a transaction it describes the root span.
///
/// Receivers refuse it without a span id, so there always is one: an event outside any span carries the id of
/// its propagation context.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceContext {
    /// The span.
    pub span_id: SpanId,
    /// The trace.
    pub trace_id: TraceId,
    /// The span inside which it ran, here or in another service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// What kind of work it was, such as `http.server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SpanStatus>,
    /// What made the span, such as `auto.function.server_action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Its attributes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Other spans that it has to do with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SpanLink>,
}
