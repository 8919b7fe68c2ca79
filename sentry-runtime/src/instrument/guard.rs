//! The guard around the body of a synchronous annotated function: the hot path.
//!
//! Without a client it costs one load and a branch; in an unsampled trace, one thread-local access more, inside of the
//! annotated function. The child of a sampled span costs two clock readings and one record, written in place. On that
//! path the functions below call no other function except on the way to a slow path, so no register has to be saved
//! around a call. The guard takes five words, because it is part of the annotated function's stack frame; two of them
//! are written for a function without a span.

use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::autoref::{Here, RecordAttribute};
use super::gen_ai;
use super::ignore;
use super::prepared::{Prepared, prepare};
use super::root;
use crate::base::callback;
use crate::capture::errors::{self};
use crate::capture::unwinding;
use crate::client::{self, forgotten};
use crate::context::activation;
use crate::context::active;
use crate::context::ids;
use crate::context::lazy_root;
use crate::context::local::{Local, local};
use crate::context::recorder::Ending;
use crate::context::state::SavedContext;
use crate::context::thread_context::Mode;
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::protocol::{AttributeValue, nesting};
use crate::trace::callsite::{self, Callsite};
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::record::{LazyName, SpanOutcome};

/// The flags are stored in the start time: in its highest bits, which a clock does not reach in decades, and in its
/// lowest bit.
///
/// A context was activated: that of a root, or of a function that captures errors.
const OWNS: u64 = 1 << 62;
/// Attributes of the span are recorded.
const RECORDING: u64 = 1 << 61;
/// The span of a root began while the thread panicked, in a destructor: at its end, a panic need not have left it.
const IN_CLEANUP: u64 = 1 << 60;
/// The function returned an error.
const FAILED: u64 = 1;
const FLAGS: u64 = OWNS | RECORDING | IN_CLEANUP | FAILED;

/// Ends its span when it is dropped. Returned by [`enter_span!`](crate::enter_span).
///
/// The guard is not `Send`, so a spawned future cannot hold it across an `.await`.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
#[repr(C)] // the words of a guard without a span are adjacent, and written at once
pub struct SpanGuard {
    /// The start time with the flags. Without a span: a time before the start of the function since which this
    /// thread has seen no error, or zero if nobody asks for it.
    start: Ticks,
    pub(super) open: Option<Open>,
    _stays_on_its_thread: PhantomData<*const ()>,
}

/// What a guard has to end: a span, an activated context, or both.
#[derive(Debug, Clone, Copy)]
#[repr(C)] // begins with the word that is zero without it
pub(super) struct Open {
    site: &'static Callsite,
    /// Zero if there is no span.
    pub(super) id: LocalId,
    /// The span that was active before.
    parent: LocalId,
    /// The parent of the span that was active before. If a context was activated: the position in the thread's
    /// context stack at which the previous context is kept.
    outer: u64,
}

const _: () = assert!(size_of::<SpanGuard>() <= 40, "a frame grows by no more than this");

/// A guard that is dropped by a panic ends its span and has no state that could be left inconsistent; a panic of one of
/// the client's callbacks, which the guard reaches through the context, is caught at the call.
impl UnwindSafe for SpanGuard {}
impl RefUnwindSafe for SpanGuard {}

/// Creates the guard of an annotated function. [`begin`] starts it in place: returning a started guard would move it,
/// and moving freshly written memory costs more than writing it.
#[inline]
pub const fn guard() -> SpanGuard {
    SpanGuard { start: 0, open: None, _stays_on_its_thread: PhantomData }
}

/// Starts the span of an annotated function whose attribute has no arguments about the start, and whose value is not
/// inspected: without a span, its guard need not know since when this thread has seen no error.
#[inline]
pub fn begin(guard: &mut SpanGuard, site: &'static Callsite) {
    if !client::is_off() {
        let local = local();
        if local.mode.get() != Mode::Unsampled {
            start(guard, site, local);
        }
    }
}

/// Like [`begin`], for a function whose value is inspected.
#[inline]
pub fn begin_fallible(guard: &mut SpanGuard, site: &'static Callsite) {
    if !client::is_off() {
        let local = local();
        if local.mode.get() == Mode::Unsampled {
            guard.start = local.seen_error_at.get() + 1;
        } else {
            start(guard, site, local);
        }
    }
}

/// Starts the span of an annotated function according to its attribute's arguments.
#[inline]
pub fn begin_special(guard: &mut SpanGuard, site: &'static Callsite) {
    if !client::is_off() {
        start_special(guard, site);
    }
}

/// Creates and starts a guard.
#[inline]
pub fn enter(site: &'static Callsite) -> SpanGuard {
    let mut guard = guard();
    begin_special(&mut guard, site);
    guard
}

/// Starts the span of an inert guard, if one is to be recorded.
///
/// Every annotated function calls this function and [`end`]. They are `extern "C"` because such functions do not
/// unwind: the caller needs no landing pads, which were a third of the code of a small function. Code in them that
/// could panic is guarded.
#[inline(never)]
extern "C" fn start(guard: &mut SpanGuard, site: &'static Callsite, local: &'static Local) {
    let mode = local.mode.get();
    // Comparisons, because a `match` becomes a jump through a table. The slow paths are tail calls.
    if mode == Mode::Sampled {
        if !local.output.writes_at_once() {
            return start_child_slowly(guard, site);
        }
        let (id, start) = (ids::next_of_seeded(local), clock::counter());
        let parent = local.span.replace(id);
        let outer = local.parent.replace(parent);
        guard.open = Some(Open { site, id, parent, outer });
        guard.start = start & !FLAGS | RECORDING;
    } else if mode == Mode::Unsampled {
        guard.start = local.seen_error_at.get() + 1;
    } else if mode == Mode::Root {
        start_root(guard, site, local);
    } else {
        start_filtered(guard, site);
    }
}

/// Like [`start`], for a callsite whose attribute may have arguments about the start.
#[inline(never)]
extern "C" fn start_special(guard: &mut SpanGuard, site: &'static Callsite) {
    if site.has(callsite::NEEDS_CONTEXT) {
        start_with_context(guard, site);
    } else {
        start(guard, site, local());
    }
}

/// Starts the root of a trace, a lazy root if possible.
#[inline(never)]
extern "C" fn start_root(guard: &mut SpanGuard, site: &'static Callsite, local: &'static Local) {
    if client::capture_mode() != client::CaptureMode::Tracing || site.has(callsite::ONLY_IF_PARENT) {
        if forgotten::is_undecided() {
            return forgotten::note();
        }
        guard.start = local.seen_error_at.get() + 1;
        return;
    }
    let Some((id, start, sampled)) =
        callback::contain(|| lazy_root::begin(local, LazyName::Site(site))).flatten()
    else {
        return start_with_context(guard, site);
    };
    guard.open = Some(Open { site, id, parent: 0, outer: 0 });
    guard.start = start & !FLAGS | OWNS | if sampled { RECORDING } else { 0 } | in_cleanup();
}

/// Returns the flag of a root that begins while the thread panics.
#[inline]
fn in_cleanup() -> u64 {
    if std::thread::panicking() { IN_CLEANUP } else { 0 }
}

/// Like [`start`], for a thread without a queue of records and for processors whose counter cannot serve as a clock.
#[cold]
#[inline(never)]
extern "C" fn start_child_slowly(guard: &mut SpanGuard, site: &'static Callsite) {
    callback::contain(|| {
        let (id, start) = (ids::next(), clock::now());
        let parent = active::position().1;
        let outer = active::replace(Lineage { span: id, parent }).parent;
        guard.open = Some(Open { site, id, parent, outer });
        guard.start = start & !FLAGS | RECORDING;
    });
}

/// Like [`start`], in a segment whose spans may be ignored.
#[cold]
#[inline(never)]
extern "C" fn start_filtered(guard: &mut SpanGuard, site: &'static Callsite) {
    let ignored = callback::contain(|| ignore::ignores_call(&active::context(), site));
    match ignored {
        Some(false) => start_child_slowly(guard, site),
        _ => guard.start = local().seen_error_at.get() + 1,
    }
}

#[cold]
#[inline(never)]
extern "C" fn start_with_context(guard: &mut SpanGuard, site: &'static Callsite) {
    if forgotten::is_undecided() {
        return forgotten::note();
    }
    callback::contain(|| guard.start_with_context(site));
}

/// Ends the span. The start time has the guard's flags.
#[inline(never)]
extern "C" fn end(open: &Open, start: Ticks) {
    // The calls come first, because only the arguments have to be kept across them.
    if std::thread::panicking() {
        return end_panicking(open, start);
    }
    let local = local();
    if start & OWNS != 0 {
        return end_root(open, start, local);
    }
    // The child of a sampled span, and its segment is active on this thread again.
    let outcome = if start & FAILED != 0 { SpanOutcome::Failed } else { SpanOutcome::Ok };
    // The slow paths are tail calls.
    if !open.ending(local.segment.get(), start, outcome).write_at_once(local) {
        return end_child_slowly(open, start, outcome);
    }
    local.replace(Lineage { span: open.parent, parent: open.outer });
}

/// Like [`end`], for the first and the last record of a chunk and for processors whose counter cannot serve as a clock.
#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone, as all of them")]
extern "C" fn end_child_slowly(open: &Open, start: Ticks, outcome: SpanOutcome) {
    let local = local();
    open.ending(local.segment.get(), start, outcome).write_slowly(local);
    local.replace(Lineage { span: open.parent, parent: open.outer });
}

/// Like [`end`], while the thread panics. A destructor may have called the function, or a panic leaves it.
#[cold]
#[inline(never)]
extern "C" fn end_panicking(open: &Open, start: Ticks) {
    let since = start & !FLAGS;
    if start & OWNS == 0 {
        unwinding::passes(since);
        return end_child_slowly(open, start, SpanOutcome::Failed);
    }
    if start & IN_CLEANUP == 0 {
        unwinding::leaves(since)
    } else {
        unwinding::passes(since)
    }
    end_root(open, start, local());
}

/// Ends a span that activated a context, or the root of a trace.
#[inline(never)]
extern "C" fn end_root(open: &Open, start: Ticks, local: &Local) {
    if local.lazy_root.is_open(open.id) {
        callback::contain(|| lazy_root::end(local, outcome(start)));
    } else {
        callback::contain(|| open.end_with_context(start));
    }
}

/// Returns the outcome of a span that ends now.
fn outcome(start: Ticks) -> SpanOutcome {
    if start & FAILED != 0 || std::thread::panicking() { SpanOutcome::Failed } else { SpanOutcome::Ok }
}

impl Open {
    /// Returns the data of the span at its end.
    #[inline(always)]
    fn ending(&self, segment: LocalId, start: Ticks, outcome: SpanOutcome) -> Ending {
        let Self { site, id, parent, .. } = *self;
        Ending { segment, id, parent, site, start: start & !FLAGS, outcome }
    }

    /// Deactivates the activated context and ends its span, if there is one.
    fn end_with_context(&self, start: Ticks) {
        let outcome = outcome(start);
        let segment = active::position().0;
        let outer = local().context_stack.take(self.outer);
        let nested = outer.context.is_some();
        let Some(context) = active::swap(outer).context else { return };
        if nested {
            activation::materialize();
        }
        let Self { site, id, .. } = *self;
        if site.has(callsite::CAPTURE_ERR) {
            errors::close(context.boundary);
        }
        if id != 0 && segment == id {
            root::end(&context, id, None, outcome);
            root::recycle(context);
        } else if start & RECORDING != 0 {
            self.ending(segment, start, outcome).write(local());
        }
    }
}

impl SpanGuard {
    fn start_with_context(&mut self, site: &'static Callsite) {
        let base = active::context();
        let before = active::lineage();
        let Some(prepared) = prepare(site, &base, before.span, ids::next(), false) else {
            self.start = active::after_last_seen_error();
            return;
        };
        let active = prepared.active(before);
        let Prepared { context, id, .. } = prepared;
        let recording = context.mode().records_children() && id != 0;
        if site.has(callsite::GEN_AI) && id != 0 {
            gen_ai::begin(&context, id, site.operation());
        }
        let outer = local().context_stack.put(active::swap(SavedContext { context: Some(context), active }));
        self.open = Some(Open { site, id, parent: before.span, outer });
        self.start = clock::now() & !FLAGS | OWNS | if recording { RECORDING } else { 0 } | in_cleanup();
    }

    /// Returns whether attributes are recorded.
    #[inline]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.start & RECORDING != 0
    }

    /// Sets an attribute of the span. Called only if attributes are recorded.
    #[inline(always)]
    #[doc(hidden)]
    pub fn set(&self, key: &'static str, value: impl RecordAttribute) {
        if let Some(open) = &self.open {
            value.record(Here::new(), open.id, key);
        }
    }

    /// Sets an attribute of the span. Replaces an attribute of the same name.
    pub fn set_attribute(&self, key: &'static str, value: impl Into<AttributeValue>) {
        if self.is_recording() {
            let value: AttributeValue = value.into();
            self.set(key, value);
        } else {
            nesting::discard(value);
        }
    }

    /// Records that the function returned an error.
    #[doc(hidden)]
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        let Some(open) = &self.open else { return errors::note_seen(failure, self.start) };
        let since = self.start & !FLAGS;
        self.start |= FAILED;
        errors::report(open.site, failure, since);
    }
}

impl Drop for SpanGuard {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            end(open, self.start);
        }
    }
}

impl Fails for SpanGuard {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        if self.open.is_some() {
            self.start |= FAILED;
        }
    }
}
