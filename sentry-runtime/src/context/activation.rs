//! Activations: spans that were made active until they end, and what was active before them.
//!
//! An activation puts a context of its own in place, by which the end of the span detects whether it is still the
//! active one. If another context covers it when the span ends, the thread remembers the activation and removes it when
//! it is uncovered.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::active;
use super::state::SavedContext;
use super::thread_context::Context;
use crate::trace::ids::Lineage;

/// An activation of a span, which lasts until the span ends.
#[derive(Debug)]
pub(crate) struct Activation {
    context: Arc<Context>,
    active: Lineage,
    /// The context that was active before.
    previous: (Option<Arc<Context>>, Lineage),
}

/// An activation whose span has ended while another context covered it.
struct CoveredContext(Activation);

/// The number of covered activations in all threads, so that the common case needs no look-up.
static COVERED: AtomicUsize = AtomicUsize::new(0);
/// The maximum number of covered activations per thread.
const MAX_COVERED: usize = 64;

thread_local!(static PLACES: RefCell<Vec<CoveredContext>> = const { RefCell::new(Vec::new()) });

impl CoveredContext {
    fn new(span_context: Activation) -> Self {
        COVERED.fetch_add(1, Ordering::Relaxed);
        Self(span_context)
    }
}

impl Drop for CoveredContext {
    fn drop(&mut self) {
        COVERED.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Activation {
    /// Puts a context with the span active in place.
    pub(crate) fn put(context: Arc<Context>, active: Lineage) -> Self {
        let before = active::swap(SavedContext { context: Some(Arc::clone(&context)), active });
        Self { context, active, previous: (before.context, before.active) }
    }

    fn restore(&self) {
        let (context, active) = self.previous.clone();
        drop(active::swap(SavedContext { context, active }));
    }

    /// Returns whether this activation is the active one of this thread.
    fn is_seen(&self) -> bool {
        active::is_in(&self.context) && active::position().1 == self.active.span
    }

    /// Ends the activation together with its span: restores what was active before, now or when it is uncovered.
    pub(crate) fn take_back(self) {
        // If a segment ends with the span, its other open contexts on this thread are obsolete as well.
        let is_root = self.context.key() == self.active.span;
        if self.is_seen() || (is_root && active::is_in(&self.context)) {
            self.restore();
        }
        self.remember();
        materialize();
    }

    /// Ends the activation of a span that continues: restores what was active before, now or when the activation is
    /// uncovered. Work that was bound to the activation keeps its context.
    #[cfg(feature = "tracing")]
    pub(crate) fn leave(self) {
        if self.is_seen() {
            self.restore();
        } else {
            self.remember();
        }
        materialize();
    }

    /// Remembers the activation, if it can be uncovered later.
    fn remember(self) {
        // A thread that is ending uncovers nothing any more.
        let _ = PLACES.try_with(|places| {
            let mut places = places.borrow_mut();
            places.retain(CoveredContext::is_held);
            let covered = CoveredContext::new(self);
            if covered.is_held() && places.len() < MAX_COVERED {
                places.push(covered);
            }
        });
    }
}

impl CoveredContext {
    /// Returns whether another owner holds the context: a guard that will restore it, or a span that was started in it.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.0.context) > 1
    }
}

/// Called when a context was removed on this thread: removes the activations below it whose span has ended.
#[inline]
pub(crate) fn materialize() {
    if COVERED.load(Ordering::Relaxed) != 0 {
        uncover();
    }
}

#[cold]
fn uncover() {
    let next = || {
        PLACES.try_with(|places| {
            let mut places = places.borrow_mut();
            let at = places.iter().position(|span_context| span_context.0.is_seen())?;
            Some(places.swap_remove(at))
        })
    };
    while let Ok(Some(span_context)) = next() {
        span_context.0.restore();
    }
}
