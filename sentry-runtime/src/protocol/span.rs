//! Spans in a transaction, and links between spans.
//!
//! Spans that the toolkit records are written without these types, which are for user code: callbacks and processors,
//! transactions that are built manually, tests.
//!
//! [Spec](https://develop.sentry.dev/sdk/data-model/event-payloads/span/).

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::ids::{SpanId, TraceId};
use super::span_status::SpanStatus;
use super::{Map, Value};

/// A link to a span that is not the parent, in this trace or another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanLink {
    /// The trace of the other span.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// Whether the other span is sampled, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<bool>,
    /// Attributes of the link, such as `sentry.link.type`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
}

impl SpanLink {
    /// Returns a link to a span without further data. For a span at hand, use [`Span::link`](crate::Span::link).
    #[must_use]
    pub fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self { trace_id, span_id, sampled: None, attributes: Map::new() }
    }

    /// Sets an attribute of the link, such as `sentry.link.type`.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }
}

/// A span inside a transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// The id of the span.
    pub span_id: SpanId,
    /// The trace that the span belongs to.
    pub trace_id: TraceId,
    /// The parent span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// Whether the parent ran in this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_process_as_parent: Option<bool>,
    /// The operation, such as `db.query`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// The description of the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The time of the end.
    #[serde(with = "super::time::optional", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<SystemTime>,
    /// The time of the start.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub start_timestamp: SystemTime,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SpanStatus>,
    /// The origin, such as `auto.function.server_action`. Default: `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Tags, by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, String>,
    /// Attributes, by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Links to other spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SpanLink>,
}

impl Default for Span {
    /// Returns a span with random ids that starts now.
    fn default() -> Self {
        Self {
            span_id: SpanId::default(),
            trace_id: TraceId::default(),
            parent_span_id: None,
            same_process_as_parent: None,
            op: None,
            description: None,
            timestamp: None,
            start_timestamp: SystemTime::now(),
            status: None,
            origin: None,
            tags: Map::new(),
            data: Map::new(),
            links: Vec::new(),
        }
    }
}

impl Span {
    /// Returns a span with random ids that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the span at the given time.
    pub fn finish_with_timestamp(&mut self, timestamp: SystemTime) {
        self.timestamp = Some(timestamp);
    }

    /// Ends the span now.
    pub fn finish(&mut self) {
        self.finish_with_timestamp(SystemTime::now());
    }
}
