//! The polls of an annotated future: the first one starts its span, and each makes the span the active one.

use std::sync::Arc;

use super::{AsyncSpan, FLAGS, GIVEN, OVER, QUIET, STARTED, SWAPPED, TRACKED};
use crate::base::callback;
use crate::context::active;
use crate::context::ids;
use crate::context::local::{Local, local};
use crate::context::polls;
use crate::context::state::SavedContext;
use crate::context::thread_context::{Context, Mode};
use crate::instrument::gen_ai;
use crate::instrument::prepared::{self, Prepared};
use crate::trace::callsite;
use crate::trace::clock;
use crate::trace::ids::Lineage;

/// Makes the span active and returns the span that was active before.
#[inline(never)]
pub(super) extern "C" fn enter(work: &mut AsyncSpan) -> Lineage {
    // Before anything else, so that nothing but the address of the span has to be kept meanwhile.
    let local = local();
    let Some(taken) = &work.context else { return enter_slowly(work) };
    // Polled where it was called, which is the common case: the right context is active already.
    if Arc::as_ptr(taken) != local.context_at.get() {
        return enter_slowly(work);
    }
    // One comparison for a span that has not started, whose start is 0 to 3, and for one with flags.
    if work.start.wrapping_sub(STARTED) >= SWAPPED - STARTED {
        if work.start != 0 {
            return if work.start & QUIET != 0 { Lineage::NONE } else { enter_slowly(work) };
        }
        // Not `is_plain`, which looks at the context again.
        let mode = taken.mode();
        if mode == Mode::Root || !local.output.writes_at_once() || polls::are_recorded() {
            return enter_slowly(work);
        }
        work.start = clock::counter() & !FLAGS;
        work.parent = local.span.get();
    }
    if work.id == 0 {
        return enter_without_span(work, local);
    }
    local.replace(Lineage { span: work.id, parent: work.parent })
}

/// Like [`enter`], for a call without a span whose context is active.
#[inline(never)]
extern "C" fn enter_without_span(work: &mut AsyncSpan, local: &Local) -> Lineage {
    if work.context.as_ref().is_some_and(|own| own.mode() == Mode::Unsampled)
        && work.parent == local.span.get()
    {
        work.start |= QUIET;
        return Lineage::NONE;
    }
    local.replace(work.active())
}

/// The slow path of [`enter`]. If another context was active, it is kept in the field that held the span's own
/// context.
#[cold]
#[inline(never)]
extern "C" fn enter_slowly(work: &mut AsyncSpan) -> Lineage {
    if !work.has_started() {
        work.begin();
        if work.start & OVER != 0 {
            return Lineage::NONE;
        }
        if polls::are_recorded() {
            work.start |= TRACKED;
        } else if work.is_quiet() {
            work.start |= QUIET;
            return Lineage::NONE;
        }
    }
    // Polled in another context: from now on the span activates what was active at its first poll.
    work.start &= !QUIET;
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

/// Restores what was active before a poll with flags. Not inlined, so that `poll` is.
#[cold]
#[inline(never)]
pub(super) extern "C" fn leave_slowly(work: &mut AsyncSpan, before: Lineage) {
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

impl AsyncSpan {
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
        self.start == 0 && self.context.as_ref().is_some_and(|taken| taken.mode() != Mode::Root)
    }

    /// Returns whether there is nothing to activate where the span is polled first.
    fn is_quiet(&self) -> bool {
        let here = active::position().1;
        let inside = |own: &Arc<Context>| active::is_in(own) && own.mode() == Mode::Unsampled;
        self.id == 0 && self.parent == here && self.context.as_ref().is_some_and(inside)
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
        if self.start & OVER != 0 {
            self.context = None;
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
