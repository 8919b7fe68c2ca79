//! The sampling context: the data that the option `traces_sampler` receives about a root span before it starts.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::protocol::{AttributeValue, TraceId};

/// Names and values in the order in which they were given.
pub(crate) type Values = [(Cow<'static, str>, AttributeValue)];

/// The data that a `traces_sampler` receives about a root span that is about to start.
#[derive(Debug, Clone)]
pub struct SamplingContext {
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) trace_id: TraceId,
    pub(crate) parent_sampled: Option<bool>,
    pub(crate) parent_sample_rate: Option<f32>,
    pub(crate) attributes: Box<Values>,
    pub(crate) custom: Box<Values>,
    /// The decision of the program that made the context to start a transaction with.
    pub(crate) decided: Option<bool>,
    /// The trace of such a context, of a type that only the rooms above know.
    pub(crate) trace: Option<Arc<dyn Any + Send + Sync>>,
}

fn find<'a>(values: &'a Values, key: &str) -> Option<&'a AttributeValue> {
    values.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value)
}

impl SamplingContext {
    /// Returns the name of the root span.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the operation of the root span, such as `http.server`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.op
    }

    /// Returns the value of an attribute that the span starts with. Annotated functions set their attributes after the
    /// decision.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        find(&self.attributes, key)
    }

    /// Returns the attributes that the span starts with.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.attributes.iter().map(|(key, value)| (&**key, value))
    }

    /// Returns a value that the program passes only to the sampler, by
    /// [`SpanOptions::sampling_value`](crate::SpanOptions::sampling_value).
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

    /// Returns the id of the trace that the span belongs to.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// Returns the sampling decision of the service that this trace came from, or the one that
    /// [`set_sampled`](Self::set_sampled) made.
    #[must_use]
    pub fn sampled(&self) -> Option<bool> {
        self.decided.or(self.parent_sampled)
    }

    /// Returns the rate at which the head of the trace was sampled.
    #[must_use]
    pub fn parent_sample_rate(&self) -> Option<f32> {
        self.parent_sample_rate
    }

    /// Returns the rate that keeps a trace complete: the rate of its head, else 1 or 0 for a decision that came without
    /// a rate, else `fallback`.
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
