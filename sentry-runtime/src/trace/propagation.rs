//! The propagation context: which trace a piece of work belongs to, with or without recorded spans.
//!
//! Spec: `foundations/trace-propagation/index.mdx`.

use std::sync::Arc;

use super::headers::{self, HeaderSource, IncomingTrace};
use super::ids;
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
    /// A trace of our own.
    pub(crate) fn new() -> Self {
        Self {
            trace_id: ids::trace_id(),
            span_id: ids::wire(ids::next()),
            parent: None,
            sampled: None,
            sample_rand: ids::millionths(),
            dsc: None,
        }
    }

    /// The trace that the parent process hands over in `SENTRY_TRACE` and `SENTRY_BAGGAGE`, if it does and it may be
    /// continued.
    pub(crate) fn from_environment(options: Option<&ClientOptions>) -> Option<Self> {
        let read = |name| std::env::var(name).unwrap_or_default();
        let headers = [("sentry-trace", read("SENTRY_TRACE")), ("baggage", read("SENTRY_BAGGAGE"))];
        Self::from_headers(&headers, options)
    }

    /// The trace that headers carry, if they do and it may be continued.
    pub(crate) fn from_headers(headers: &dyn HeaderSource, options: Option<&ClientOptions>) -> Option<Self> {
        let (incoming, of_sentry) = incoming_trace(headers)?;
        let mut dsc = DynamicSamplingContext::default();
        headers.visit("baggage", &mut |value| headers::parse_baggage(value, &mut dsc));
        if let Some(options) = options
            && !may_continue(dsc.get("org_id"), options)
        {
            return None;
        }
        let sample_rand = sample_rand(&dsc, incoming.sampled);
        Some(Self {
            trace_id: incoming.trace_id,
            span_id: ids::wire(ids::next()),
            parent: Some(incoming.span_id),
            sampled: incoming.sampled,
            sample_rand,
            dsc: (of_sentry || !dsc.is_empty()).then(|| Arc::new(dsc)),
        })
    }

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

/// `sentry-trace` counts before `traceparent`; of the latter there must be exactly one. Answers whether it was the
/// former.
fn incoming_trace(headers: &dyn HeaderSource) -> Option<(IncomingTrace, bool)> {
    let mut values = Vec::new();
    headers.visit("sentry-trace", &mut |value| values.push(headers::parse_sentry_trace(value)));
    if let Some(incoming) = values.into_iter().flatten().next() {
        return Some((incoming, true));
    }
    let mut values = Vec::new();
    headers.visit("traceparent", &mut |value| values.push(headers::parse_traceparent(value)));
    match values[..] {
        [incoming] => incoming.map(|incoming| (incoming, false)),
        _ => None,
    }
}

/// Whether a trace of an organisation may be continued here.
fn may_continue(incoming: Option<&str>, options: &ClientOptions) -> bool {
    match (incoming, options.effective_org_id()) {
        (Some(theirs), Some(ours)) => theirs == ours,
        (None, None) => true,
        _ => !options.strict_trace_continuation,
    }
}

/// The number that came with the trace; else one that agrees with the decision that came with it.
fn sample_rand(dsc: &DynamicSamplingContext, sampled: Option<bool>) -> u32 {
    let fraction = |key: &str| dsc.get(key).and_then(|value| value.parse::<f64>().ok());
    if let Some(rand) = fraction("sample_rand").filter(|rand| (0.0..1.0).contains(rand)) {
        return to_millionths(rand).min(999_999);
    }
    let fresh = ids::millionths();
    let rate = fraction("sample_rate").filter(|rate| (0.0..=1.0).contains(rate)).map(to_millionths);
    match (sampled, rate) {
        (Some(true), Some(rate)) if rate > 0 => fresh % rate,
        (Some(false), Some(rate)) if rate < 1_000_000 => rate + fresh % (1_000_000 - rate),
        _ => fresh,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the fraction lies in 0..=1")]
fn to_millionths(fraction: f64) -> u32 {
    (fraction * 1e6) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "771a43a4192642f0b136d5159a501700-1234567890abcdef";

    fn continued(headers: &[(&str, String)]) -> Propagation {
        Propagation::from_headers(&headers.to_vec(), None).unwrap()
    }

    #[test]
    fn a_trace_without_baggage_has_an_empty_frozen_context() {
        let propagation = continued(&[("sentry-trace", TRACE.to_owned())]);
        assert!(propagation.dsc.unwrap().is_empty());
        assert_eq!(propagation.sampled, None);
    }

    #[test]
    fn the_context_of_a_trace_from_outside_of_sentry_is_ours_to_make() {
        let traceparent = ("traceparent", format!("00-{TRACE}-01"));
        assert!(continued(std::slice::from_ref(&traceparent)).dsc.is_none());
        let foreign = ("baggage", "tenant=7".to_owned());
        assert!(continued(&[traceparent.clone(), foreign]).dsc.is_none());
        let ours = ("baggage", "sentry-release=1".to_owned());
        assert_eq!(continued(&[traceparent, ours]).dsc.unwrap().get("release"), Some("1"));
    }

    #[test]
    fn sample_rand_agrees_with_the_decision() {
        for _ in 0..200 {
            let baggage = ("baggage", "sentry-sample_rate=0.25".to_owned());
            let yes = continued(&[("sentry-trace", format!("{TRACE}-1")), baggage.clone()]);
            assert!(yes.sample_rand < 250_000);
            let no = continued(&[("sentry-trace", format!("{TRACE}-0")), baggage]);
            assert!((250_000..1_000_000).contains(&no.sample_rand));
        }
    }

    #[test]
    fn a_sample_rand_of_one_is_out_of_range() {
        let propagation = continued(&[
            ("sentry-trace", format!("{TRACE}-1")),
            ("baggage", "sentry-sample_rand=1.0,sentry-sample_rate=0.000001".to_owned()),
        ]);
        assert_eq!(propagation.sample_rand, 0);
    }

    #[test]
    fn two_traceparents_start_a_new_trace() {
        let parent = format!("00-{TRACE}-01");
        let one = [("traceparent", parent.clone())];
        assert_eq!(continued(&one).sampled, Some(true));
        let two = [("traceparent", parent.clone()), ("traceparent", parent)];
        assert!(Propagation::from_headers(&two, None).is_none());
    }

    #[test]
    fn organisations_are_compared_as_the_spec_says() {
        let check = |theirs: Option<&str>, ours: Option<&str>, strict: bool| {
            let mut options = ClientOptions { strict_trace_continuation: strict, ..ClientOptions::default() };
            options.org_id = ours.map(str::to_owned);
            may_continue(theirs, &options)
        };
        for (theirs, ours, strict, expected) in [
            (Some("1"), Some("1"), false, true),
            (None, Some("1"), false, true),
            (Some("1"), None, false, true),
            (None, None, false, true),
            (Some("1"), Some("2"), false, false),
            (Some("1"), Some("1"), true, true),
            (None, Some("1"), true, false),
            (Some("1"), None, true, false),
            (None, None, true, true),
            (Some("1"), Some("2"), true, false),
        ] {
            assert_eq!(check(theirs, ours, strict), expected, "{theirs:?} {ours:?} {strict}");
        }
    }
}
