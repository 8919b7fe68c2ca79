//! The memory of seen errors that are still propagating: per boundary, bounded, and touched only when an error occurs.
//!
//! Errors are compared by their texts and types, see [`super::sameness`]. Only errors of the same boundary are
//! compared, the latest first, and only those that were seen since the comparing function started.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sameness::{Form, Outline, Wanted};
use crate::base::fork::PerProcess;
use crate::context::active;
use crate::context::boundary::CaptureBoundary;
use crate::context::span_context::SpanContext;
use crate::error::chain::Chain;
use crate::protocol::Uuid;
use crate::stacktrace::RawStack;
use crate::stacktrace::locals::{CapturedLocals, Locals};
use crate::trace::clock::{self, Ticks};

/// An error that was seen.
#[derive(Debug, Clone)]
pub(crate) struct SeenError {
    boundary: CaptureBoundary,
    /// The form of the error. The forms of its sources are not included: another error with the same cause is another
    /// error.
    form: Form,
    /// The forms of errors that wrapped it since.
    later_forms: Vec<Form>,
    /// The outline of these forms.
    outline: Outline,
    /// The error itself, for the boundary's end: its function may fail without returning it.
    pub(crate) chain: Option<Chain>,
    at: Ticks,
    pub(crate) span_context: SpanContext,
    pub(crate) stack: Option<RawStack>,
    /// The values of arguments of the functions that it has passed.
    pub(crate) locals: CapturedLocals,
    pub(crate) captured: Option<Uuid>,
    /// Whether the user captured it explicitly: the next explicit capture of the same text is another error.
    acknowledged: bool,
}

/// The maximum number of errors in total, per boundary, and per boundary with a stack.
const MAX: usize = 1024;
const MAX_IN_BOUNDARY: usize = 32;
const MAX_STACKS: usize = 16;
/// The maximum number of later forms kept per error.
const MAX_LATER_FORMS: usize = 7;

/// A forked child starts with an empty memory: its parent captures what its own functions return.
static MEMORY: PerProcess<Mutex<VecDeque<SeenError>>> = PerProcess::new();
static REMEMBERED: AtomicUsize = AtomicUsize::new(0);

fn memory() -> MutexGuard<'static, VecDeque<SeenError>> {
    MEMORY.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

impl SeenError {
    pub(crate) fn new(
        boundary: CaptureBoundary,
        chain: &Chain,
        span_context: SpanContext,
        stack: Option<RawStack>,
    ) -> Self {
        let form = Form::of(chain);
        Self {
            boundary,
            outline: Outline::of(&form),
            form,
            later_forms: Vec::new(),
            chain: None,
            at: clock::now(),
            span_context,
            stack,
            locals: CapturedLocals::default(),
            captured: None,
            acknowledged: false,
        }
    }

    pub(crate) fn captured_explicitly(boundary: CaptureBoundary, chain: &Chain, event_id: Uuid) -> Self {
        let sighting = Self::new(boundary, chain, SpanContext::current(), None);
        Self { captured: Some(event_id), acknowledged: true, ..sighting }
    }

    /// Keeps the error itself, for [`take_unhandled`].
    pub(crate) fn keep_chain(mut self, chain: Chain) -> Self {
        self.chain = Some(chain);
        self
    }

    /// Returns whether this may be the error of `chain`, seen in an inner function.
    #[inline]
    fn is(&self, wanted: &Wanted<'_>) -> bool {
        self.outline.may_be_in(wanted) && self.has_form_of(wanted)
    }

    #[inline(never)]
    fn has_form_of(&self, wanted: &Wanted<'_>) -> bool {
        self.form.is_in(wanted) || self.later_forms.iter().any(|form| form.is_in(wanted))
    }

    /// Adds the new form of the error.
    fn keep_form(&mut self, chain: &Chain) {
        let form = Form::of(chain);
        let is_known = self.form.is(&form) || self.later_forms.iter().any(|known| known.is(&form));
        if self.later_forms.len() < MAX_LATER_FORMS && !is_known {
            self.outline.add(&form);
            self.later_forms.push(form);
        }
    }
}

fn position(
    memory: &VecDeque<SeenError>,
    boundary: CaptureBoundary,
    since: Ticks,
    chain: &Chain,
) -> Option<usize> {
    if memory.is_empty() {
        return None;
    }
    let wanted = Wanted::new(chain);
    let is_wanted = |known: &SeenError| known.boundary == boundary && known.at >= since && known.is(&wanted);
    // The two parts are searched apart, because a search of both compares each error with the end of two lists.
    let (older, newer) = memory.as_slices();
    let at = newer.iter().rposition(is_wanted).map(|at| older.len() + at);
    at.or_else(|| older.iter().rposition(is_wanted))
}

/// Recognises an error that was seen before in the boundary, and adds its new form and the values of the arguments of
/// the function that it passes.
pub(crate) fn renew(boundary: CaptureBoundary, since: Ticks, chain: &Chain, locals: Option<&Locals>) -> bool {
    let mut memory = memory();
    let Some(sighting) = position(&memory, boundary, since, chain).and_then(|at| memory.get_mut(at)) else {
        return false;
    };
    sighting.keep_form(chain);
    sighting.locals.add(locals);
    // The outer form has what the functions on the way have added to it.
    if let Some(kept) = &mut sighting.chain {
        chain.clone_into(kept);
    }
    sighting.at = clock::now();
    active::note_seen_error(sighting.at);
    true
}

/// Returns whether the boundary holds fewer stacks than the maximum.
pub(crate) fn worth_a_stack(boundary: CaptureBoundary) -> bool {
    let taken = |sighting: &&SeenError| sighting.boundary == boundary && sighting.stack.is_some();
    memory().iter().filter(taken).count() < MAX_STACKS
}

/// Remembers an error. If the memory is full, the oldest of its boundary, or of all, is removed.
pub(crate) fn add(sighting: SeenError) {
    active::note_seen_error(sighting.at);
    let mut memory = memory();
    let is_of_frame = |known: &SeenError| known.boundary == sighting.boundary;
    let of_frame = memory.iter().filter(|known| is_of_frame(known)).count();
    if of_frame >= MAX_IN_BOUNDARY
        && let Some(oldest) = memory.iter().position(is_of_frame)
    {
        memory.remove(oldest);
    } else if memory.len() >= MAX {
        memory.pop_front();
    }
    memory.push_back(sighting);
    REMEMBERED.store(memory.len(), Ordering::Relaxed);
}

/// Takes the error out of the memory, if it was seen since the function started.
pub(crate) fn take(boundary: CaptureBoundary, since: Ticks, chain: &Chain) -> Option<SeenError> {
    let mut memory = memory();
    let taken = position(&memory, boundary, since, chain).and_then(|at| memory.remove(at));
    REMEMBERED.store(memory.len(), Ordering::Relaxed);
    taken
}

/// Takes the error that was seen last in the boundary and that neither the user nor an inner function captured.
pub(crate) fn take_unhandled(boundary: CaptureBoundary) -> Option<SeenError> {
    let mut memory = memory();
    let unhandled =
        |known: &SeenError| known.boundary == boundary && known.captured.is_none() && known.chain.is_some();
    let at =
        memory.iter().enumerate().filter(|(_, known)| unhandled(known)).max_by_key(|(_, known)| known.at);
    let at = at.map(|(at, _)| at)?;
    let taken = memory.remove(at);
    REMEMBERED.store(memory.len(), Ordering::Relaxed);
    taken
}

/// Returns the error, if it was seen in the boundary and the user has not captured it yet.
pub(crate) fn acknowledge(boundary: CaptureBoundary, chain: &Chain) -> Option<SeenError> {
    let mut memory = memory();
    let at = position(&memory, boundary, 0, chain)?;
    let sighting = memory.get_mut(at).filter(|sighting| !sighting.acknowledged)?;
    sighting.acknowledged = true;
    let known = sighting.clone();
    if known.captured.is_none() {
        // The error is about to be captured, and is then remembered as captured.
        memory.remove(at);
    }
    Some(known)
}

/// Moves a captured error to the boundary that encloses the capturing one.
pub(crate) fn move_out(from: CaptureBoundary, known: Option<SeenError>, chain: &Chain, event_id: Uuid) {
    let outer = outside(from);
    let mut sighting = known.unwrap_or_else(|| SeenError::new(outer, chain, SpanContext::current(), None));
    sighting.keep_form(chain);
    add(SeenError {
        boundary: outer,
        at: clock::now(),
        captured: Some(event_id),
        acknowledged: false,
        chain: None,
        stack: None,
        locals: CapturedLocals::default(),
        ..sighting
    });
}

/// Moves the unhandled errors of a boundary to the enclosing one, whose function knows whether the work failed.
pub(crate) fn hand_over(from: CaptureBoundary, to: CaptureBoundary) {
    if REMEMBERED.load(Ordering::Relaxed) == 0 || !to.is_function() || to == CaptureBoundary::NONE {
        return;
    }
    for known in memory().iter_mut() {
        if known.boundary == from && known.captured.is_none() {
            known.boundary = to;
        }
    }
}

/// Forgets the errors of a boundary.
pub(crate) fn forget(boundary: CaptureBoundary) {
    // In the common case nothing failed, and the lock need not be taken.
    if REMEMBERED.load(Ordering::Relaxed) > 0 {
        let mut memory = memory();
        memory.retain(|sighting| sighting.boundary != boundary);
        REMEMBERED.store(memory.len(), Ordering::Relaxed);
    }
}

/// Returns the enclosing boundary of an active one.
fn outside(boundary: CaptureBoundary) -> CaptureBoundary {
    let (active, outer) = active::with(|context| (context.boundary, context.outer_boundary));
    if active == boundary && outer != CaptureBoundary::NONE { outer } else { CaptureBoundary::of_thread() }
}

impl CaptureBoundary {
    /// Returns the boundary of the innermost function that captures errors on this thread; outside any, the boundary
    /// of the thread.
    pub(super) fn current() -> Self {
        match active::with(|context| context.boundary) {
            Self::NONE => Self::of_thread(),
            boundary => boundary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain::ChainEntry;

    fn chain(text: &str) -> Chain {
        Chain::of(ChainEntry::of_type("Failure", text.to_owned()))
    }

    fn seen(text: &str) -> SeenError {
        SeenError::new(CaptureBoundary::NONE, &chain(text), SpanContext::current(), None)
    }

    #[test]
    fn the_last_of_equal_errors_is_found_wherever_the_list_begins() {
        let mut memory: VecDeque<_> = ["gone", "gone", "lost", "broken"].map(seen).into();
        memory.drain(..2);
        memory.extend(["lost", "locked"].map(seen));
        assert!(!memory.as_slices().1.is_empty(), "it goes on where it has begun");
        let at = |text| position(&memory, CaptureBoundary::NONE, 0, &chain(text));
        assert_eq!(["lost", "broken", "locked", "gone"].map(at), [Some(2), Some(1), Some(3), None]);
    }

    #[test]
    fn an_error_is_recognised_by_a_later_form_that_is_shorter() {
        let mut seen = seen("connection refused");
        assert!(!seen.is(&Wanted::new(&chain("gone"))));
        seen.keep_form(&chain("gone"));
        assert!(seen.is(&Wanted::new(&chain("gone"))) && seen.is(&Wanted::new(&chain("connection refused"))));
        assert!(!seen.is(&Wanted::new(&chain("lost"))));
    }
}
