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
use crate::errors::{self, Failure, FrameId, Origin};
use crate::protocol::AttributeValue;
use crate::scope::active::{self, Saved};
use crate::scope::context::{Context, Mode};

/// What the guard has to undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing: there is no span.
    Inert,
    /// The active span.
    Child,
    /// The active context: of a root, of a function that captures errors, or of a given parent. What was active
    /// before need not be the span's parent.
    Owner { recorded: bool, parent: LocalId },
}

/// Ends its span when it is dropped.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct SpanGuard {
    site: &'static Callsite,
    id: LocalId,
    segment: LocalId,
    start: Ticks,
    saved: Saved,
    kind: Kind,
    outcome: Outcome,
    _stays_on_its_thread: PhantomData<*const ()>,
}

/// Starts the span of an annotated function.
#[inline]
pub fn enter(site: &'static Callsite) -> SpanGuard {
    if client::level() == client::Level::Off {
        return SpanGuard::inert(site);
    }
    enter_active(site)
}

/// Starts the span of an annotated function under a given parent.
pub fn enter_under(site: &'static Callsite, parent: impl IntoParent) -> SpanGuard {
    if client::level() == client::Level::Off {
        return SpanGuard::inert(site);
    }
    let Some((context, span)) = parent.into_parent().place() else {
        return enter_active(site);
    };
    let outer = active::swap(Saved { context: Some(context), span });
    let mut guard = enter_active(site);
    match guard.kind {
        // The context that was put in place goes with the guard.
        Kind::Child => guard.kind = Kind::Owner { recorded: true, parent: span },
        Kind::Inert => guard.kind = Kind::Owner { recorded: false, parent: span },
        Kind::Owner { .. } => {}
    }
    guard.saved = outer;
    guard
}

#[inline(never)]
fn enter_active(site: &'static Callsite) -> SpanGuard {
    match active::mode() {
        Mode::Sampled if !site.has(callsite::NOT_A_PLAIN_CHILD | callsite::CAPTURE_ERR) => {
            let id = ids::next();
            let (segment, parent) = active::descend(id);
            SpanGuard {
                id,
                segment,
                saved: Saved { context: None, span: parent },
                kind: Kind::Child,
                start: clock::now(),
                ..SpanGuard::inert(site)
            }
        }
        Mode::Unsampled if !site.has(callsite::NOT_A_PLAIN_CHILD | callsite::CAPTURE_ERR) => {
            SpanGuard::unrecorded(site)
        }
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
    let (_, parent) = active::position();
    let Some(prepared) = prepare(site, &active::context(), parent, ids::next()) else {
        return SpanGuard::unrecorded(site);
    };
    let segment = prepared.context.segment.as_ref().map_or(0, |segment| segment.key);
    let span = if prepared.id == 0 { parent } else { prepared.id };
    SpanGuard {
        id: prepared.id,
        segment,
        saved: active::swap(Saved { context: Some(prepared.context), span }),
        kind: Kind::Owner { recorded: prepared.id != 0, parent: prepared.parent },
        start: clock::now(),
        ..SpanGuard::inert(site)
    }
}

impl SpanGuard {
    #[inline]
    fn inert(site: &'static Callsite) -> Self {
        Self {
            site,
            id: 0,
            segment: 0,
            start: 0,
            saved: Saved::default(),
            kind: Kind::Inert,
            outcome: Outcome::Ok,
            _stays_on_its_thread: PhantomData,
        }
    }

    /// No span, but an error that the function returns must be told from those that came before it.
    #[inline]
    fn unrecorded(site: &'static Callsite) -> Self {
        let mut guard = Self::inert(site);
        guard.start = active::after_last_sighting();
        guard
    }

    /// Whether attributes are worth computing.
    #[inline]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.kind == Kind::Child || (self.id != 0 && active::mode() == Mode::Sampled)
    }

    /// Gives the span an attribute.
    pub fn set(&self, key: &'static str, value: AttributeValue) {
        if self.is_recording() {
            recorder::push(Record::Attribute { segment: self.segment, span: self.id, key, value });
        }
    }

    /// Says that the function returned an error.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        self.outcome = Outcome::Failed;
        if self.site.has(callsite::CAPTURE_ERR) {
            errors::capture(failure, self.start, Origin::Span(self.site));
        } else {
            errors::sight(failure, self.start);
        }
    }

    #[inline(never)]
    fn end(&mut self) {
        if std::thread::panicking() {
            self.outcome = Outcome::Failed;
        }
        let (site, outcome, start) = (self.site, self.outcome, self.start);
        let saved = std::mem::take(&mut self.saved);
        let record = |segment, id, parent| Record::Span {
            segment,
            id,
            parent,
            site,
            start,
            end: clock::now(),
            outcome,
        };
        match self.kind {
            Kind::Inert => {}
            Kind::Child => {
                active::ascend(saved.span);
                recorder::push(record(self.segment, self.id, saved.span));
            }
            Kind::Owner { recorded, parent } => {
                let own = active::swap(saved);
                let Some(context) = own.context else { return };
                if context.frame != FrameId::NONE && site.has(callsite::CAPTURE_ERR) {
                    errors::close(context.frame);
                }
                if self.segment == self.id {
                    root::end(&context, self.id, None, outcome);
                } else if recorded {
                    recorder::push(record(self.segment, self.id, parent));
                }
            }
        }
    }
}

impl Drop for SpanGuard {
    #[inline]
    fn drop(&mut self) {
        if self.kind != Kind::Inert {
            self.end();
        }
    }
}
