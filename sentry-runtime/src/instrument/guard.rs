//! The guard around the body of a synchronous annotated function: the hot path.
//!
//! Without a client it is one load and a branch, in a trace that is not recorded one thread-local more. As a child
//! of a sampled span it costs two readings of the clock and one record, written where it stays: the functions below
//! that do so call nothing, save on the way to a slow path, so nothing has to be kept for after a call. The
//! guard is five words, because it stands in the annotated function's frame.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::autoref::RecordAttribute;
use super::gen_ai;
use super::root::{self, RootKind};
use super::span::IntoParent;
use crate::base::callback;
use crate::capture::errors::{self, ErrorOrigin};
use crate::client;
use crate::context::activation;
use crate::context::active;
use crate::context::entered;
use crate::context::entered::Entered;
use crate::context::ids;
use crate::context::lazy_root;
use crate::context::local::local;
use crate::context::recorder::Ending;
use crate::context::state::SavedContext;
use crate::context::thread_context::{Context, Mode};
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::protocol::AttributeValue;
use crate::trace::callsite::{self, Callsite};
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::record::SpanOutcome;
use crate::trace::segment::RootName;

/// The flags live in the start time: in its highest bits, which a clock does not reach in decades, and in its lowest.
///
/// Something is to be ended when the guard is dropped. The sign, which every annotated function looks at.
const LIVE: u64 = 1 << 63;
/// A context was put in place: that of a root, or of a function that captures errors.
const OWNS: u64 = 1 << 62;
/// What the span is told is recorded.
const RECORDING: u64 = 1 << 61;
/// The function returned an error.
const FAILED: u64 = 1;
const FLAGS: u64 = LIVE | OWNS | RECORDING | FAILED;

/// Ends its span when it is dropped: what [`enter_span!`](crate::enter_span) gives.
///
/// It stays on its thread, and so it cannot be held across an `.await` of a future that is spawned.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct SpanGuard {
    site: &'static Callsite,
    /// Zero when there is no span.
    id: LocalId,
    /// With the flags. Without a span: a time since which this thread saw no error, from before the function
    /// started, or zero without a client.
    start: Ticks,
    /// The span that was active before.
    parent: LocalId,
    /// The span that the one which was active before stands under; where a context was put in place, where in the
    /// thread waits what was there before.
    outer: u64,
    _stays_on_its_thread: PhantomData<*const ()>,
}

const _: () = assert!(size_of::<SpanGuard>() <= 40, "a frame grows by no more than this");

/// A guard that a panic passes ends its span, and has nothing that could be left half done; a panic of a callback of the
/// client's, which it reaches through the context, ends where it is called.
impl UnwindSafe for SpanGuard {}
impl RefUnwindSafe for SpanGuard {}

/// The guard of an annotated function, to be started by [`begin`] where it stands: to return a started one would be
/// to move it, and moving what was written a moment ago costs more than writing it.
#[inline]
pub const fn guard(site: &'static Callsite) -> SpanGuard {
    SpanGuard { site, id: 0, start: 0, parent: 0, outer: 0, _stays_on_its_thread: PhantomData }
}

/// Starts the span of an annotated function whose attribute says nothing of how it starts.
#[inline]
pub fn begin(guard: &mut SpanGuard) {
    if client::capture_mode() != client::CaptureMode::Off {
        start(guard);
    }
}

/// Starts the span of an annotated function as its attribute says.
#[inline]
pub fn begin_special(guard: &mut SpanGuard) {
    if client::capture_mode() != client::CaptureMode::Off {
        start_special(guard);
    }
}

/// A guard that is started.
#[inline]
pub fn enter(site: &'static Callsite) -> SpanGuard {
    let mut guard = guard(site);
    begin_special(&mut guard);
    guard
}

/// The guard of a span under a given parent. The parent's context is in place as long as the span.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct GuardUnder {
    /// Dropped before the context is taken away.
    guard: SpanGuard,
    _entered: Option<Entered>,
}

/// Starts the span of an annotated function under a given parent.
pub fn enter_under(site: &'static Callsite, parent: impl IntoParent) -> GuardUnder {
    let on = client::capture_mode() != client::CaptureMode::Off;
    let position = on.then(|| parent.into_parent().position()).flatten();
    let entered = position.map(|(context, active)| entered::enter(context, active));
    GuardUnder { guard: enter(site), _entered: entered }
}

impl Deref for GuardUnder {
    type Target = SpanGuard;

    fn deref(&self) -> &SpanGuard {
        &self.guard
    }
}

impl DerefMut for GuardUnder {
    fn deref_mut(&mut self) -> &mut SpanGuard {
        &mut self.guard
    }
}

/// The span of an annotated function, when it is more than a plain child: its context and its id, which is
/// `id` if anything is recorded. `None` says that nothing is, and that no context is needed.
pub(crate) fn prepare(
    site: &'static Callsite,
    base: &Arc<Context>,
    active: LocalId,
    id: LocalId,
) -> Option<Prepared> {
    let mode = base.mode();
    let root = match mode {
        _ if client::capture_mode() != client::CaptureMode::Tracing => false,
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
    let context = if capture { Arc::new(context.with_boundary()) } else { context };
    Some(Prepared { context, id, parent: active })
}

/// See [`prepare`].
pub(crate) struct Prepared {
    pub(crate) context: Arc<Context>,
    /// Zero when no span is recorded.
    pub(crate) id: LocalId,
    pub(crate) parent: LocalId,
}

impl Prepared {
    /// The active span while the function runs, where another was before.
    fn active(&self, before: Lineage) -> Lineage {
        match self.id {
            0 => before,
            span => Lineage { span, parent: self.parent },
        }
    }
}

/// Starts the span of an inert guard, if there is to be one.
///
/// This and [`end`] are called by every annotated function. They are `extern "C"`, since such a function does not
/// unwind, and what calls it needs no code for that case: a third of what stood in a small function. What could
/// panic in them is contained.
#[inline(never)]
extern "C" fn start(guard: &mut SpanGuard) {
    let local = local();
    match local.mode.get() {
        Mode::Sampled => {
            // The ways that call something end there.
            let (Some(id), Some(start)) = (ids::next_of_seeded(local), clock::now_by_counter()) else {
                return start_child_slowly(guard);
            };
            guard.parent = local.span.replace(id);
            guard.outer = local.parent.replace(guard.parent);
            guard.id = id;
            guard.start = start & !FLAGS | LIVE | RECORDING;
        }
        Mode::Unsampled => guard.start = local.seen_error_at.get() + 1,
        Mode::Root => start_root(guard),
    }
}

/// The same where the attribute may say how.
#[inline(never)]
extern "C" fn start_special(guard: &mut SpanGuard) {
    if guard.site.has(callsite::NEEDS_CONTEXT) { start_with_context(guard) } else { start(guard) }
}

/// Starts the root of a trace, a light one if it can be.
#[inline(never)]
extern "C" fn start_root(guard: &mut SpanGuard) {
    let local = local();
    if client::capture_mode() != client::CaptureMode::Tracing || guard.site.has(callsite::ONLY_IF_PARENT) {
        guard.start = local.seen_error_at.get() + 1;
        return;
    }
    let Some((id, start, sampled)) = callback::contain(|| lazy_root::begin(local, guard.site)).flatten()
    else {
        return start_with_context(guard);
    };
    guard.id = id;
    guard.start = start & !FLAGS | LIVE | OWNS | if sampled { RECORDING } else { 0 };
}

/// The same for the first child of a thread, and where the processor's counter is no clock.
#[cold]
#[inline(never)]
extern "C" fn start_child_slowly(guard: &mut SpanGuard) {
    callback::contain(|| {
        let (id, start) = (ids::next(), clock::now());
        let parent = active::position().1;
        guard.outer = active::replace(Lineage { span: id, parent }).parent;
        guard.parent = parent;
        guard.id = id;
        guard.start = start & !FLAGS | LIVE | RECORDING;
    });
}

#[cold]
#[inline(never)]
extern "C" fn start_with_context(guard: &mut SpanGuard) {
    callback::contain(|| guard.start_with_context());
}

/// Ends the span.
#[inline(never)]
extern "C" fn end(guard: &mut SpanGuard) {
    if guard.start & OWNS != 0 {
        return end_root(guard);
    }
    // The child of a sampled span, in whose segment the thread is again.
    let outcome = guard.outcome();
    let local = local();
    // The ways that call something end there.
    if !guard.ending(local.segment.get(), outcome).write_at_once(local) {
        return end_child_slowly(guard, outcome);
    }
    local.replace(Lineage { span: guard.parent, parent: guard.outer });
}

/// The same for the first and the last record of a chunk, and where the processor's counter is no clock.
#[cold]
#[inline(never)]
#[expect(
    improper_ctypes_definitions,
    reason = "called from Rust alone; the convention is there for not unwinding"
)]
extern "C" fn end_child_slowly(guard: &mut SpanGuard, outcome: SpanOutcome) {
    let local = local();
    guard.ending(local.segment.get(), outcome).write(local);
    local.replace(Lineage { span: guard.parent, parent: guard.outer });
}

/// Ends a span that put a context in place, or the root of a trace.
#[inline(never)]
extern "C" fn end_root(guard: &mut SpanGuard) {
    let local = local();
    if local.lazy_root.is_open(guard.id) {
        callback::contain(|| lazy_root::end(local, guard.outcome()));
    } else {
        callback::contain(|| guard.end_with_context());
    }
}

impl SpanGuard {
    fn start_with_context(&mut self) {
        let base = active::context();
        let before = active::lineage();
        let Some(prepared) = prepare(self.site, &base, before.span, ids::next()) else {
            self.start = active::after_last_seen_error();
            return;
        };
        let active = prepared.active(before);
        let Prepared { context, id, .. } = prepared;
        let recording = context.mode() == Mode::Sampled && id != 0;
        if self.site.has(callsite::GEN_AI) && id != 0 {
            gen_ai::begin(&context, id, self.site.operation());
        }
        self.outer = local().context_stack.put(active::swap(SavedContext { context: Some(context), active }));
        self.id = id;
        self.parent = before.span;
        self.start = clock::now() & !FLAGS | LIVE | OWNS | if recording { RECORDING } else { 0 };
    }

    /// Whether attributes are worth computing.
    #[inline]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.start & RECORDING != 0
    }

    /// Gives the span an attribute.
    #[inline(always)]
    #[doc(hidden)]
    pub fn set(&self, key: &'static str, value: impl RecordAttribute) {
        if self.is_recording() {
            value.record(active::position().0, self.id, key);
        }
    }

    /// Gives the span an attribute; one of the same name is replaced.
    pub fn set_attribute(&self, key: &'static str, value: impl Into<AttributeValue>) {
        if self.is_recording() {
            let value: AttributeValue = value.into();
            self.set(key, value);
        }
    }

    /// Says that the function returned an error.
    #[doc(hidden)]
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        if self.start & LIVE == 0 {
            return errors::note_seen(failure, self.start);
        }
        let since = self.start & !FLAGS;
        self.start |= FAILED;
        if self.site.has(callsite::CAPTURE_ERR) {
            errors::capture(failure, since, ErrorOrigin::Span(self.site));
        } else {
            errors::note_seen(failure, since);
        }
    }

    /// The span as it ends.
    #[inline(always)]
    fn ending(&self, segment: LocalId, outcome: SpanOutcome) -> Ending {
        let Self { site, id, parent, start, .. } = *self;
        Ending { segment, id, parent, site, start: start & !FLAGS, outcome }
    }

    fn outcome(&self) -> SpanOutcome {
        if self.start & FAILED != 0 || std::thread::panicking() {
            SpanOutcome::Failed
        } else {
            SpanOutcome::Ok
        }
    }

    /// Takes away the context that was put in place, and ends the span in it, if there is one.
    fn end_with_context(&mut self) {
        let outcome = self.outcome();
        let segment = active::position().0;
        let outer = local().context_stack.take(self.outer);
        let nested = outer.context.is_some();
        let Some(context) = active::swap(outer).context else { return };
        if nested {
            activation::materialize();
        }
        let Self { site, id, start, .. } = *self;
        if site.has(callsite::CAPTURE_ERR) {
            errors::close(context.boundary);
        }
        if id != 0 && segment == id {
            root::end(&context, id, None, outcome);
            root::recycle(context);
        } else if start & RECORDING != 0 {
            self.ending(segment, outcome).write(local());
        }
    }
}

impl Drop for SpanGuard {
    #[inline]
    fn drop(&mut self) {
        if self.start >= LIVE {
            end(self);
        }
    }
}

impl Fails for GuardUnder {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }
}

impl Fails for SpanGuard {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }
}
