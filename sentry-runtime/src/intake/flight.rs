//! Flight records: the spans that ended last in the work of a thread, whether or not they are sent.

use std::sync::{Arc, Mutex};

use serde::Serialize;

use crate::client::Client;
use crate::context::span_context::SpanContext;
use crate::protocol::{SpanId, TraceId};

/// The spans that ended last in the work of a thread, the latest last; see [`flight_record`](crate::flight_record).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlightRecord {
    /// The version of this format.
    pub version: u32,
    /// The trace that was active.
    pub trace_id: TraceId,
    /// The spans, sorted by their end. The names are filtered like those of spans that are sent.
    pub spans: Vec<FlightSpan>,
}

/// A span of a [`FlightRecord`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlightSpan {
    /// The trace of the span. In work without an active span, earlier traces of the same thread are included.
    pub trace_id: TraceId,
    /// The id of the span.
    pub span_id: SpanId,
    /// The id of the span around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// The name.
    pub name: String,
    /// The operation.
    pub op: String,
    /// The status, such as `ok` or `internal_error`.
    pub status: String,
    /// The start, in seconds since 1970.
    pub start: f64,
    /// The duration, in milliseconds.
    pub duration_ms: f64,
}

/// A request for the record of a thread.
#[derive(Debug)]
pub(crate) struct FlightRequest {
    pub(crate) client: Arc<Client>,
    pub(crate) span_context: SpanContext,
    /// The number of the thread.
    pub(crate) thread: u64,
    pub(crate) record: Mutex<Option<FlightRecord>>,
}
