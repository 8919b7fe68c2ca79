//! Spans as they stand in a transaction, and links between spans.
//!
//! Spans recorded by the toolkit are written by the trace room without passing through these types; they are
//! for the user's own: event processors, transactions made by hand, tests.
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
    /// Whether the other span is sampled, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<bool>,
    /// What the link means, such as `sentry.link.type`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
}

impl SpanLink {
    /// A link to a span of which nothing else is known. Of a span at hand,
    /// [`Span::link`](crate::Span::link) makes one.
    #[must_use]
    pub fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self { trace_id, span_id, sampled: None, attributes: Map::new() }
    }

    /// Says what the link means, such as `sentry.link.type`.
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
    /// Its id.
    pub span_id: SpanId,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// The span inside which it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// Whether the parent ran in this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_process_as_parent: Option<bool>,
    /// What kind of work it was, such as `db.query`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it ended.
    #[serde(with = "super::time::optional", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<SystemTime>,
    /// When it began.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub start_timestamp: SystemTime,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SpanStatus>,
    /// What made it, such as `auto.function.server_action`; `manual` when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, String>,
    /// Its attributes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Other spans that it has to do with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SpanLink>,
}

impl Default for Span {
    /// A span with random ids that begins now.
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
    /// A span with random ids that begins now.
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
