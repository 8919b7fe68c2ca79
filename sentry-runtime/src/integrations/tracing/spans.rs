//! The recorded counterpart of a `tracing` span, and its activations on threads.
//!
//! A span remembers the context in which it was created. Entering it activates a context with its segment. That context
//! derives from the active one, if both belong to the same piece of work: they have the same isolation scope, possibly
//! with a newer scope or function around, or the span was created outside any request. On another thread or in another
//! task, it derives from the remembered one. Every entry has an activation of its own, so spans may be left in any
//! order: see [`activation`](crate::context::activation).

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_core::Metadata;

use super::fields::SpanFields;
use crate::client;
use crate::context::activation::Activation;
use crate::context::active;
use crate::context::thread_context::Context;
use crate::instrument::options::SpanOptions;
use crate::instrument::span::Span;
use crate::protocol::{AttributeValue, SpanStatus};
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;
use crate::trace::record::SpanOutcome;

/// The parent of a span.
#[derive(Debug)]
pub(super) enum Parent {
    Active,
    None,
    Given(Arc<Recorded>),
}

/// A recorded span, or the context that its work takes along if it is not recorded.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The layer that recorded it.
    pub(super) layer: usize,
    context: Arc<Context>,
    active: Lineage,
    span: Span,
    failed: AtomicBool,
    /// Whether a status was set explicitly.
    has_status: AtomicBool,
}

impl Recorded {
    /// Starts a span.
    pub(super) fn start(
        layer: usize,
        metadata: &'static Metadata<'static>,
        mut fields: SpanFields,
        parent: Parent,
    ) -> Self {
        let (base, active) = match parent {
            Parent::Active => (active::context(), active::lineage()),
            Parent::None => (Arc::new(active::context().with_segment(None)), Lineage::NONE),
            Parent::Given(parent) => parent.position(),
        };
        if client::capture_mode() != client::CaptureMode::Tracing {
            return Self::new(layer, base, active, Span::default());
        }
        let base = continued(base, fields.trace.take());
        let name = fields.name.take().map_or_else(|| SpanOptions::new(metadata.name()), SpanOptions::new);
        let options = match fields.op.take() {
            Some(op) => name.op(op),
            None => name.op(fields.inferred_op()),
        };
        // A sampler sees the attributes.
        let options = options
            .origin("auto.tracing")
            .attributes(std::mem::take(&mut fields.attributes))
            .attributes(place_of(metadata));
        let span = Span::start_in(Arc::clone(&base), active, options);
        let (context, active) = span.position().unwrap_or((base, active));
        let recorded = Self::new(layer, context, active, span);
        recorded.say(fields);
        recorded
    }

    fn new(layer: usize, context: Arc<Context>, active: Lineage, span: Span) -> Self {
        let (failed, has_status) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { layer, context, active, span, failed, has_status }
    }

    /// Records fields.
    pub(super) fn say(&self, fields: SpanFields) {
        if let Some(name) = fields.name {
            self.span.update_name(name);
        }
        if let Some(op) = fields.op {
            self.span.set_op(op);
        }
        for (name, value) in fields.tags {
            self.span.set_tag(name, value);
        }
        self.span.set_attributes(fields.attributes);
        if fields.failed {
            self.fail();
        }
        if let Some(status) = fields.status {
            self.has_status.store(true, Ordering::Relaxed);
            self.span.set_status(status);
        } else if let Some(status) = fields.http_status.filter(|_| !self.has_status.load(Ordering::Relaxed)) {
            self.span.set_status(status);
        }
    }

    /// Records that an error happened in the span.
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Links the span to one that it follows from.
    pub(super) fn follow(&self, followed: &Self) {
        self.span.add_links(followed.span.link());
    }

    /// Ends the span.
    pub(super) fn end(&self) {
        let failed = self.failed.load(Ordering::Relaxed) || std::thread::panicking();
        if failed && !self.has_status.load(Ordering::Relaxed) {
            self.span.set_status(SpanStatus::InternalError);
        }
        self.span.end_as(SpanOutcome::Ok);
    }

    /// Returns what has to be activated on this thread for the span to be active.
    pub(super) fn position(&self) -> (Arc<Context>, Lineage) {
        let here = active::context();
        let context = if self.belongs_to(&here) {
            Arc::new(here.with_segment(self.context.segment().cloned()))
        } else {
            // A context of its own, by which this entry is recognised later.
            Arc::new(Context::clone(&self.context))
        };
        (context, self.active)
    }

    /// Returns whether the span is active on this thread already.
    fn is_here(&self) -> bool {
        active::position() == (self.context.key(), self.active.span)
            && active::with(|here| self.belongs_to(here))
    }

    /// Returns whether a context belongs to the same piece of work. A span created outside any request belongs wherever it
    /// is used.
    fn belongs_to(&self, here: &Context) -> bool {
        let own = &self.context.isolation;
        Arc::ptr_eq(own, &here.isolation) || Arc::ptr_eq(own, &Context::default_ref().isolation)
    }
}

/// Returns a context that continues the trace of a header, unless a trace is active.
fn continued(base: Arc<Context>, header: Option<String>) -> Arc<Context> {
    let Some(header) = header.filter(|_| base.segment().is_none()) else { return base };
    let client = base.client();
    let options = client.as_ref().map(|client| client.options());
    match Propagation::from_headers(&[("sentry-trace", header)], options) {
        Some(propagation) => Arc::new(base.in_new_trace(propagation)),
        None => base,
    }
}

/// Returns the source location of a span.
fn place_of(metadata: &'static Metadata<'static>) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let text = |text: Option<&'static str>| text.map_or(AttributeValue::Null, AttributeValue::from_static);
    [
        ("sentry.tracing.target", AttributeValue::from_static(metadata.target())),
        ("code.module.name", text(metadata.module_path())),
        ("code.file.path", text(metadata.file())),
        ("code.line.number", metadata.line().into()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_null())
}

/// The key of a span: its layer and its id.
type Key = (usize, u64);

/// The maximum number of entries per thread; deeper entries have no effect.
const MAX_ENTERED: usize = 4096;

thread_local!(static ENTERED: RefCell<Vec<(Key, Option<Activation>)>> = const { RefCell::new(Vec::new()) });

/// Makes a span the active one on this thread.
pub(super) fn enter(key: Key, recorded: &Recorded) {
    // A thread that is ending enters no further spans.
    let has_room = ENTERED.try_with(|entered| entered.borrow().len() < MAX_ENTERED);
    if has_room != Ok(true) {
        return;
    }
    let shown = (!recorded.is_here()).then(|| {
        let (context, span) = recorded.position();
        Activation::put(context, span)
    });
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push((key, shown)));
}

/// Undoes the last entry of a span on this thread.
pub(super) fn exit(key: Key) {
    let last = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let at = entered.iter().rposition(|(known, _)| *known == key)?;
        entered.remove(at).1
    });
    if let Ok(Some(shown)) = last {
        shown.leave();
    }
}
