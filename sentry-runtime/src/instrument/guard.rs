//! The guard around the body of a synchronous annotated function: the hot path.
//!
//! Without a client it costs one load and a branch; in an unsampled trace, one thread-local access more. The child of
//! a sampled span costs two clock readings and one record, written in place. On that path the functions below call no
//! other function except on the way to a slow path, so no register has to be saved around a call. The guard takes
//! five words, because it is part of the annotated function's stack frame.

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
/// The guard has something to end when it is dropped. This is the sign bit, which every annotated function tests.
const LIVE: u64 = 1 << 63;
/// A context was activated: that of a root, or of a function that captures errors.
const OWNS: u64 = 1 << 62;
/// Attributes of the span are recorded.
const RECORDING: u64 = 1 << 61;
/// The span of a root began while the thread panicked, in a destructor: at its end, a panic need not have left it.
const IN_CLEANUP: u64 = 1 << 60;
/// The function returned an error.
const FAILED: u64 = 1;
const FLAGS: u64 = LIVE | OWNS | RECORDING | IN_CLEANUP | FAILED;

/// Ends its span when it is dropped. Returned by [`enter_span!`](crate::enter_span).
///
/// The guard is not `Send`, so a spawned future cannot hold it across an `.await`.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct SpanGuard {
    site: &'static Callsite,
    /// Zero if there is no span.
    id: LocalId,
    /// The start time with the flags. Without a span: a time before the start of the function since which this
    /// thread has seen no error, or zero without a client.
    start: Ticks,
    /// The span that was active before.
    parent: LocalId,
    /// The parent of the span that was active before. If a context was activated: the position in the thread's
    /// context stack at which the previous context is kept.
    outer: u64,
    _stays_on_its_thread: PhantomData<*const ()>,
}

const _: () = assert!(size_of::<SpanGuard>() <= 40, "a frame grows by no more than this");

/// A guard that is dropped by a panic ends its span and has no state that could be left inconsistent; a panic of one of
/// the client's callbacks, which the guard reaches through the context, is caught at the call.
impl UnwindSafe for SpanGuard {}
impl RefUnwindSafe for SpanGuard {}

/// Creates the guard of an annotated function. [`begin`] starts it in place: returning a started guard would move it,
/// and moving freshly written memory costs more than writing it.
#[inline]
pub const fn guard(site: &'static Callsite) -> SpanGuard {
    SpanGuard { site, id: 0, start: 0, parent: 0, outer: 0, _stays_on_its_thread: PhantomData }
}

/// Starts the span of an annotated function whose attribute has no arguments about the start.
#[inline]
pub fn begin(guard: &mut SpanGuard) {
    if !client::is_off() {
        start(guard);
    }
}

/// Starts the span of an annotated function according to its attribute's arguments.
#[inline]
pub fn begin_special(guard: &mut SpanGuard) {
    if !client::is_off() {
        start_special(guard);
    }
}

/// Creates and starts a guard.
#[inline]
pub fn enter(site: &'static Callsite) -> SpanGuard {
    let mut guard = guard(site);
    begin_special(&mut guard);
    guard
}

/// Starts the span of an inert guard, if one is to be recorded.
///
/// Every annotated function calls this function and [`end`]. They are `extern "C"` because such functions do not
/// unwind: the caller needs no landing pads, which were a third of the code of a small function. Code in them that
/// could panic is guarded.
#[inline(never)]
extern "C" fn start(guard: &mut SpanGuard) {
    let local = local();
    let mode = local.mode.get();
    // Comparisons, because a `match` becomes a jump through a table. The slow paths are tail calls.
    if mode == Mode::Sampled {
        if !local.output.writes_at_once() {
            return start_child_slowly(guard);
        }
        let (id, start) = (ids::next_of_seeded(local), clock::counter());
        guard.parent = local.span.replace(id);
        guard.outer = local.parent.replace(guard.parent);
        guard.id = id;
        guard.start = start & !FLAGS | LIVE | RECORDING;
    } else if mode == Mode::Unsampled {
        guard.start = local.seen_error_at.get() + 1;
    } else if mode == Mode::Root {
        start_root(guard);
    } else {
        start_filtered(guard);
    }
}

/// Like [`start`], for a callsite whose attribute may have arguments about the start.
#[inline(never)]
extern "C" fn start_special(guard: &mut SpanGuard) {
    if guard.site.has(callsite::NEEDS_CONTEXT) { start_with_context(guard) } else { start(guard) }
}

/// Starts the root of a trace, a lazy root if possible.
#[inline(never)]
extern "C" fn start_root(guard: &mut SpanGuard) {
    let local = local();
    if client::capture_mode() != client::CaptureMode::Tracing || guard.site.has(callsite::ONLY_IF_PARENT) {
        if forgotten::is_undecided() {
            return forgotten::note();
        }
        guard.start = local.seen_error_at.get() + 1;
        return;
    }
    let Some((id, start, sampled)) =
        callback::contain(|| lazy_root::begin(local, LazyName::Site(guard.site))).flatten()
    else {
        return start_with_context(guard);
    };
    guard.id = id;
    guard.start = start & !FLAGS | LIVE | OWNS | if sampled { RECORDING } else { 0 } | in_cleanup();
}

/// Returns the flag of a root that begins while the thread panics.
#[inline]
fn in_cleanup() -> u64 {
    if std::thread::panicking() { IN_CLEANUP } else { 0 }
}

/// Like [`start`], for a thread without a queue of records and for processors whose counter cannot serve as a clock.
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

/// Like [`start`], in a segment whose spans may be ignored.
#[cold]
#[inline(never)]
extern "C" fn start_filtered(guard: &mut SpanGuard) {
    let ignored = callback::contain(|| ignore::ignores_call(&active::context(), guard.site));
    match ignored {
        Some(false) => start_child_slowly(guard),
        _ => guard.start = local().seen_error_at.get() + 1,
    }
}

#[cold]
#[inline(never)]
extern "C" fn start_with_context(guard: &mut SpanGuard) {
    if forgotten::is_undecided() {
        return forgotten::note();
    }
    callback::contain(|| guard.start_with_context());
}

/// Ends the span.
#[inline(never)]
extern "C" fn end(guard: &mut SpanGuard) {
    // The calls come first, because only the guard's address has to be kept across them.
    if std::thread::panicking() {
        return end_panicking(guard);
    }
    let local = local();
    if guard.start & OWNS != 0 {
        return end_root(guard, local);
    }
    // The child of a sampled span, and its segment is active on this thread again.
    let outcome = if guard.start & FAILED != 0 { SpanOutcome::Failed } else { SpanOutcome::Ok };
    // The slow paths are tail calls.
    if !guard.ending(local.segment.get(), outcome).write_at_once(local) {
        return end_child_slowly(guard, outcome);
    }
    local.replace(Lineage { span: guard.parent, parent: guard.outer });
}

/// Like [`end`], for the first and the last record of a chunk and for processors whose counter cannot serve as a clock.
#[cold]
#[inline(never)]
#[expect(
    improper_ctypes_definitions,
    reason = "called from Rust alone; the convention is there for not unwinding"
)]
extern "C" fn end_child_slowly(guard: &mut SpanGuard, outcome: SpanOutcome) {
    let local = local();
    guard.ending(local.segment.get(), outcome).write_slowly(local);
    local.replace(Lineage { span: guard.parent, parent: guard.outer });
}

/// Like [`end`], while the thread panics. A destructor may have called the function, or a panic leaves it.
#[cold]
#[inline(never)]
extern "C" fn end_panicking(guard: &mut SpanGuard) {
    let since = guard.start & !FLAGS;
    if guard.start & OWNS == 0 {
        unwinding::passes(since);
        return end_child_slowly(guard, SpanOutcome::Failed);
    }
    if guard.start & IN_CLEANUP == 0 {
        unwinding::leaves(since)
    } else {
        unwinding::passes(since)
    }
    end_root(guard, local());
}

/// Ends a span that activated a context, or the root of a trace.
#[inline(never)]
extern "C" fn end_root(guard: &mut SpanGuard, local: &Local) {
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
        let Some(prepared) = prepare(self.site, &base, before.span, ids::next(), false) else {
            self.start = active::after_last_seen_error();
            return;
        };
        let active = prepared.active(before);
        let Prepared { context, id, .. } = prepared;
        let recording = context.mode().records_children() && id != 0;
        if self.site.has(callsite::GEN_AI) && id != 0 {
            gen_ai::begin(&context, id, self.site.operation());
        }
        self.outer = local().context_stack.put(active::swap(SavedContext { context: Some(context), active }));
        self.id = id;
        self.parent = before.span;
        self.start =
            clock::now() & !FLAGS | LIVE | OWNS | if recording { RECORDING } else { 0 } | in_cleanup();
    }

    /// Returns whether attributes are recorded.
    #[inline]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.start & RECORDING != 0
    }

    /// Sets an attribute of the span.
    #[inline(always)]
    #[doc(hidden)]
    pub fn set(&self, key: &'static str, value: impl RecordAttribute) {
        if self.is_recording() {
            value.record(Here::new(), self.id, key);
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
        if self.start & LIVE == 0 {
            return errors::note_seen(failure, self.start);
        }
        let since = self.start & !FLAGS;
        self.start |= FAILED;
        errors::report(self.site, failure, since);
    }

    /// Returns the data of the span at its end.
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

    /// Deactivates the activated context and ends its span, if there is one.
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

impl Fails for SpanGuard {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        if self.start & LIVE != 0 {
            self.start |= FAILED;
        }
    }
}
