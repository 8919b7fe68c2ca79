//! Where in which trace something happened: what an event says in `contexts.trace`.

use std::sync::Arc;

use super::active;
use super::thread_context::Context;
use crate::client::Client;
use crate::options::ClientOptions;
use crate::protocol::{DynamicSamplingContext, SpanId, TraceId};
use crate::trace::ids::{self, Lineage};
use crate::trace::propagation::Propagation;
use crate::trace::segment::Segment;

/// A span of a recorded trace, or our own place in a trace of which nothing is recorded.
#[derive(Debug, Clone)]
pub(crate) struct SpanContext {
    source: Source,
    pub(crate) span_id: SpanId,
    pub(crate) parent_span_id: Option<SpanId>,
}

#[derive(Debug, Clone)]
enum Source {
    Segment(Arc<Segment>),
    Propagation(Arc<Propagation>),
}

impl SpanContext {
    /// The place of what happens now on this thread.
    pub(crate) fn current() -> Self {
        // The context first: in the child of a fork the position changes with it.
        active::with(|context| Self::of(context, active::lineage()))
    }

    /// The place of a span in a context.
    pub(crate) fn of(context: &Context, active: Lineage) -> Self {
        let Lineage { span, parent } = active;
        match context.segment() {
            Some(segment) if span != 0 => Self {
                source: Source::Segment(Arc::clone(segment)),
                span_id: ids::wire(span),
                parent_span_id: match segment.key == span {
                    true => segment.parent,
                    false => (parent != 0).then(|| ids::wire(parent)),
                },
            },
            _ => Self {
                source: Source::Propagation(Arc::clone(&context.propagation)),
                span_id: context.propagation.span_id,
                // Inside of a span that another library records we stand for that span, and are its child no more.
                parent_span_id: context.propagation.parent.filter(|&id| id != context.propagation.span_id),
            },
        }
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        match &self.source {
            Source::Segment(segment) => segment.trace_id(),
            Source::Propagation(propagation) => propagation.trace_id,
        }
    }

    /// The decision about the trace, as `sentry-trace` hands it on.
    pub(crate) fn decision(&self, options: &ClientOptions) -> Option<bool> {
        match &self.source {
            Source::Segment(segment) => Some(segment.sampled),
            Source::Propagation(propagation) => propagation.decision(options),
        }
    }

    /// The transaction's name, when a span is active.
    pub(crate) fn transaction(&self) -> Option<String> {
        match &self.source {
            Source::Segment(segment) => Some(segment.name().0.into_owned()),
            Source::Propagation(_) => None,
        }
    }

    pub(crate) fn dsc(&self, client: &Client) -> Arc<DynamicSamplingContext> {
        match &self.source {
            Source::Segment(segment) => segment.dsc(),
            Source::Propagation(propagation) => propagation.dsc(client),
        }
    }

    /// The header `sentry-trace` for an outgoing request made here.
    pub(crate) fn sentry_trace(&self, decision: Option<bool>) -> String {
        let (trace_id, span_id) = (self.trace_id(), self.span_id);
        match decision {
            Some(sampled) => format!("{trace_id}-{span_id}-{}", u8::from(sampled)),
            None => format!("{trace_id}-{span_id}"),
        }
    }
}
