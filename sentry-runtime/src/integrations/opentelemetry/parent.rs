//! The parent of a new OpenTelemetry span, and the trace of its outgoing requests.
//!
//! OpenTelemetry passes the parent as a context. If that is the attached context, this crate's active span inside it is
//! the nearer parent. A parent in another process is a trace to continue.

use std::sync::Arc;

use opentelemetry::Context as OtelContext;
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceId as OtelTraceId};

use super::{ids, open};
use crate::context::active;
use crate::context::thread_context::Context;
use crate::protocol::SpanId;
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;

/// A trace from incoming headers, in an OpenTelemetry context.
#[derive(Debug, Clone)]
pub(super) struct Incoming(pub(super) Arc<Propagation>);

/// See the module.
#[derive(Debug)]
pub(super) enum Standing {
    /// The child of a span of this process.
    Child(Arc<Context>, Lineage),
    /// The first span of its trace in this process: the root of a transaction in this context.
    Root(Arc<Context>),
}

/// Returns whether two contexts have the same span, or both have none.
pub(super) fn same_span(one: &SpanContext, other: &SpanContext) -> bool {
    one.span_id() == other.span_id() && one.trace_id() == other.trace_id()
}

/// Returns whether a context has the same span as the attached one, or both have none.
pub(super) fn is_current(context: &OtelContext) -> bool {
    OtelContext::map_current(|current| {
        same_span(current.span().span_context(), context.span().span_context())
    })
}

/// Returns the trace of a span that is recorded elsewhere, in this process or another.
pub(super) fn foreign(span: &SpanContext) -> Option<Propagation> {
    let (trace_id, parent) = (ids::trace_id(span.trace_id())?, ids::span_id(span.span_id())?);
    let mut propagation = Propagation { trace_id, ..Propagation::new() };
    propagation.parent = Some(parent);
    propagation.sampled = Some(span.is_sampled());
    if !span.is_remote() {
        // Errors and logs of this process are linked to that span.
        propagation.span_id = parent;
    }
    Some(propagation)
}

/// Returns the trace that a context carries from another process: as read by our propagator, or else of its span.
pub(super) fn incoming(context: &OtelContext) -> Option<Arc<Propagation>> {
    let span = context.span();
    let span = span.span_context();
    let parent: Option<SpanId> = ids::span_id(span.span_id());
    match context.get::<Incoming>() {
        Some(Incoming(read))
            if read.parent == parent && Some(read.trace_id) == ids::trace_id(span.trace_id()) =>
        {
            Some(Arc::clone(read))
        }
        _ => foreign(span).map(Arc::new),
    }
}

/// Returns the position of a span that starts in this OpenTelemetry context, in a trace with this id.
pub(super) fn of(parent: &OtelContext, trace_id: OtelTraceId) -> Standing {
    let span = parent.span();
    let span = span.span_context();
    let here = active::context();
    let active = active::lineage();
    let here_trace = here.segment().filter(|_| active.span != 0).map(|segment| segment.trace_id());
    let is_ours = here_trace.is_some_and(|trace| ids::to_otel_trace(trace) == trace_id);
    if !span.is_valid() {
        let detached = !is_current(parent);
        if here_trace.is_some() && !detached {
            return Standing::Child(here, active);
        }
        let continued = here.continues && ids::to_otel_trace(here.propagation.trace_id) == trace_id;
        if here.segment().is_none() && continued {
            return Standing::Root(here);
        }
        let mut propagation = Propagation::new();
        if let Some(trace_id) = ids::trace_id(trace_id) {
            propagation.trace_id = trace_id;
        }
        return Standing::Root(Arc::new(here.in_new_trace(propagation)));
    }
    if is_ours && is_current(parent) {
        return Standing::Child(here, active);
    }
    if let Some((context, id)) = open::position(span.span_id()) {
        return Standing::Child(context, id);
    }
    if is_ours && !span.is_remote() {
        return Standing::Child(here, active);
    }
    let propagation = incoming(parent).map_or_else(Propagation::new, |incoming| (*incoming).clone());
    Standing::Root(Arc::new(here.in_new_trace(propagation)))
}
