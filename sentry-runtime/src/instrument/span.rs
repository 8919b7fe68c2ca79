//! The public span handle: the active span, or a span that was started by a function call.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::json;

use super::open::{self, OpenSpan, Unended};
use crate::base::callback;
use crate::base::diagnostics;
use crate::context::active;
use crate::context::recorder;
use crate::context::thread_context::Context;
use crate::protocol::nesting::{self, Prune as _, Shallow};
use crate::protocol::{AttributeValue, Span as RecordedSpan, SpanId, SpanLink, SpanStatus, TraceId, Value};
use crate::trace::clock;
use crate::trace::clock::Start;
use crate::trace::ids::{self, Lineage, LocalId};
use crate::trace::record::{Detail, Record, SpanOutcome};

/// A handle to a span. Handles are cheap to clone and may be used from any thread. Without a client, or in a trace that
/// is not sampled, every call is a no-op.
///
/// A span that was started by [`start_inactive_span`](crate::start_inactive_span) ends with [`Span::end`], or when its
/// last handle is dropped. The handle of an active span does not keep the span open.
///
/// Set all data before the span ends: data that is set later may be lost, because the span may have been written
/// already.
#[derive(Debug, Clone, Default)]
pub struct Span {
    pub(crate) position: Option<(Arc<Context>, Lineage)>,
    pub(crate) open: Option<Arc<OpenSpan>>,
    /// The handle represents a span that is not recorded: it has its parent's span context, and what is set on it is
    /// discarded.
    pub(crate) stands_in: bool,
}

impl Span {
    /// Returns the active span of this thread.
    pub(crate) fn active() -> Option<Self> {
        let (segment, active) = (active::position().0, active::lineage());
        let context = active::own_context()?;
        (segment != 0 && active.span != 0)
            .then(|| Self { position: Some((context, active)), ..Self::default() })
    }

    /// Returns a handle to a span that is active in a context, and that somebody else ends.
    pub(crate) fn of(context: &Arc<Context>, active: Lineage) -> Self {
        Self { position: Some((Arc::clone(context), active)), ..Self::default() }
    }

    /// Ends the span at a given time. The root of a transaction is sent with the scopes of `context`.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn end_in(&self, context: &Context, time: SystemTime) {
        if let Some(open) = &self.open {
            open.end_in(context, Start::Wall(time), SpanOutcome::Ok);
        }
    }

    /// Ends the span without recording it. This is not possible for the root of a transaction.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn discard(&self) {
        if let Some(open) = &self.open {
            open.discard();
        }
    }

    /// Ends the span with the given outcome.
    pub(crate) fn end_as(&self, outcome: SpanOutcome) {
        if let Some(open) = &self.open {
            open.end(Start::Ticks(clock::now()), outcome);
        }
    }

    /// Returns the context and the local id, to make the span active or the parent of another.
    pub(crate) fn position(&self) -> Option<(Arc<Context>, Lineage)> {
        self.position.clone().filter(|(_, active)| active.span != 0)
    }

    /// Keeps a copy of what is set, for reads of the span.
    fn note(&self, note: impl FnOnce(&mut Unended)) {
        if let Some(open) = &self.open {
            open.note(note);
        }
    }

    /// Returns the segment and the span, if what is set on the span is recorded.
    fn recorded(&self) -> Option<(LocalId, LocalId)> {
        let (context, Lineage { span, .. }) = self.position.as_ref().filter(|_| !self.stands_in)?;
        let segment = context.segment().filter(|segment| segment.recorded)?;
        Some((segment.key, *span))
    }

    fn detail(&self, detail: Detail) {
        if let Some((segment, span)) = self.recorded() {
            recorder::push(Record::Detail { segment, span, detail: Box::new(detail) });
        }
    }

    /// Returns whether data that is set on the span is recorded: there is a client, and the trace is sampled, or may be
    /// kept by the option [`keep`](field@crate::ClientOptions::keep).
    #[must_use]
    pub fn is_recording(&self) -> bool {
        let recorded = |context: &Context| context.segment().is_some_and(|segment| segment.recorded);
        !self.stands_in
            && self.position.as_ref().is_some_and(|(context, active)| active.span != 0 && recorded(context))
    }

    /// Returns the id of the span's trace, or `None` if the handle belongs to no trace.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.position.as_ref()?.0.segment().map(|segment| segment.trace_id())
    }

    /// Returns the id of the span on the wire, or `None` if the handle belongs to no span.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.position
            .as_ref()
            .filter(|(_, active)| active.span != 0)
            .map(|(_, active)| ids::wire(active.span))
    }

    /// Returns the root of the transaction that the span belongs to, or the span itself if nothing is recorded.
    #[must_use]
    pub(crate) fn root(&self) -> Self {
        match &self.position {
            Some((context, active)) => match context.segment() {
                Some(segment) if segment.key != active.span => Self {
                    position: Some((Arc::clone(context), Lineage::of(segment.key))),
                    ..Self::default()
                },
                _ => self.clone(),
            },
            None => self.clone(),
        }
    }

    /// Returns a link to this span, to be added to another span by [`Span::add_link`].
    ///
    /// ```
    /// let first = sentry::start_inactive_span("first attempt");
    /// let second = sentry::start_inactive_span("second attempt");
    /// second.add_links(first.link().map(|link| link.attribute("sentry.link.type", "previous_trace")));
    /// ```
    #[must_use]
    pub fn link(&self) -> Option<SpanLink> {
        let (trace_id, span_id) = (self.trace_id()?, self.span_id()?);
        Some(SpanLink { sampled: Some(self.is_recording()), ..SpanLink::new(trace_id, span_id) })
    }

    /// Returns the span as JSON, with the field names of the wire: `span_id`, `trace_id`, `parent_span_id`, `op`,
    /// `description`, `start_timestamp`, `status`, `origin`, `data`, `links`.
    ///
    /// All fields are known until the span ends, if the span was started by a function call and this handle or a clone
    /// of it is used. For the root of a transaction, name and start are known as well; for any other span only the ids,
    /// because the rest is already on its way to the pipeline. Returns `null` without a client that records traces.
    ///
    /// ```
    /// let span = sentry::start_inactive_span("charge card");
    /// let json = span.to_json();
    /// # assert!(json.is_null());
    /// ```
    // Inlined, so that writing a span as a JSON value is compiled in the programs that call this.
    #[inline]
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self.known() {
            Ok(span) => serde_json::to_value(span).unwrap_or_default(),
            Err(ids) => ids,
        }
    }

    /// Returns the span as far as it is known here, or its ids alone, as JSON.
    fn known(&self) -> Result<RecordedSpan, Value> {
        if let Some(span) = self.open.as_ref().and_then(|open| open.describe()) {
            return Ok(span);
        }
        let Some((context, Lineage { span, parent })) = self.position.as_ref().filter(|(_, at)| at.span != 0)
        else {
            return Err(Value::Null);
        };
        let segment = context.segment().ok_or(Value::Null)?;
        if segment.key == *span {
            return Ok(open::describe_root(segment));
        }
        let (trace_id, span_id) = (segment.trace_id(), ids::wire(*span));
        Err(match parent {
            0 => json!({"trace_id": trace_id, "span_id": span_id}),
            &parent => {
                json!({"trace_id": trace_id, "span_id": span_id, "parent_span_id": ids::wire(parent)})
            }
        })
    }

    /// Sets an attribute. Replaces an attribute of the same name. Sentry can sum up and chart numbers.
    ///
    /// ```
    /// if let Some(span) = sentry::get_active_span() {
    ///     span.set_attribute("cart.items", 3);
    /// }
    /// ```
    pub fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        let Some((context, Lineage { span, .. })) = self.position.as_ref().filter(|_| self.is_recording())
        else {
            return nesting::discard(value);
        };
        let (key, mut value) = (key.into(), value.into());
        if matches!(value, AttributeValue::Array(_)) {
            // The value is copied below, and lists may be nested.
            value.prune();
        }
        self.note(|span| span.set_attribute(key.clone(), value.clone()));
        match (key, context.segment()) {
            (Cow::Borrowed(key), Some(segment)) => {
                recorder::push(Record::Attribute { segment: segment.key, span: *span, key, value });
            }
            (key, _) => self.detail(Detail::Attribute(key.into_owned(), value)),
        }
    }

    /// Sets several attributes.
    pub fn set_attributes<K, V>(&self, attributes: impl IntoIterator<Item = (K, V)>)
    where
        K: Into<Cow<'static, str>>,
        V: Into<AttributeValue>,
    {
        for (key, value) in attributes {
            self.set_attribute(key, value);
        }
    }

    /// Sets the status, instead of the one that the span would end with.
    pub fn set_status(&self, status: SpanStatus) {
        self.note(|span| span.status = Some(status));
        if let Some((segment, span)) = self.recorded() {
            recorder::push(Record::Status { segment, span, status });
        }
    }

    /// Sets the status and the attribute `http.response.status_code` from the status code of a response: `ok` below
    /// 400, otherwise see [`SpanStatus::from_http_status`].
    ///
    /// ```
    /// sentry::start_span("GET /orders/7", |span| span.set_http_status(404));
    /// ```
    pub fn set_http_status(&self, status_code: u16) {
        self.set_attribute("http.response.status_code", i64::from(status_code));
        self.set_status(SpanStatus::from_http_status(status_code));
    }

    /// Renames the span, and its transaction if the span is the root of one.
    ///
    /// ```
    /// sentry::start_span("GET /orders/7", |span| span.update_name("GET /orders/{id}"));
    /// ```
    pub fn update_name(&self, name: impl Into<String>) {
        let Some((context, active)) = self.position.as_ref().filter(|_| !self.stands_in) else { return };
        let name = name.into();
        if let Some(segment) = context.segment().filter(|segment| segment.key == active.span) {
            segment.rename(name, "custom");
        } else {
            self.note(|span| span.name = Cow::Owned(name.clone()));
            self.detail(Detail::Name(name));
        }
    }

    /// Replaces the operation.
    pub fn set_op(&self, op: impl Into<Cow<'static, str>>) {
        let op = op.into();
        self.note(|span| span.op.clone_from(&op));
        self.detail(Detail::Op(op));
    }

    /// Sets a tag of the span, or of the whole transaction if the span is its root. Keys and values follow the rules
    /// for tags on scopes.
    pub fn set_tag(&self, key: impl Into<String>, value: impl ToString) {
        if let Some(value) = callback::text(value) {
            self.detail(Detail::Tag(key.into(), value));
        }
    }

    /// Links the span to a span of another trace, or of another part of this trace; see [`Span::link`].
    pub fn add_link(&self, link: SpanLink) {
        let link = Shallow::of(link).into_inner();
        self.note(|span| span.add_link(&link));
        self.detail(Detail::Link(link));
    }

    /// Links the span to several others.
    pub fn add_links(&self, links: impl IntoIterator<Item = SpanLink>) {
        for link in links {
            self.add_link(link);
        }
    }

    /// Makes the span active on this thread until it ends.
    pub(crate) fn show(&self) {
        let Some(open) = self.open.as_ref() else { return };
        if !open.show() {
            diagnostics::debug(format_args!(
                "set_active_span: the span has ended or another transaction is active here; use with_active_span"
            ));
        }
    }

    /// Ends a span that was started by a function call. Later calls, and calls on other spans, have no effect.
    pub fn end(&self) {
        if let Some(open) = &self.open {
            open.end(Start::Ticks(clock::now()), SpanOutcome::Ok);
        }
    }

    /// Ends the span at a given time.
    pub fn end_at(&self, time: SystemTime) {
        if let Some(open) = &self.open {
            open.end(Start::Wall(time), SpanOutcome::Ok);
        }
    }
}

/// A value that can be given as the parent of a span: a span or an optional one.
pub trait IntoParent {
    /// Returns the span; the default span if there is none.
    fn into_parent(self) -> Span;
}

impl IntoParent for Span {
    fn into_parent(self) -> Span {
        self
    }
}

impl IntoParent for &Span {
    fn into_parent(self) -> Span {
        self.clone()
    }
}

/// An argument of an annotated function can only be borrowed, because the function's body owns it.
impl IntoParent for &Option<Span> {
    fn into_parent(self) -> Span {
        self.clone().unwrap_or_default()
    }
}

impl<T: IntoParent> IntoParent for Option<T> {
    fn into_parent(self) -> Span {
        self.map(IntoParent::into_parent).unwrap_or_default()
    }
}
