//! The propagation context: the trace of a piece of work, with or without recorded spans.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use std::sync::Arc;

use super::frozen_context::FrozenContext;
use super::sample_rand;
use super::span_groups::SpanGroups;
use super::tracestate::ForeignState;
use crate::client::Client;
use crate::options::ClientOptions;
use crate::protocol::{DynamicSamplingContext, SpanId, TraceId};

/// The trace of a piece of work, and its position in the trace.
#[derive(Debug, Clone)]
pub(crate) struct Propagation {
    pub(crate) trace_id: TraceId,
    /// The span id that represents this process towards others while no span is recorded.
    pub(crate) span_id: SpanId,
    /// The caller's span, if the trace came from outside.
    pub(crate) parent: Option<SpanId>,
    /// The incoming sampling decision.
    pub(crate) sampled: Option<bool>,
    /// The random number of the trace's sampling decisions, in millionths, unless the context is unread: see
    /// [`sample_rand`](Self::sample_rand).
    pub(crate) own_sample_rand: u32,
    /// The frozen incoming dynamic sampling context; empty if the trace came from another Sentry SDK without one.
    /// `None` in a trace that began here or outside Sentry: this process creates the context.
    pub(crate) dsc: Option<FrozenContext>,
    /// The data of other tracing systems about the incoming trace, if `traceparent` is passed on.
    pub(crate) foreign: Option<Arc<ForeignState>>,
    /// The groups that the spans of the incoming request belong to, unless the context is unread: see
    /// [`groups`](Self::groups).
    pub(crate) own_groups: Option<Arc<SpanGroups>>,
}

impl Propagation {
    /// Returns the random number of the trace's sampling decisions, in millionths.
    pub(crate) fn sample_rand(&self) -> u32 {
        self.dsc.as_ref().and_then(FrozenContext::sample_rand).unwrap_or(self.own_sample_rand)
    }

    /// Returns the groups that the spans of the incoming request belong to.
    pub(crate) fn groups(&self) -> Option<&Arc<SpanGroups>> {
        self.own_groups.as_ref().or_else(|| self.dsc.as_ref()?.groups())
    }

    /// Returns the trace with another context, for a transaction inside.
    pub(crate) fn with_dsc(&self, dsc: Arc<DynamicSamplingContext>) -> Self {
        Self {
            own_sample_rand: self.sample_rand(),
            own_groups: self.groups().cloned(),
            dsc: Some(FrozenContext::Read(dsc)),
            ..self.clone()
        }
    }

    /// Returns the rate at which the head of the trace was sampled, if it is known.
    pub(crate) fn parent_sample_rate(&self) -> Option<f32> {
        self.dsc.as_ref()?.sample_rate()
    }

    /// Returns the id of the session replay in which the trace began, if the incoming context has one.
    pub(crate) fn replay_id(&self) -> Option<String> {
        self.dsc.as_ref()?.get().replay_id()
    }

    /// Returns the entries of a context created here that do not depend on a span.
    pub(crate) fn base_dsc(&self, client: &Client) -> DynamicSamplingContext {
        let trace_id = self.trace_id.hex();
        let trace_id = std::str::from_utf8(&trace_id).unwrap_or_default();
        let mut dsc = DynamicSamplingContext::beginning_with("trace_id", trace_id, client.sampling_facts());
        dsc.set_written("sample_rand", |text| sample_rand::write(text, self.sample_rand()));
        dsc
    }

    /// Returns the decision about the trace while no span is active: the incoming one, or `false` if the rate is 0,
    /// because the outcome is then certain and other services must not decide by rates of their own.
    pub(crate) fn decision(&self, options: &ClientOptions) -> Option<bool> {
        self.sampled.or_else(|| options.never_samples().then_some(false))
    }

    /// Returns the dynamic sampling context of telemetry while no span is recorded.
    pub(crate) fn dsc(&self, client: &Client) -> Arc<DynamicSamplingContext> {
        let refused = self.sampled.is_none() && client.options().never_samples();
        match &self.dsc {
            Some(incoming) if refused => with_own_rate(incoming.get(), 0.0, false),
            Some(incoming) => incoming.get(),
            None => {
                let mut dsc = self.base_dsc(client);
                if refused {
                    dsc.set("sample_rate", "0");
                    dsc.set("sampled", "false");
                }
                Arc::new(dsc)
            }
        }
    }
}

/// Returns an incoming context in a service that decides at a rate of its own. Of a frozen context, only that rate may
/// change, and with it a decision that the context has: `sample_rand < sample_rate` must hold if and only if `sampled`
/// is true. A deferred trace has no decision in its context, and gets none. An empty context remains empty.
pub(super) fn with_own_rate(
    mut incoming: Arc<DynamicSamplingContext>,
    rate: f32,
    sampled: bool,
) -> Arc<DynamicSamplingContext> {
    if incoming.is_empty() {
        return incoming;
    }
    let dsc = Arc::make_mut(&mut incoming);
    dsc.set_written("sample_rate", |text| sample_rand::write_rate(text, rate));
    if dsc.get("sampled").is_some() {
        dsc.set("sampled", sampled.to_string());
    }
    incoming
}
