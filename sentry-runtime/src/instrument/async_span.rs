//! The span of an annotated `async` function, held in five words beside the future.
//!
//! The parent of the span is determined twice. The call of the function captures the caller's context, so that a
//! spawned future belongs to the function that spawned it. If the first poll happens inside the same segment, or if
//! no context was captured, the span that is active at that moment is nearer and becomes the parent.

use std::sync::Arc;

use super::autoref::{Here, RecordAttribute};
use super::instrumented::{Before, End, PollHooks, Previous, Stage};
use super::prepared::{self, Prepared};
use super::span::IntoParent;
use super::{gen_ai, ignore, root};
use crate::base::callback;
use crate::capture::errors::{self};
use crate::capture::unwinding;
use crate::client::{self, forgotten};
use crate::context::active;
use crate::context::entered;
use crate::context::ids;
use crate::context::local::local;
use crate::context::polls;
use crate::context::recorder::Ending;
use crate::context::state::SavedContext;
use crate::context::thread_context::{Context, Mode};
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::trace::callsite::{self, Callsite};
use crate::trace::clock;
use crate::trace::ids::{Lineage, LocalId};

// The flags live in the highest bits of the start time, which a clock does not reach in centuries, and in its lowest
// bit. They are chosen so that one comparison of a signed number tells the `Stage`.

/// There is nothing to record, or nothing left to record. This is the sign bit.
const OVER: u64 = 1 << 63;
const FAILED: u64 = 1 << 62;
/// The polls of the span are recorded.
const TRACKED: u64 = 1 << 61;
/// During a poll: another context was active before and is kept in the span. Greater than every start time without a
/// flag.
const SWAPPED: u64 = 1 << 60;
/// Before the first poll: the parent was given explicitly, so the span that is active then does not replace it.
const GIVEN: u64 = 1;
const FLAGS: u64 = OVER | FAILED | TRACKED | SWAPPED | GIVEN;

/// The span of a future. It starts with the first poll.
#[derive(Debug)]
pub struct AsyncSpan {
    context: Option<Arc<Context>>,
    site: &'static Callsite,
    /// Zero until a span is recorded.
    id: LocalId,
    parent: LocalId,
    start: u64,
}

const _: () = assert!(size_of::<AsyncSpan>() <= 40, "a future grows by no more than this");

/// Creates the span of a call of an annotated `async` function.
///
/// The functions that it calls do not unwind, and neither do `enter` and `leave`: every annotated function calls them
/// and needs no landing pads for them. Their results fit into registers: a result returned through memory would be
/// read back at once in pieces of another size than it was written, which stalls the processor.
#[inline]
pub fn span(site: &'static Callsite) -> AsyncSpan {
    if client::is_off() {
        return AsyncSpan { context: None, site, id: 0, parent: 0, start: OVER };
    }
    let (context, id) = called(site);
    AsyncSpan { context, site, id, parent: active::position().1, start: 0 }
}

/// Returns what the call captures: the context, and an id if a span may be recorded.
///
/// On the common path, this function, [`enter`] and [`leave`] call no other function; the paths that do end with that
/// call, so no register has to be saved.
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
extern "C" fn called(site: &'static Callsite) -> (Option<Arc<Context>>, LocalId) {
    let local = local();
    // The id is assigned now, so that attributes can be set before the first poll.
    let id = match local.mode.get() {
        Mode::Sampled if local.last_id.get() != 0 => Some(ids::next_of_seeded(local)),
        Mode::Unsampled => Some(0),
        _ => None,
    };
    match id {
        Some(id) => match active::own_context_at_once(local) {
            Some(context) => (context, id),
            None => called_slowly(site),
        },
        None => called_slowly(site),
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
extern "C" fn called_slowly(site: &'static Callsite) -> (Option<Arc<Context>>, LocalId) {
    forgotten::check();
    let mode = active::mode();
    if mode == Mode::Root {
        callback::contain(active::materialize);
    }
    let context = active::own_context();
    let id = match mode {
        Mode::Sampled => ids::next(),
        Mode::Filtered | Mode::Counted => match callback::contain(|| ignored(&context, site)) {
            Some(false) => ids::next(),
            _ => 0,
        },
        Mode::Root
            if client::capture_mode() == client::CaptureMode::Tracing
                && !site.has(callsite::ONLY_IF_PARENT) =>
        {
            ids::next()
        }
        _ => 0,
    };
    (context, id)
}

/// Returns whether the call is ignored; then it is counted. A span that may become a root is not judged yet.
fn ignored(context: &Option<Arc<Context>>, site: &'static Callsite) -> bool {
    let plain = !site.has(callsite::NOT_A_PLAIN_CHILD);
    plain && context.as_ref().is_some_and(|context| ignore::ignores_call(context, site))
}

/// Creates the span of a call of an annotated `async` function, under a given parent.
pub fn span_under(site: &'static Callsite, parent: impl IntoParent) -> AsyncSpan {
    let position = (client::capture_mode() != client::CaptureMode::Off)
        .then(|| parent.into_parent().position())
        .flatten();
    match position {
        Some((context, active)) => {
            let _entered = entered::enter(context, active);
            let mut work = self::span(site);
            work.start |= GIVEN;
            work
        }
        None => span(site),
    }
}

impl AsyncSpan {
    /// Returns whether attributes are recorded. `true` for a call that may still become a root span.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.id != 0
    }

    /// Sets an attribute of the span.
    pub fn set(&self, key: &'static str, value: impl RecordAttribute) {
        if self.id == 0 {
            return;
        }
        let here = Here::new();
        let active = here.segment();
        // Before the first poll, another segment may be active.
        here.set_segment(if self.start & !FLAGS != 0 { active } else { self.segment_before_start() });
        value.record(here, self.id, key);
        here.set_segment(active);
    }

    /// Returns the segment of attributes that are set before the first poll.
    #[inline(never)]
    fn segment_before_start(&self) -> LocalId {
        match self.context.as_ref().and_then(|context| context.segment()) {
            Some(segment) if !self.site.has(callsite::NOT_A_PLAIN_CHILD) => segment.key,
            // The span may become a root; the pipeline finds such attributes by the span's id alone.
            _ => self.id,
        }
    }

    /// Records that the function returned an error.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        let since = self.start & !FLAGS;
        self.start |= FAILED;
        errors::report(self.site, failure, since);
    }

    /// Returns what is active during a poll: this span, or the previously active span if none is recorded.
    #[inline]
    fn active(&self) -> Lineage {
        match self.id {
            0 => Lineage::of(self.parent),
            span => Lineage { span, parent: self.parent },
        }
    }

    /// Returns whether the span is a child of the span that is active at its first poll, and the context needs no more than
    /// that.
    #[inline]
    fn is_plain(&self) -> bool {
        self.start & GIVEN == 0
            && !self.site.has(callsite::NEEDS_CONTEXT)
            && self.context.as_ref().is_some_and(|taken| taken.mode() != Mode::Root)
    }

    /// Starts the span at its first poll.
    fn begin(&mut self) {
        if self.is_plain() && self.context.as_ref().is_some_and(active::is_in) {
            self.start = clock::now() & !FLAGS;
            self.parent = active::position().1;
            return;
        }
        let given = self.start & GIVEN != 0;
        if callback::contain(|| self.find_place(given)).is_none() {
            self.start |= OVER;
        }
    }

    /// Determines the parent of a span that is polled elsewhere, or that is more than a plain child.
    #[cold]
    fn find_place(&mut self, given: bool) {
        self.start = clock::now() & !FLAGS;
        let judged =
            self.context.as_ref().is_some_and(|taken| matches!(taken.mode(), Mode::Filtered | Mode::Counted));
        let nearer = if given { None } else { active::nearer_than(self.context.as_deref()) };
        if let Some((here, active)) = nearer {
            self.context = Some(here);
            self.parent = active.span;
        }
        let base = match &self.context {
            Some(context) => Arc::clone(context),
            None => Arc::clone(Context::default_ref()),
        };
        let counted = judged && self.id == 0;
        let drawn = if self.id == 0 { ids::next() } else { self.id };
        match prepared::prepare(self.site, &base, self.parent, drawn, counted) {
            Some(Prepared { context, id, parent }) => {
                if self.site.has(callsite::GEN_AI) && id != 0 {
                    gen_ai::begin(&context, id, self.site.operation());
                }
                self.id = id;
                self.context = Some(context);
                self.parent = parent;
            }
            None => {
                self.id = 0;
                if self.context.is_none() {
                    self.start |= OVER;
                }
            }
        }
    }
}

/// Makes the span active and returns the span that was active before.
#[inline(never)]
extern "C" fn enter(work: &mut AsyncSpan) -> Lineage {
    // Before anything else, so that nothing but the address of the span has to be kept meanwhile.
    let local = local();
    // Polled where it was called, which is the common case: the right context is active already.
    if work.context.as_ref().is_none_or(|taken| Arc::as_ptr(taken) != local.context_at.get()) {
        return enter_slowly(work);
    }
    // One comparison for a span that has not started, whose start is 0 or 1, and for one with flags.
    if work.start.wrapping_sub(2) >= SWAPPED - 2 {
        if work.start != 0 || !work.is_plain() || !local.output.writes_at_once() || polls::are_recorded() {
            return enter_slowly(work);
        }
        work.start = clock::counter() & !FLAGS;
        work.parent = local.span.get();
    }
    local.replace(work.active())
}

/// The slow path of [`enter`]. If another context was active, it is kept in the field that held the span's own
/// context.
#[cold]
#[inline(never)]
extern "C" fn enter_slowly(work: &mut AsyncSpan) -> Lineage {
    if work.start & !FLAGS == 0 {
        work.begin();
        if work.start & OVER != 0 {
            return Lineage::NONE;
        }
        if polls::are_recorded() {
            work.start |= TRACKED;
        }
    }
    let active = work.active();
    let before = if work.context.as_ref().is_some_and(active::is_in) {
        active::replace(active)
    } else {
        work.start |= SWAPPED;
        swap(work, active)
    };
    if work.start & TRACKED != 0 {
        callback::contain(|| polls::begin(work.id, Some(work.site)));
    }
    before
}

/// Restores what was active before. It is not inlined, so that `poll` is.
#[inline(never)]
extern "C" fn leave(work: &mut AsyncSpan, before: Lineage) {
    if work.start & (SWAPPED | TRACKED) != 0 {
        return leave_slowly(work, before);
    }
    active::replace(before);
}

#[cold]
#[inline(never)]
extern "C" fn leave_slowly(work: &mut AsyncSpan, before: Lineage) {
    if work.start & TRACKED != 0 {
        callback::contain(|| polls::end(work.id));
    }
    if work.start & SWAPPED == 0 {
        active::replace(before);
        return;
    }
    work.start &= !SWAPPED;
    swap(work, before);
}

fn swap(work: &mut AsyncSpan, active: Lineage) -> Lineage {
    let saved = active::swap(SavedContext { context: work.context.take(), active });
    work.context = saved.context;
    saved.active
}

impl PollHooks for AsyncSpan {
    #[inline]
    fn stage(&self) -> Stage {
        match self.start.cast_signed() {
            ..0 => Stage::Over,
            0..=1 => Stage::New,
            2.. => Stage::Begun,
        }
    }

    #[inline]
    fn enter(&mut self) -> Option<Previous> {
        if self.start & OVER != 0 {
            return None;
        }
        let before = enter(self);
        (self.start & OVER == 0).then_some(Previous(Before::Span(before)))
    }

    #[inline]
    fn leave(&mut self, previous: Previous) {
        // Never a context: the span itself keeps that.
        if let Before::Span(before) = previous.0 {
            leave(self, before);
        }
    }

    #[inline]
    fn stop_counting(&mut self) {
        self.start &= !TRACKED;
    }

    fn unwinds(&mut self) {
        // Without a client the span has no start.
        if self.start & !FLAGS != 0 {
            unwinding::leaves(self.start & !FLAGS);
        }
    }

    fn finish(&mut self, end: End) {
        let start = std::mem::replace(&mut self.start, OVER);
        let outcome = end.outcome(start & FAILED != 0);
        let Some(context) = self.context.take() else { return };
        if self.site.has(callsite::CAPTURE_ERR) {
            errors::close(context.boundary);
        }
        let segment = context.key();
        if self.id == 0 || segment == 0 {
            return;
        }
        if segment == self.id {
            root::end(&context, self.id, None, outcome);
            root::recycle(context);
            return;
        }
        let Self { id, parent, site, .. } = *self;
        Ending { segment, id, parent, site, start: start & !FLAGS, outcome }.write(local());
    }
}

impl Fails for AsyncSpan {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        self.start |= FAILED;
    }
}
