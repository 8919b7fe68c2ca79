//! Transactions by the names of the official crate: a context that describes one, and its start.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::context::active;
use crate::instrument::options::SpanOptions;
use crate::instrument::span::Span;
use crate::options::sampling::SamplingContext;
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, SpanId, TraceId, Value};
use crate::trace::propagation::Propagation;

/// Values for the sampler, by name, see [`TransactionContext::custom_insert`].
pub type CustomTransactionContext = serde_json::Map<String, Value>;

/// Name, operation and trace of a transaction: to start one with, and as a `traces_sampler` receives them.
///
/// [`SpanOptions`] can do more: attributes, links, a start time.
///
/// ```
/// use sentry::TransactionContext;
///
/// let options = sentry::ClientOptions::new()
///     .traces_sampler(|context: &TransactionContext| if context.name() == "health" { 0.0 } else { 0.2 });
///
/// let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
/// let context = TransactionContext::continue_from_headers("checkout", "http.server", headers);
/// let transaction = sentry::start_transaction(context);
/// transaction.finish();
/// # drop(options);
/// ```
pub type TransactionContext = SamplingContext;

impl SamplingContext {
    /// Returns the context of a transaction. It belongs to the trace that is being continued, or to a new one.
    #[must_use = "this does not start the transaction: pass it to `start_transaction`"]
    pub fn new(name: &str, op: &str) -> Self {
        Self {
            name: name.to_owned(),
            op: op.to_owned(),
            trace_id: active::with(|context| context.propagation.trace_id),
            parent_sampled: None,
            parent_sample_rate: None,
            attributes: Box::default(),
            custom: Box::default(),
            decided: None,
            trace: None,
        }
    }

    /// Returns the context of a transaction in the trace with this id.
    #[must_use = "this does not start the transaction: pass it to `start_transaction`"]
    pub fn new_with_trace_id(name: &str, op: &str, trace_id: TraceId) -> Self {
        Self::new(name, op).of_trace(Propagation { trace_id, ..Propagation::new() })
    }

    /// Returns the context of a transaction that continues the trace of these headers, or begins a new trace if they
    /// name none. Around a whole request, [`continue_trace`](crate::continue_trace) also continues the trace in its
    /// errors and logs.
    #[must_use = "this does not start the transaction: pass it to `start_transaction`"]
    pub fn continue_from_headers<'a, I: IntoIterator<Item = (&'a str, &'a str)>>(
        name: &str,
        op: &str,
        headers: I,
    ) -> Self {
        let headers: Vec<_> = headers.into_iter().collect();
        let client = active::client();
        let options = client.as_ref().map(|client| client.options());
        let trace = Propagation::from_headers(&headers, options);
        Self::new(name, op).of_trace(trace.unwrap_or_else(Propagation::new))
    }

    /// Returns the context of a transaction in the trace of a span, as its child.
    #[must_use = "this does not start the transaction: pass it to `start_transaction`"]
    pub fn continue_from_span(name: &str, op: &str, span: Option<Span>) -> Self {
        let context = Self::new(name, op);
        let Some(span) = span else { return context };
        let (Some(trace_id), Some(parent)) = (span.trace_id(), span.span_id()) else { return context };
        context.of_trace(Propagation {
            trace_id,
            parent: Some(parent),
            sampled: Some(span.is_recording()),
            ..Propagation::new()
        })
    }

    fn of_trace(self, trace: Propagation) -> Self {
        Self {
            trace_id: trace.trace_id,
            parent_sampled: trace.sampled,
            parent_sample_rate: trace.parent_sample_rate(),
            trace: Some(Arc::new(trace)),
            ..self
        }
    }

    /// Returns a builder.
    #[must_use = "this does not start the transaction: pass its result to `start_transaction`"]
    pub fn builder(name: &str, op: &str) -> TransactionContextBuilder {
        TransactionContextBuilder { context: Self::new(name, op), trace: None, parent: None }
    }

    /// Sets whether the transaction is recorded; `None` leaves it to the options.
    pub fn set_sampled(&mut self, sampled: impl Into<Option<bool>>) {
        self.decided = sampled.into();
    }

    /// Sets a value for the sampler, see [`SpanOptions::sampling_value`].
    pub fn custom_insert(&mut self, key: String, value: Value) {
        let value = AttributeValue::from_json(&Shallow::of(value).into_inner());
        let known = std::mem::take(&mut self.custom).into_vec().into_iter();
        self.custom = known.chain([(Cow::Owned(key), value)]).collect();
    }
}

impl From<SamplingContext> for SpanOptions {
    fn from(context: SamplingContext) -> Self {
        let SamplingContext { name, op, attributes, custom, decided, trace, .. } = context;
        let mut options = Self::new(name).op(op).parent_span(None).attributes(attributes);
        options.sampling_values = custom.into_vec();
        options.sampled = decided;
        match trace.and_then(|trace| trace.downcast::<Propagation>().ok()) {
            Some(trace) => options.in_trace(trace),
            None => options,
        }
    }
}

/// A builder of a [`TransactionContext`].
#[derive(Debug, Clone)]
pub struct TransactionContextBuilder {
    context: TransactionContext,
    trace: Option<TraceId>,
    parent: Option<SpanId>,
}

impl TransactionContextBuilder {
    /// Sets the name.
    #[must_use]
    pub fn with_name(mut self, name: String) -> Self {
        self.context.name = name;
        self
    }

    /// Sets the operation.
    #[must_use]
    pub fn with_op(mut self, op: String) -> Self {
        self.context.op = op;
        self
    }

    /// Sets the id of the trace.
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: TraceId) -> Self {
        self.trace = Some(trace_id);
        self
    }

    /// Sets the id of the parent span.
    #[must_use]
    pub fn with_parent_span_id(mut self, parent_span_id: Option<SpanId>) -> Self {
        self.parent = parent_span_id;
        self
    }

    /// Sets whether the transaction is recorded; `None` leaves it to the options.
    #[must_use]
    pub fn with_sampled(mut self, sampled: Option<bool>) -> Self {
        self.context.set_sampled(sampled);
        self
    }

    /// Sets a value for the sampler.
    #[must_use]
    pub fn with_custom(mut self, key: String, value: Value) -> Self {
        self.context.custom_insert(key, value);
        self
    }

    /// Returns the context.
    #[must_use = "this does not start the transaction: pass it to `start_transaction`"]
    pub fn finish(self) -> TransactionContext {
        let Self { context, trace, parent } = self;
        if trace.is_none() && parent.is_none() {
            return context;
        }
        let new = Propagation::new();
        context.of_trace(Propagation { trace_id: trace.unwrap_or(new.trace_id), parent, ..new })
    }
}

/// Starts a transaction that began at a given time, see [`start_transaction`](crate::start_transaction) and
/// [`SpanOptions::start_time`].
pub fn start_transaction_with_timestamp(context: TransactionContext, timestamp: SystemTime) -> Span {
    crate::api::start_transaction(SpanOptions::from(context).start_time(timestamp))
}
