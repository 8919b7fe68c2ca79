//! Methods of [`Span`] with the names of the official crate.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::context::span_context::SpanContext;
use crate::instrument::options::SpanOptions;
use crate::instrument::outgoing::TraceData;
use crate::instrument::span::Span;
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, Request, SpanId, SpanStatus, TraceContext, Value};

impl Span {
    /// Starts a child of this span without making it active, like
    /// [`start_inactive_span`](crate::start_inactive_span) with this span as the parent.
    ///
    /// ```
    /// let transaction = sentry::start_transaction("checkout");
    /// let query = transaction.start_child("db.query", "SELECT 1");
    /// query.finish();
    /// transaction.finish();
    /// ```
    #[must_use = "the child ends when its last handle is dropped"]
    pub fn start_child(&self, op: &str, description: &str) -> Self {
        crate::api::start_inactive_span(child(op, description).parent_span(self))
    }

    /// Starts a child like [`start_child`](Self::start_child), at a given time. The id of the span is chosen here: the
    /// given one is ignored.
    #[must_use = "the child ends when its last handle is dropped"]
    #[deprecated(
        note = "use `start_inactive_span(SpanOptions::new(name).op(op).start_time(time).parent_span(&span))`"
    )]
    pub fn start_child_with_details(
        &self,
        op: &str,
        description: &str,
        _id: SpanId,
        timestamp: SystemTime,
    ) -> Self {
        crate::api::start_inactive_span(child(op, description).start_time(timestamp).parent_span(self))
    }

    /// Sets an attribute, see [`Span::set_attribute`]. Objects and nested lists are stored as JSON text; `null` is
    /// ignored.
    pub fn set_data(&self, key: &str, value: Value) {
        match AttributeValue::from_json(&Shallow::of(value).into_inner()) {
            AttributeValue::Null => {}
            value => self.set_attribute(key.to_owned(), value),
        }
    }

    /// Sets an attribute of a transaction, see [`set_data`](Self::set_data).
    pub fn set_extra(&self, key: &str, value: Value) {
        self.set_data(key, value);
    }

    /// Renames the span, see [`Span::update_name`].
    pub fn set_name(&self, name: &str) {
        self.update_name(name);
    }

    /// Sets the attributes `http.request.method` and `url.full` from a request.
    ///
    /// ```
    /// use sentry::protocol::Request;
    ///
    /// let span = sentry::start_transaction("GET /orders");
    /// span.set_request(Request { method: Some("GET".into()), ..Request::default() });
    /// ```
    #[deprecated(
        note = "use `configure_scope(|scope| scope.set_request(Some(request)))`, which events show as well"
    )]
    pub fn set_request(&self, request: Request) {
        for (key, value) in [("http.request.method", request.method), ("url.full", request.url)] {
            if let Some(value) = value {
                self.set_attribute(key, value);
            }
        }
    }

    /// Returns the status that was set, while the span is open and was started by a function call.
    #[must_use]
    pub fn get_status(&self) -> Option<SpanStatus> {
        self.open.as_ref()?.describe()?.status
    }

    /// Returns the id of the span, or a random one if the handle belongs to no span; see [`Span::span_id`].
    #[must_use]
    pub fn get_span_id(&self) -> SpanId {
        self.span_id().unwrap_or_default()
    }

    /// Returns the ids of the span and, while it is open, its operation and status, as a context of events.
    #[must_use]
    pub fn get_trace_context(&self) -> TraceContext {
        let Some(span) = self.open.as_ref().and_then(|open| open.describe()) else {
            let (span_id, trace_id) = (self.get_span_id(), self.trace_id().unwrap_or_default());
            return TraceContext { trace_id, span_id, ..TraceContext::default() };
        };
        TraceContext {
            trace_id: span.trace_id,
            span_id: span.span_id,
            parent_span_id: span.parent_span_id,
            op: span.op,
            description: span.description,
            status: span.status,
            origin: span.origin,
            ..TraceContext::default()
        }
    }

    /// Returns whether the span is recorded, see [`Span::is_recording`].
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.is_recording()
    }

    /// Returns the headers with which another service continues the trace as a child of this span. For the active span,
    /// [`get_trace_data`](crate::get_trace_data) and [`propagate`](crate::propagate) do the same.
    ///
    /// ```
    /// let span = sentry::start_transaction("GET /orders");
    /// for (name, value) in span.iter_headers() {
    ///     println!("{name}: {value}");
    /// }
    /// ```
    pub fn iter_headers(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let data = self.position().and_then(|(context, active)| {
            let client = context.client().filter(|client| client.is_enabled())?;
            Some(TraceData::at(&client, &SpanContext::of(&context, active), context.is_suppressed()))
        });
        let owned = |data: TraceData| data.iter().map(|(name, value)| (name, value.to_owned())).collect();
        data.map_or_else(Vec::new, owned).into_iter()
    }

    /// Returns the span as something to set data on.
    ///
    /// ```
    /// let span = sentry::start_transaction("GET /orders");
    /// span.data().set_data("orders".into(), 3.into());
    /// ```
    #[must_use]
    pub fn data(&self) -> SpanData<'_> {
        SpanData(self)
    }

    /// Ends the span, see [`Span::end`].
    pub fn finish(&self) {
        self.end();
    }

    /// Ends the span at a given time, see [`Span::end_at`].
    pub fn finish_with_timestamp(&self, timestamp: SystemTime) {
        self.end_at(timestamp);
    }
}

impl PartialEq for Span {
    /// Returns whether two handles belong to the same span of the same trace.
    fn eq(&self, other: &Self) -> bool {
        (self.trace_id(), self.span_id()) == (other.trace_id(), other.span_id())
    }
}

fn child(op: &str, description: &str) -> SpanOptions {
    SpanOptions::new(description.to_owned()).op(op.to_owned())
}

/// The data of a span, see [`Span::data`].
#[derive(Debug)]
pub struct SpanData<'a>(&'a Span);

impl SpanData<'_> {
    /// Sets an attribute, see [`Span::set_data`].
    pub fn set_data(&mut self, key: Cow<'_, str>, value: Value) {
        self.0.set_data(&key, value);
    }

    /// Sets a tag, see [`Span::set_tag`].
    pub fn set_tag(&mut self, key: Cow<'_, str>, value: String) {
        self.0.set_tag(key.into_owned(), value);
    }
}
