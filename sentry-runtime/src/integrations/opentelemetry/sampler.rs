//! The sampler: OpenTelemetry's decision is ours.

use std::cell::RefCell;
use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context as OtelContext, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::parent::{self, Standing};
use super::{describe, values};
use crate::context::active;
use crate::context::thread_context::Context;
use crate::trace::sampling::{self, Decision, Hints};
use crate::trace::segment::RootName;

/// Samples by the options `traces_sample_rate` and `traces_sampler`, and by the decision that came with the trace.
///
/// The first span of a trace in this process decides; the others follow it, be they of OpenTelemetry or ours. One that
/// is not sampled is still recorded for the processors, so that what happens inside of it is known not to be sampled.
/// Exporters do not get it.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SentrySampler;

/// A decision on its way to the span that starts next on this thread.
pub(super) struct Judged {
    trace_id: TraceId,
    pub(super) base: Arc<Context>,
    pub(super) decision: Decision,
}

thread_local!(static JUDGED: RefCell<Option<Judged>> = const { RefCell::new(None) });

/// The decision about a root span of this trace, if the sampler was just asked for it.
pub(super) fn take_judged(trace_id: TraceId) -> Option<Judged> {
    let judged = JUDGED.try_with(|judged| judged.borrow_mut().take()).ok().flatten();
    judged.filter(|judged| judged.trace_id == trace_id)
}

impl SentrySampler {
    /// A sampler.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl ShouldSample for SentrySampler {
    fn should_sample(
        &self,
        parent_context: Option<&OtelContext>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let current = OtelContext::current();
        let parent = parent_context.unwrap_or(&current);
        SamplingResult {
            decision: decide(parent, trace_id, name, span_kind, attributes),
            attributes: Vec::new(),
            trace_state: trace_state(parent),
        }
    }
}

fn trace_state(parent: &OtelContext) -> TraceState {
    parent.span().span_context().trace_state().clone()
}

fn decide(
    parent: &OtelContext,
    trace_id: TraceId,
    name: &str,
    kind: &SpanKind,
    attributes: &[KeyValue],
) -> SamplingDecision {
    drop(take_judged(trace_id));
    if active::with(Context::is_unrecorded) {
        return SamplingDecision::Drop;
    }
    let base = match parent::of(parent, trace_id) {
        Standing::Child(context, _) => {
            let sampled = context.segment().is_some_and(|segment| segment.sampled);
            return if sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        }
        Standing::Root(base) => base,
    };
    // A span of this process that is recorded by nobody: neither are those inside of it.
    let outer = parent.span().span_context().clone();
    if outer.is_valid() && !outer.is_remote() && !outer.is_sampled() {
        return SamplingDecision::Drop;
    }
    let Some(client) = base.client().filter(|client| client.is_tracing()) else {
        return SamplingDecision::Drop;
    };
    let described = describe::of(name, kind, attributes);
    let root = RootName::Given {
        name: described.name.into(),
        op: described.op.into(),
        origin: describe::ORIGIN.into(),
        source: described.source,
    };
    let attributes: Vec<_> = attributes
        .iter()
        .map(|pair| (pair.key.as_str().to_owned().into(), values::attribute(&pair.value)))
        .collect();
    let hints = Hints { attributes: &attributes, ..Hints::default() };
    let decision = sampling::judge(&client, &base.propagation, None, &root, &hints);
    let sampled = decision.sampled;
    let _ = JUDGED.try_with(|judged| *judged.borrow_mut() = Some(Judged { trace_id, base, decision }));
    if sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::RecordOnly }
}
