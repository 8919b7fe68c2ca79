//! Memory of segments and contexts that is used again, so that a root span costs no trip to the allocator.
//!
//! A context is given back by the thread that used it. A segment ends its life on the pipeline thread, far from
//! the thread that needs the next one, so those go through a pool of the process. Only contexts made from that of the
//! process are kept: what else they hold is the same for every one of them.

use std::cell::Cell;
use std::sync::{Arc, Mutex, TryLockError};

use super::segment::Segment;
use crate::scope::context::Context;

/// Segments that wait to be used again; more are freed.
const POOLED: usize = 2048;

static POOL: Mutex<Vec<Arc<Segment>>> = Mutex::new(Vec::new());

thread_local! {
    static SPARE: Cell<Option<Arc<Context>>> = const { Cell::new(None) };
}

/// A segment in memory of its own, new or used before.
pub(super) fn segment(segment: Segment) -> Arc<Segment> {
    let pooled = match POOL.try_lock() {
        Ok(mut pool) => pool.pop(),
        // Somebody else is at it; the allocator is quicker than waiting.
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Poisoned(pool)) => pool.into_inner().pop(),
    };
    match pooled {
        Some(mut memory) => match Arc::get_mut(&mut memory) {
            Some(place) => {
                *place = segment;
                memory
            }
            None => Arc::new(segment),
        },
        None => Arc::new(segment),
    }
}

/// Takes back a segment that nobody knows any more.
pub(crate) fn give_back(mut segment: Arc<Segment>) {
    if Arc::get_mut(&mut segment).is_some()
        && let Ok(mut pool) = POOL.try_lock()
        && pool.len() < POOLED
    {
        pool.push(segment);
    }
}

/// A copy of a context with another segment, in memory that was used before if there is some.
pub(super) fn context(base: &Context, segment: Arc<Segment>) -> Arc<Context> {
    if base.is_default()
        && let Ok(Some(mut spare)) = SPARE.try_with(Cell::take)
        && let Some(context) = Arc::get_mut(&mut spare)
    {
        context.put_segment(Some(segment));
        return spare;
    }
    Arc::new(base.with_segment(Some(segment)))
}

/// Takes back a context that was made by [`context`].
pub(super) fn retire(mut retired: Arc<Context>) {
    if retired.is_child_of_default()
        && let Some(context) = Arc::get_mut(&mut retired)
    {
        context.put_segment(None);
        // A thread that ends has no place for it any more.
        let _ = SPARE.try_with(|spare| spare.set(Some(retired)));
    }
}
