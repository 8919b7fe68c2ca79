//! The sampling context: what the option `traces_sampler` knows of a root span that is about to start.

use std::borrow::Cow;

use crate::protocol::{AttributeValue, TraceId};

/// Names and values in the order in which they were given.
pub(crate) type Values = [(Cow<'static, str>, AttributeValue)];

/// What a `traces_sampler` knows of the root span that is about to start.
#[derive(Debug, Clone)]
pub struct SamplingContext {
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) trace_id: TraceId,
    pub(crate) parent_sampled: Option<bool>,
    pub(crate) parent_sample_rate: Option<f32>,
    pub(crate) attributes: Box<Values>,
    pub(crate) custom: Box<Values>,
}

fn find<'a>(values: &'a Values, key: &str) -> Option<&'a AttributeValue> {
    values.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value)
}

impl SamplingContext {
    /// The name of the root span.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its operation, such as `http.server`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.op
    }

    /// The value of an attribute that the span starts with. Annotated functions are given theirs after the decision.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        find(&self.attributes, key)
    }

    /// The attributes that the span starts with.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.attributes.iter().map(|(key, value)| (&**key, value))
    }

    /// What the program says to the sampler alone, by [`SpanOptions::sampling_value`](crate::SpanOptions::sampling_value).
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().traces_sampler(|span| {
    ///     if span.custom("customer").and_then(|it| it.as_str()) == Some("gold") { 1.0 } else { 0.1 }
    /// });
    /// ```
    #[must_use]
    pub fn custom(&self, key: &str) -> Option<&AttributeValue> {
        find(&self.custom, key)
    }

    /// The trace that it belongs to.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The decision that came with the trace from another service.
    #[must_use]
    pub fn sampled(&self) -> Option<bool> {
        self.parent_sampled
    }

    /// The rate at which the head of the trace was sampled.
    #[must_use]
    pub fn parent_sample_rate(&self) -> Option<f32> {
        self.parent_sample_rate
    }

    /// The rate that keeps a trace whole: the one of its head, else a decision that came without a rate,
    /// else `fallback`.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().traces_sampler(|span| {
    ///     if span.name().contains("health") { 0.0 } else { span.inherit_or_sample_with(0.2) }
    /// });
    /// ```
    #[must_use]
    pub fn inherit_or_sample_with(&self, fallback: f32) -> f32 {
        match (self.parent_sample_rate, self.parent_sampled) {
            (Some(rate), _) => rate,
            (None, Some(sampled)) => f32::from(u8::from(sampled)),
            (None, None) => fallback,
        }
    }
}
