//! The sampler, which decides by the client's options.

use std::cell::RefCell;
use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context as OtelContext, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::parent::{self, Standing};
use super::{describe, values};
use crate::context::active;
use crate::context::thread_context::Context;
use crate::trace::decision::Decision;
use crate::trace::sampling::{self, Hints};
use crate::trace::segment::RootName;

/// Samples by the options `traces_sample_rate` and `traces_sampler`, and by the decision that came with the trace.
///
/// The decision about the first span of a trace in this process applies to all other spans of the trace, both
/// OpenTelemetry's and this crate's. An unsampled span is still passed to the processors (`RecordOnly`), so that spans
/// inside it are known to be unsampled. Exporters do not receive it.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SentrySampler;

/// A decision that is passed to the span that starts next on this thread.
pub(super) struct Judged {
    trace_id: TraceId,
    pub(super) base: Arc<Context>,
    pub(super) decision: Decision,
}

thread_local!(static JUDGED: RefCell<Option<Judged>> = const { RefCell::new(None) });

/// Returns the decision about a root span of this trace, if the sampler has just made it.
pub(super) fn take_judged(trace_id: TraceId) -> Option<Judged> {
    let judged = JUDGED.try_with(|judged| judged.borrow_mut().take()).ok().flatten();
    judged.filter(|judged| judged.trace_id == trace_id)
}

impl SentrySampler {
    /// Returns a sampler.
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
            return match context.segment() {
                Some(segment) if segment.sampled => SamplingDecision::RecordAndSample,
                Some(segment) if segment.recorded => SamplingDecision::RecordOnly,
                _ => SamplingDecision::Drop,
            };
        }
        Standing::Root(base) => base,
    };
    // A span of this process that is not recorded: spans inside it are not recorded either.
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
    let attributes: Vec<_> = values::collected(attributes).map(|(key, value)| (key.into(), value)).collect();
    let hints = Hints { attributes: &attributes, ..Hints::default() };
    let decision = sampling::judge(&client, &base.propagation, None, &root, &hints);
    let sampled = decision.sampled;
    let _ = JUDGED.try_with(|judged| *judged.borrow_mut() = Some(Judged { trace_id, base, decision }));
    if sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::RecordOnly }
}
