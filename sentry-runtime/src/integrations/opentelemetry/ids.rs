//! Conversion of ids. A span's id on the wire is a bijection of its local id, so that every OpenTelemetry id has a
//! local one.

use opentelemetry::trace as otel;
use opentelemetry_sdk::trace::IdGenerator;

use crate::context::active;
use crate::context::ids;
use crate::context::span_context::SpanContext;
use crate::protocol::{SpanId, TraceId};
use crate::trace::ids::{self as trace_ids, LocalId};

/// The id generator for a tracer provider: a trace that begins inside a span of this crate, or inside a trace continued
/// by this crate, has the id of that trace.
///
/// Without this generator, an OpenTelemetry span inside a span of this crate still becomes its child, but OpenTelemetry
/// uses another trace id.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SentryIdGenerator;

impl SentryIdGenerator {
    /// Returns a generator.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl IdGenerator for SentryIdGenerator {
    fn new_trace_id(&self) -> otel::TraceId {
        let belongs = active::with(|context| context.continues || context.segment().is_some());
        let id = if belongs { SpanContext::current().trace_id() } else { ids::trace_id() };
        to_otel_trace(id)
    }

    fn new_span_id(&self) -> otel::SpanId {
        to_otel_span(trace_ids::wire(ids::next()))
    }
}

pub(super) fn to_otel_trace(id: TraceId) -> otel::TraceId {
    otel::TraceId::from_bytes(*id.as_bytes())
}

pub(super) fn to_otel_span(id: SpanId) -> otel::SpanId {
    otel::SpanId::from_bytes(*id.as_bytes())
}

/// Converts an id. `None` for the invalid id, which is zero.
pub(super) fn trace_id(id: otel::TraceId) -> Option<TraceId> {
    TraceId::from_bytes(id.to_bytes())
}

/// Converts an id. `None` for the invalid id, which is zero.
pub(super) fn span_id(id: otel::SpanId) -> Option<SpanId> {
    SpanId::from_bytes(id.to_bytes())
}

/// Returns the local id of an OpenTelemetry span.
pub(super) fn local_id(id: otel::SpanId) -> LocalId {
    span_id(id).map_or(0, crate::trace::ids::local_of)
}
