//! The guard around the body of a synchronous annotated function: the hot path.
//!
//! Without a client it is one load and a branch. As a child of a sampled span it costs two readings of the
//! clock and one record; it owns nothing, so there is nothing to release.

use std::marker::PhantomData;
use std::sync::Arc;

use super::callsite::{self, Callsite};
use super::clock::{self, Ticks};
use super::ids::{self, LocalId};
use super::record::{Outcome, Record};
use super::recorder;
use super::root::{self, RootKind};
use super::segment::RootName;
use super::span::IntoParent;
use crate::client;
use crate::errors::{self, Failure, Origin};
use crate::protocol::AttributeValue;
use crate::scope::active::{self, Saved};
use crate::scope::context::{Context, Mode};

/// Ends its span when it is dropped.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct SpanGuard {
    /// `None` costs one word to write: there is no span, and nothing to undo.
    open: Option<Open>,
    /// Without a span: a time since which this thread saw no error, from before the function started.
    since: Ticks,
    _stays_on_its_thread: PhantomData<*const ()>,
}

#[derive(Debug)]
struct Open {
    site: &'static Callsite,
    /// Zero when no span is recorded.
    id: LocalId,
    parent: LocalId,
    segment: LocalId,
    start: Ticks,
    /// What was in place before; of a plain child only the parent changes.
    saved: Saved,
    /// Whether a context was put in place: that of a root, or of a function that captures errors.
    owns_context: bool,
    recording: bool,
    outcome: Outcome,
}

/// Starts the span of an annotated function.
#[inline]
pub fn enter(site: &'static Callsite) -> SpanGuard {
    if client::level() == client::Level::Off {
        return SpanGuard::inert();
    }
    enter_active(site)
}

/// Starts the span of an annotated function under a given parent.
pub fn enter_under(site: &'static Callsite, parent: impl IntoParent) -> SpanGuard {
    if client::level() == client::Level::Off {
        return SpanGuard::inert();
    }
    let Some((context, span)) = parent.into_parent().place() else {
        return enter_active(site);
    };
    let outer = active::swap(Saved { context: Some(context), span });
    let mut guard = enter_active(site);
    // The context that was put in place goes with the guard.
    let open = guard.open.get_or_insert_with(|| Open {
        site,
        id: 0,
        parent: 0,
        segment: 0,
        start: clock::now(),
        saved: Saved::default(),
        owns_context: true,
        recording: false,
        outcome: Outcome::Ok,
    });
    open.owns_context = true;
    open.saved = outer;
    guard
}

#[inline(never)]
fn enter_active(site: &'static Callsite) -> SpanGuard {
    let plain = !site.has(callsite::NOT_A_PLAIN_CHILD | callsite::CAPTURE_ERR);
    match active::mode() {
        Mode::Sampled if plain => {
            let id = ids::next();
            let (segment, parent) = active::descend(id);
            SpanGuard::open(Open {
                site,
                id,
                segment,
                start: clock::now(),
                parent,
                saved: Saved::default(),
                owns_context: false,
                recording: true,
                outcome: Outcome::Ok,
            })
        }
        Mode::Unsampled if plain => SpanGuard::unrecorded(),
        _ => enter_with_context(site),
    }
}

/// The span of an annotated function, when it is more than a plain child: its context and its id, which is
/// `id` if anything is recorded. `None` says that nothing is, and that no context is needed.
pub(super) fn prepare(
    site: &'static Callsite,
    base: &Arc<Context>,
    active: LocalId,
    id: LocalId,
) -> Option<Prepared> {
    let mode = base.mode();
    let root = match mode {
        _ if client::level() != client::Level::Tracing => false,
        Mode::Root => !site.has(callsite::ONLY_IF_PARENT),
        _ => site.has(callsite::NOT_A_PLAIN_CHILD),
    };
    let capture = site.has(callsite::CAPTURE_ERR);
    let started =
        root.then(|| root::start(base, RootKind::of(site, active), RootName::Site(site), None, id)).flatten();
    let (context, id) = match started {
        Some((context, id)) => (context, id),
        None if mode == Mode::Sampled => (Arc::clone(base), id),
        None if capture => (Arc::clone(base), 0),
        None => return None,
    };
    let context = if capture { Arc::new(context.framed()) } else { context };
    Some(Prepared { context, id, parent: active })
}

/// See [`prepare`].
pub(super) struct Prepared {
    pub(super) context: Arc<Context>,
    /// Zero when no span is recorded.
    pub(super) id: LocalId,
    pub(super) parent: LocalId,
}

#[cold]
fn enter_with_context(site: &'static Callsite) -> SpanGuard {
    let base = active::context();
    let (_, parent) = active::position();
    let Some(prepared) = prepare(site, &base, parent, ids::next()) else {
        return SpanGuard::unrecorded();
    };
    let Prepared { context, id, .. } = prepared;
    let (segment, sampled) = (context.key(), context.mode() == Mode::Sampled);
    let span = if id == 0 { parent } else { id };
    SpanGuard::open(Open {
        site,
        id,
        parent,
        segment,
        saved: active::swap(Saved { context: Some(context), span }),
        owns_context: true,
        recording: sampled && id != 0,
        start: clock::now(),
        outcome: Outcome::Ok,
    })
}

impl SpanGuard {
    #[inline]
    const fn inert() -> Self {
        Self { open: None, since: 0, _stays_on_its_thread: PhantomData }
    }

    #[inline]
    fn unrecorded() -> Self {
        let mut guard = Self::inert();
        guard.since = active::after_last_sighting();
        guard
    }

    #[inline]
    const fn open(open: Open) -> Self {
        Self { open: Some(open), since: 0, _stays_on_its_thread: PhantomData }
    }

    /// Whether attributes are worth computing.
    #[inline]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.recording)
    }

    /// Gives the span an attribute.
    pub fn set(&self, key: &'static str, value: AttributeValue) {
        if let Some(open) = self.open.as_ref().filter(|open| open.recording) {
            recorder::push(Record::Attribute { segment: open.segment, span: open.id, key, value });
        }
    }

    /// Says that the function returned an error.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        let Some(open) = &mut self.open else {
            return errors::sight(failure, self.since);
        };
        open.outcome = Outcome::Failed;
        if open.site.has(callsite::CAPTURE_ERR) {
            errors::capture(failure, open.start, Origin::Span(open.site));
        } else {
            errors::sight(failure, open.start);
        }
    }
}

impl Open {
    fn record(&self, outcome: Outcome) -> Record {
        let Self { site, id, parent, segment, start, .. } = *self;
        Record::Span { segment, id, parent, site, start, end: clock::now(), outcome }
    }

    /// By reference: by value it would be copied to the annotated function's frame first.
    #[inline(never)]
    fn end(&mut self) {
        let outcome = if std::thread::panicking() { Outcome::Failed } else { self.outcome };
        if !self.owns_context {
            active::ascend(self.parent);
            recorder::push(self.record(outcome));
            return;
        }
        let saved = std::mem::take(&mut self.saved);
        let Some(context) = active::swap(saved).context else { return };
        if self.site.has(callsite::CAPTURE_ERR) {
            errors::close(context.frame);
        }
        if self.segment == self.id {
            root::end(&context, self.id, None, outcome);
            root::retire(context);
        } else if self.recording {
            recorder::push(self.record(outcome));
        }
    }
}

impl Drop for SpanGuard {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = &mut self.open {
            open.end();
        }
    }
}
