//! The span as a user holds it: the active one, or one that was started by a function call.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::ids::{self, LocalId};
use super::options::{Parent, SpanOptions};
use super::record::{Detail, DynamicSpan, Outcome, Record, Start};
use super::root::{self, RootKind};
use super::segment::RootName;
use super::{clock, gen_ai, recorder};
use crate::client;
use crate::protocol::{AttributeValue, SpanId, SpanLink, SpanStatus, TraceId};
use crate::scope::active;
use crate::scope::context::{Context, Mode};

/// A handle to a span. Handles are cheap to clone and may be used from any thread; without a client, or in a
/// trace that is not sampled, every call is a no-op.
///
/// A span that [`start_inactive_span`](crate::start_inactive_span) made ends with [`Span::end`], or when its last
/// handle is dropped. The handle of an active span does not keep it from ending.
#[derive(Debug, Clone, Default)]
pub struct Span {
    place: Option<(Arc<Context>, LocalId)>,
    open: Option<Arc<OpenSpan>>,
}

/// A span that ends by call. What is here has not ended.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    context: Arc<Context>,
    id: LocalId,
    unended: Mutex<Option<Unended>>,
}

#[derive(Debug)]
struct Unended {
    parent: LocalId,
    name: Cow<'static, str>,
    op: Cow<'static, str>,
    origin: Cow<'static, str>,
    start: Start,
}

impl OpenSpan {
    fn end(&self, end: Start, outcome: Outcome) {
        let Some(unended) = self.unended.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let Some(segment) = self.context.segment() else { return };
        if segment.key == self.id {
            root::end(&self.context, self.id, Some(end), outcome);
        } else if segment.sampled {
            let Unended { parent, name, op, origin, start } = unended;
            let span = DynamicSpan { parent, name, op, origin, start, end, outcome };
            let detail = Box::new(Detail::Span(span));
            recorder::push(Record::Detail { segment: segment.key, span: self.id, detail });
        }
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { Outcome::Failed } else { Outcome::Ok };
        self.end(Start::Ticks(clock::now()), outcome);
    }
}

impl Span {
    /// The active span of this thread.
    pub(crate) fn active() -> Option<Self> {
        let (segment, span) = active::position();
        let context = active::own_context()?;
        (segment != 0 && span != 0).then(|| Self { place: Some((context, span)), open: None })
    }

    /// Starts a span without making it active.
    pub(crate) fn start(options: SpanOptions) -> Self {
        if client::level() != client::Level::Tracing {
            return Self::default();
        }
        let (base, active) = match &options.parent {
            Parent::Active => (active::context(), active::position().1),
            Parent::None => (Arc::new(active::context().with_segment(None)), 0),
            Parent::Given(span) => match span.place() {
                Some(place) => place,
                None => (active::context(), active::position().1),
            },
        };
        Self::start_in(base, active, options)
    }

    /// Starts a span in a context, under the span that is active in it.
    pub(crate) fn start_in(base: Arc<Context>, active: LocalId, options: SpanOptions) -> Self {
        let start = match options.start_time {
            Some(wall) => Start::Wall(wall),
            None => Start::Ticks(clock::now()),
        };
        let SpanOptions { name, op, origin, source, attributes, .. } = options;
        let id = ids::next();
        let mode = base.mode();
        let is_root = mode == Mode::Root || options.force_transaction;
        let context = if is_root {
            if mode == Mode::Root && options.only_if_parent {
                return Self::default();
            }
            let root_name =
                RootName::Given { name: name.clone(), op: op.clone(), origin: origin.clone(), source };
            let kind = RootKind { new_trace: false, under: (active != 0).then_some(active) };
            match root::start(&base, kind, root_name, Some(start), id) {
                Some((context, _)) => context,
                None => return Self::default(),
            }
        } else if mode == Mode::Sampled {
            base
        } else {
            return Self { place: Some((base, active)), open: None };
        };
        if gen_ai::is_gen_ai(&op) {
            gen_ai::begin(&context, id, &op);
        }
        let unended = Unended { parent: active, name, op, origin, start };
        let open = OpenSpan { context: Arc::clone(&context), id, unended: Mutex::new(Some(unended)) };
        let span = Self { place: Some((context, id)), open: Some(Arc::new(open)) };
        for (key, value) in attributes {
            span.set_attribute(key, value);
        }
        span
    }

    /// Ends the span with the given outcome.
    pub(crate) fn end_as(&self, outcome: Outcome) {
        if let Some(open) = &self.open {
            open.end(Start::Ticks(clock::now()), outcome);
        }
    }

    /// The context and the local id, to make the span active or the parent of another.
    pub(crate) fn place(&self) -> Option<(Arc<Context>, LocalId)> {
        self.place.clone().filter(|&(_, span)| span != 0)
    }

    fn detail(&self, detail: Detail) {
        if let Some((context, span)) = &self.place
            && let Some(segment) = context.segment().filter(|segment| segment.sampled)
        {
            recorder::push(Record::Detail { segment: segment.key, span: *span, detail: Box::new(detail) });
        }
    }

    /// Whether what is set on the span is kept: there is a client, and the trace is sampled.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        let sampled = |context: &Context| context.segment().is_some_and(|segment| segment.sampled);
        self.place.as_ref().is_some_and(|(context, span)| *span != 0 && sampled(context))
    }

    /// The trace that the span belongs to.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.place.as_ref()?.0.segment().map(|segment| segment.trace_id())
    }

    /// The span's id on the wire.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.place.as_ref().filter(|&&(_, span)| span != 0).map(|&(_, span)| ids::wire(span))
    }

    /// Sets an attribute; one of the same name is replaced. Numbers can be summed up and charted in Sentry.
    ///
    /// ```
    /// if let Some(span) = sentry::get_active_span() {
    ///     span.set_attribute("cart.items", 3);
    /// }
    /// ```
    pub fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        let Some((context, span)) = self.place.as_ref().filter(|_| self.is_recording()) else { return };
        let (key, value) = (key.into(), value.into());
        match (key, context.segment()) {
            (Cow::Borrowed(key), Some(segment)) => {
                recorder::push(Record::Attribute { segment: segment.key, span: *span, key, value });
            }
            (key, _) => self.detail(Detail::Attribute(key.into_owned(), value)),
        }
    }

    /// Sets the status instead of the one that the span would end with.
    pub fn set_status(&self, status: SpanStatus) {
        self.detail(Detail::Status(status));
    }

    /// Sets the status and the attribute `http.response.status_code` by the status code of a response.
    pub fn set_http_status(&self, status_code: u16) {
        self.set_attribute("http.response.status_code", i64::from(status_code));
        self.set_status(SpanStatus::from_http_status(status_code));
    }

    /// Renames the span, and the transaction if the span is its root.
    pub fn update_name(&self, name: impl Into<String>) {
        let name = name.into();
        if let Some((context, span)) = &self.place
            && let Some(segment) = context.segment().filter(|segment| segment.key == *span)
        {
            segment.rename(name, "custom");
        } else {
            self.detail(Detail::Name(name));
        }
    }

    /// Sets another operation.
    pub fn set_op(&self, op: impl Into<Cow<'static, str>>) {
        self.detail(Detail::Op(op.into()));
    }

    /// Sets a tag of the span.
    pub fn set_tag(&self, key: impl Into<String>, value: impl ToString) {
        self.detail(Detail::Tag(key.into(), value.to_string()));
    }

    /// Links the span to one of another trace, or of another part of this one.
    pub fn add_link(&self, link: SpanLink) {
        self.detail(Detail::Link(link));
    }

    /// Ends a span that was started by a function call. Later calls, and calls on other spans, do nothing.
    pub fn end(&self) {
        if let Some(open) = &self.open {
            open.end(Start::Ticks(clock::now()), Outcome::Ok);
        }
    }

    /// Ends the span at a given time.
    pub fn end_at(&self, time: SystemTime) {
        if let Some(open) = &self.open {
            open.end(Start::Wall(time), Outcome::Ok);
        }
    }
}

/// What can be given as a span's parent: a span, or perhaps one.
pub trait IntoParent {
    /// The span; the default span stands for none.
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

/// An argument of an annotated function can only be lent: the function's body owns it.
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
