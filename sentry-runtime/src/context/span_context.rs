//! Span contexts: the position of captured data in a trace, which events carry in `contexts.trace`.

use std::sync::Arc;

use super::active;
use super::thread_context::Context;
use crate::client::Client;
use crate::options::ClientOptions;
use crate::protocol::{DynamicSamplingContext, SpanId, TraceId};
use crate::trace::ids::{self, Lineage};
use crate::trace::propagation::Propagation;
use crate::trace::segment::Segment;
use crate::trace::span_groups::SpanGroups;
use crate::trace::tracestate::ForeignState;

/// A span of a recorded trace, or this process's own position in a trace that is not recorded.
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
    /// Returns the current span context of this thread.
    pub(crate) fn current() -> Self {
        // The context first: in a forked child, the position changes with it.
        active::with(|context| Self::of(context, active::lineage()))
    }

    /// Returns the span context of a span in a context.
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
                // Inside a span that another library records, this process represents that span and is not its child.
                parent_span_id: context.propagation.parent.filter(|&id| id != context.propagation.span_id),
            },
        }
    }

    /// Returns the span context of the root of a segment.
    pub(crate) fn of_root(segment: Segment) -> Self {
        let (span_id, parent_span_id) = (ids::wire(segment.key), segment.parent);
        Self { source: Source::Segment(Arc::new(segment)), span_id, parent_span_id }
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        self.propagation().trace_id
    }

    fn propagation(&self) -> &Propagation {
        match &self.source {
            Source::Segment(segment) => &segment.propagation,
            Source::Propagation(propagation) => propagation,
        }
    }

    /// Returns the segment of the span.
    pub(crate) fn segment(&self) -> Option<&Arc<Segment>> {
        match &self.source {
            Source::Segment(segment) => Some(segment),
            Source::Propagation(_) => None,
        }
    }

    /// Notes that an error was captured in the segment.
    pub(crate) fn note_error(&self) {
        if let Source::Segment(segment) = &self.source {
            segment.note_error();
        }
    }

    /// Returns what other tracing systems are told about the trace.
    pub(crate) fn foreign(&self) -> Option<&ForeignState> {
        self.propagation().foreign.as_deref()
    }

    /// Returns the id of the session replay in which the trace began.
    pub(crate) fn replay_id(&self) -> Option<String> {
        self.propagation().replay_id()
    }

    /// Returns the groups that the incoming request belongs to.
    pub(crate) fn groups(&self) -> Option<&Arc<SpanGroups>> {
        self.propagation().groups()
    }

    /// Returns the decision about the trace, as passed on in `sentry-trace`.
    pub(crate) fn decision(&self, options: &ClientOptions) -> Option<bool> {
        match &self.source {
            Source::Segment(segment) => Some(segment.sampled),
            Source::Propagation(propagation) => propagation.decision(options),
        }
    }

    /// Returns the transaction's name, if a span is active.
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

    /// Returns the header `sentry-trace` for an outgoing request.
    pub(crate) fn sentry_trace(&self, decision: Option<bool>) -> String {
        let (trace_id, span_id) = (self.trace_id(), self.span_id);
        match decision {
            Some(sampled) => format!("{trace_id}-{span_id}-{}", u8::from(sampled)),
            None => format!("{trace_id}-{span_id}"),
        }
    }
}
