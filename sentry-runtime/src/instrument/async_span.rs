//! The span of an annotated `async` function, held in five words beside the future.
//!
//! The parent of the span is determined twice. The call of the function captures the caller's context, so that a
//! spawned future belongs to the function that spawned it. If the first poll happens inside the same segment, or if
//! no context was captured, the span that is active at that moment is nearer and becomes the parent.

mod polling;

use std::sync::Arc;

use polling::{enter, leave_slowly};

use super::autoref::{Here, RecordAttribute};
use super::instrumented::{End, PollHooks, Stage};
use super::span::IntoParent;
use super::{ignore, root};
use crate::base::callback;
use crate::capture::errors::{self};
use crate::capture::unwinding;
use crate::client::{self, forgotten};
use crate::context::active;
use crate::context::entered;
use crate::context::ids;
use crate::context::local::local;
use crate::context::recorder::Ending;
use crate::context::thread_context::{Context, Mode};
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::trace::callsite::{self, Callsite};
use crate::trace::ids::{Lineage, LocalId};

// The flags live in the highest bits of the start time, which a clock does not reach in decades, and in its two lowest
// bits. They are chosen so that one comparison of a signed number tells the `Stage`, and one of an unsigned number
// whether a poll has to look at them.

/// There is nothing to record, or nothing left to record. This is the sign bit.
const OVER: u64 = 1 << 63;
/// There is no span, and nothing to activate while the own context is the active one.
const QUIET: u64 = 1 << 62;
/// The polls of the span are recorded.
const TRACKED: u64 = 1 << 61;
/// During a poll: another context was active before and is kept in the span. Greater than every start time without a
/// flag.
const SWAPPED: u64 = 1 << 60;
/// From the first poll on: the function reported a failure.
const FAILED: u64 = 1;
const FLAGS: u64 = OVER | QUIET | TRACKED | SWAPPED | FAILED;

/// Before the first poll: the parent was given explicitly, so the span that is active then does not replace it.
const GIVEN: u64 = 1;
/// Before the first poll: the span is more than a plain child.
const SPECIAL: u64 = 2;
/// Greater than what is in place of the start time before the first poll, and not greater than a start time.
const STARTED: u64 = 4;

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

/// The span that was active before a poll.
#[derive(Debug, Default)]
pub struct Before(Lineage);

const _: () = assert!(size_of::<AsyncSpan>() <= 40, "a future grows by no more than this");

/// Creates the span of a call of an annotated `async` function.
///
/// The functions that it calls do not unwind, and neither do those of a poll: every annotated function calls them and
/// needs no landing pads for them. Their results fit into registers: a result returned through memory would be
/// read back at once in pieces of another size than it was written, which stalls the processor.
#[inline]
pub fn span(site: &'static Callsite) -> AsyncSpan {
    if client::is_off() {
        return AsyncSpan { context: None, site, id: 0, parent: 0, start: OVER };
    }
    let (context, id) = called(site);
    let start = if site.has(callsite::NEEDS_CONTEXT) { SPECIAL } else { 0 };
    AsyncSpan { context, site, id, parent: active::position().1, start }
}

/// Returns what the call captures: the context, and an id if a span may be recorded.
///
/// On the common path, this function and [`enter`] call no other function; the paths that do end with that call, so no
/// register has to be saved.
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
        here.set_segment(if self.has_started() { active } else { self.segment_before_start() });
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

    /// Returns whether there is a start time, or was one.
    #[inline]
    fn has_started(&self) -> bool {
        self.start & !OVER >= STARTED
    }
}

impl PollHooks for AsyncSpan {
    type Previous = Before;
    const EMPTY_WHEN_OVER: bool = true;

    #[inline]
    fn stage(&self) -> Stage {
        match self.start.cast_signed() {
            ..0 => Stage::Over,
            0..=3 => Stage::New,
            4.. => Stage::Begun,
        }
    }

    #[inline]
    fn enter(&mut self) -> Before {
        Before(enter(self))
    }

    /// Whether the work was entered is in the flags, so that the caller need not keep it.
    #[inline]
    fn leave(&mut self, previous: Before) {
        if self.start < SWAPPED {
            active::replace(previous.0);
        } else if self.start & (OVER | QUIET) == 0 {
            leave_slowly(self, previous.0);
        }
    }

    #[inline]
    fn stop_counting(&mut self) {
        self.start &= !TRACKED;
    }

    fn unwinds(&mut self) {
        // Without a client the span has no start.
        if self.start & !FLAGS >= STARTED {
            unwinding::leaves(self.start & !FLAGS);
        }
    }

    #[inline(never)]
    fn finish(&mut self, end: End) {
        let local = local();
        let Self { id, parent, site, start, .. } = *self;
        let Some(context) = &self.context else {
            self.start = OVER;
            return;
        };
        let segment = context.key();
        if site.has(callsite::CAPTURE_ERR) || segment == id || segment == 0 {
            return self.finish_slowly(end);
        }
        if id != 0 {
            let outcome = end.outcome(start & FAILED != 0);
            let ending = Ending { segment, id, parent, site, start: start & !FLAGS, outcome };
            if !ending.write_at_once(local) {
                return self.finish_slowly(end);
            }
        }
        self.start = OVER;
        self.context = None;
    }
}

impl AsyncSpan {
    /// Finishes a span that is more than the child of another one, or whose record cannot be written at once.
    #[cold]
    #[inline(never)]
    fn finish_slowly(&mut self, end: End) {
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
