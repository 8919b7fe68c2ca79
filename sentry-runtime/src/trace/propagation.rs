//! The propagation context: which trace a piece of work belongs to, with or without recorded spans.
//!
//! Spec: `foundations/trace-propagation/index.mdx`.

use std::sync::Arc;

use crate::client::Client;
use crate::options::ClientOptions;
use crate::protocol::{DynamicSamplingContext, SpanId, TraceId};

/// The trace of a piece of work and where it stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Propagation {
    pub(crate) trace_id: TraceId,
    /// Stands for us towards others while no span is recorded.
    pub(crate) span_id: SpanId,
    /// The caller's span, when the trace came from outside.
    pub(crate) parent: Option<SpanId>,
    /// The decision that came with the trace.
    pub(crate) sampled: Option<bool>,
    /// The random number of the trace's sampling decisions, in millionths.
    pub(crate) sample_rand: u32,
    /// The frozen context that came with the trace; empty when it came without one from another Sentry SDK. In a
    /// trace of ours, or one that began outside of Sentry, `None`: the context is ours to make.
    pub(crate) dsc: Option<Arc<DynamicSamplingContext>>,
}

impl Propagation {
    /// The rate at which the head of the trace was sampled, if it said so.
    pub(crate) fn parent_sample_rate(&self) -> Option<f32> {
        self.dsc.as_ref()?.get("sample_rate")?.parse().ok().filter(|rate| (0.0..=1.0).contains(rate))
    }

    /// The entries of a context of our own that do not depend on a span.
    pub(crate) fn base_dsc(&self, client: &Client) -> DynamicSamplingContext {
        let options = client.options();
        let mut dsc = DynamicSamplingContext::default();
        dsc.set("trace_id", self.trace_id.to_string());
        if let Some(dsn) = client.dsn() {
            dsc.set("public_key", dsn.public_key());
        }
        if let Some(release) = &options.release {
            dsc.set("release", release.as_ref());
        }
        if let Some(environment) = &options.environment {
            dsc.set("environment", environment.as_ref());
        }
        if let Some(org_id) = options.effective_org_id() {
            dsc.set("org_id", org_id);
        }
        dsc.set("sample_rand", format!("0.{:06}", self.sample_rand));
        dsc
    }

    /// The decision about the trace while no span is active: the one that came with it, or the one that a rate of 0
    /// will make in any case. Others need not wait for that, and must not decide by rates of their own.
    pub(crate) fn decision(&self, options: &ClientOptions) -> Option<bool> {
        self.sampled.or_else(|| options.never_samples().then_some(false))
    }

    /// The context that goes with telemetry while no span is recorded.
    pub(crate) fn dsc(&self, client: &Client) -> Arc<DynamicSamplingContext> {
        let refused = self.sampled.is_none() && client.options().never_samples();
        let mut dsc = match &self.dsc {
            Some(incoming) if !refused || incoming.is_empty() => return Arc::clone(incoming),
            Some(incoming) => DynamicSamplingContext::clone(incoming),
            None => self.base_dsc(client),
        };
        if refused {
            dsc.set("sample_rate", "0");
            dsc.set("sampled", "false");
        }
        Arc::new(dsc)
    }
}
