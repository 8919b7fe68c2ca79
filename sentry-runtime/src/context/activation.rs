//! Spans that were set active until they end, and what was active before them.
//!
//! Setting one active puts a context of its own in place, by which its end knows whether it still is. Where something
//! else lies over it when it ends, the thread remembers the place, and takes it away when it comes to light again.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::active;
use super::state::SavedContext;
use super::thread_context::Context;
use crate::trace::ids::Lineage;

/// A place where a span is the active one until it ends.
#[derive(Debug)]
pub(crate) struct Activation {
    context: Arc<Context>,
    active: Lineage,
    /// What was active before.
    previous: (Option<Arc<Context>>, Lineage),
}

/// A place whose span has ended while something lay over it.
struct CoveredContext(Activation);

/// How many of them there are, so that nobody looks for none.
static COVERED: AtomicUsize = AtomicUsize::new(0);
/// So many a thread remembers.
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

    /// Whether the span is what this thread sees as active, at this place.
    fn is_seen(&self) -> bool {
        active::is_in(&self.context) && active::position().1 == self.active.span
    }

    /// The span has ended: puts back what was active before, now and wherever the place comes to light again.
    pub(crate) fn take_back(self) {
        // Of a segment that ends with the span, whatever else of it is open here has lost its ground.
        let is_root = self.context.key() == self.active.span;
        if self.is_seen() || (is_root && active::is_in(&self.context)) {
            self.restore();
        }
        self.remember();
        materialize();
    }

    /// Leaves the place of a span that goes on: puts back what was active before, at once if the place is seen,
    /// else when it comes to light again. Work that was bound to the place keeps it.
    #[cfg(feature = "tracing")]
    pub(crate) fn leave(self) {
        if self.is_seen() {
            self.restore();
        } else {
            self.remember();
        }
        materialize();
    }

    /// Keeps the place in mind, as far as anybody can bring it to light again.
    fn remember(self) {
        // A thread that ends has nothing more to show.
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
    /// Whether anybody else holds the place: a guard that will put it back, a span that was started in it.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.0.context) > 1
    }
}

/// Something was taken away on this thread: takes away the places below it whose span has ended.
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
