//! The state of a span that was started by a function call and has not ended: its name and what was set on it.
//!
//! What is set on the span goes to the recorder at once, as for every span. The copy here serves reads of the span,
//! and its end.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::root;
use crate::context::activation::Activation;
use crate::context::active;
use crate::context::recorder;
use crate::context::thread_context::Context;
use crate::protocol::{self, AttributeValue, SpanId, SpanLink, SpanStatus, map_of};
use crate::trace::clock::Start;
use crate::trace::clock::{self, Anchor};
use crate::trace::ids::{self, Lineage, LocalId};
use crate::trace::record::{Detail, DynamicSpan, Record, SpanOutcome};
use crate::trace::segment::Segment;

/// The maximum number of attributes, and of links, that are kept per span for reads.
const MAX_KEPT: usize = 1000;

/// A span that ends by an explicit call and has not ended yet.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    context: Arc<Context>,
    id: LocalId,
    unended: Mutex<Option<Unended>>,
}

/// See [`OpenSpan`].
#[derive(Debug)]
pub(crate) struct Unended {
    pub(crate) parent: LocalId,
    pub(crate) name: Cow<'static, str>,
    pub(crate) op: Cow<'static, str>,
    pub(crate) origin: Cow<'static, str>,
    pub(crate) start: Start,
    pub(crate) status: Option<SpanStatus>,
    pub(crate) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(crate) links: Vec<SpanLink>,
    /// The activation that lasts until the end of the span.
    pub(crate) shown: Option<Activation>,
}

impl OpenSpan {
    pub(crate) fn new(context: Arc<Context>, id: LocalId, unended: Unended) -> Self {
        Self { context, id, unended: Mutex::new(Some(unended)) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Unended>> {
        self.unended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the span. A second end does nothing.
    pub(crate) fn end(&self, end: Start, outcome: SpanOutcome) {
        self.end_in(&self.context, end, outcome);
    }

    /// Ends the span in a context with the same segment and other scopes; a root span is sent with those scopes.
    pub(crate) fn end_in(&self, context: &Context, end: Start, outcome: SpanOutcome) {
        let Some(unended) = self.lock().take() else { return };
        let Unended { parent, name, op, origin, start, shown, .. } = unended;
        if let Some(shown) = shown {
            shown.take_back();
        }
        let Some(segment) = self.context.segment() else { return };
        if segment.key == self.id {
            root::end(context, self.id, Some(end), outcome);
        } else if segment.recorded {
            let span = DynamicSpan { parent, name, op, origin, start, end, outcome };
            let detail = Box::new(Detail::Span(span));
            recorder::push(Record::Detail { segment: segment.key, span: self.id, detail });
        }
    }

    /// Ends the span without recording it, unless a segment ends with it.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn discard(&self) {
        if self.context.key() != self.id {
            drop(self.lock().take());
        }
    }

    /// Makes the span active on this thread until it ends. Returns whether that was possible.
    pub(crate) fn show(&self) -> bool {
        let here = active::context();
        let Some(segment) = self.context.segment() else { return false };
        // Guards that are open here end the segment that they find active, which has to be theirs.
        if here.segment().is_some_and(|here| here.key != segment.key) {
            return false;
        }
        let mut unended = self.lock();
        let Some(unended) = unended.as_mut() else { return false };
        // A span can be active in one context at a time.
        if unended.shown.is_some() {
            return true;
        }
        let context = Arc::new(here.with_segment(Some(Arc::clone(segment))));
        unended.shown = Some(Activation::put(context, Lineage { span: self.id, parent: unended.parent }));
        true
    }

    /// Keeps a copy of what was set on the span, for reads.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Unended)) {
        if let Some(unended) = self.lock().as_mut() {
            note(unended);
        }
    }

    /// Returns the span in its current state, or `None` if it has ended.
    pub(crate) fn describe(&self) -> Option<protocol::Span> {
        let unended = self.lock();
        let unended = unended.as_ref()?;
        let segment = self.context.segment()?;
        let is_root = segment.key == self.id;
        let name = if is_root { segment.name().0.into_owned() } else { unended.name.clone().into_owned() };
        let text = |text: &Cow<'static, str>| (!text.is_empty()).then(|| text.clone().into_owned());
        let value = |value: &AttributeValue| serde_json::to_value(value).unwrap_or_default();
        Some(protocol::Span {
            span_id: ids::wire(self.id),
            trace_id: segment.trace_id(),
            parent_span_id: parent(segment, self.id, unended.parent),
            op: text(&unended.op),
            description: Some(name),
            start_timestamp: wall(unended.start),
            status: unended.status,
            origin: text(&unended.origin),
            data: map_of(unended.attributes.iter().map(|(key, of)| (key.clone().into_owned(), value(of)))),
            links: unended.links.clone(),
            ..protocol::Span::default()
        })
    }
}

impl Unended {
    pub(crate) fn new(
        parent: LocalId,
        name: Cow<'static, str>,
        op: Cow<'static, str>,
        origin: Cow<'static, str>,
        start: Start,
    ) -> Self {
        let (attributes, links) = (Vec::new(), Vec::new());
        Self { parent, name, op, origin, start, status: None, attributes, links, shown: None }
    }

    pub(crate) fn set_attribute(&mut self, key: Cow<'static, str>, value: AttributeValue) {
        match self.attributes.iter().position(|(known, _)| *known == key) {
            Some(at) => self.attributes[at].1 = value,
            None if self.attributes.len() < MAX_KEPT => self.attributes.push((key, value)),
            None => {}
        }
    }

    pub(crate) fn add_link(&mut self, link: &SpanLink) {
        if self.links.len() < MAX_KEPT {
            self.links.push(link.clone());
        }
    }
}

/// Returns the wire id of a span's parent; the segment's root is the parent of a span that has none in its segment.
fn parent(segment: &Segment, id: LocalId, parent: LocalId) -> Option<SpanId> {
    if segment.key == id {
        return segment.parent;
    }
    Some(ids::wire(if parent == 0 { segment.key } else { parent }))
}

/// Describes the root of a segment by what the segment knows of it.
pub(crate) fn describe_root(segment: &Segment) -> protocol::Span {
    let text = |text: Cow<'static, str>| (!text.is_empty()).then(|| text.into_owned());
    protocol::Span {
        span_id: ids::wire(segment.key),
        trace_id: segment.trace_id(),
        parent_span_id: segment.parent,
        op: text(segment.root.op()),
        description: Some(segment.name().0.into_owned()),
        start_timestamp: wall(segment.start),
        origin: text(segment.root.origin()),
        ..protocol::Span::default()
    }
}

fn wall(start: Start) -> std::time::SystemTime {
    match start {
        Start::Ticks(ticks) => Anchor::rough().wall(ticks),
        Start::Wall(wall) => wall,
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { SpanOutcome::Failed } else { SpanOutcome::Ok };
        self.end(Start::Ticks(clock::now()), outcome);
    }
}
