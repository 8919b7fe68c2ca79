//! Memory of contexts that is used again, so that a root span costs a trip less to the allocator.
//!
//! A context is given back by the thread that used it. Only contexts made from that of the process are kept: what
//! else they hold is the same for every one of them. Segments are not kept: theirs ends on the pipeline thread, and
//! memory that another core has just read costs more than fresh one (twice the whole root span, by `tests/bench`).

use std::cell::Cell;
use std::sync::Arc;

use super::thread_context::Context;
use crate::trace::segment::Segment;

thread_local! {
    static SPARE: Cell<Option<Arc<Context>>> = const { Cell::new(None) };
}

/// A copy of a context with another segment, in memory that was used before if there is some.
pub(crate) fn context(base: &Context, segment: Arc<Segment>) -> Arc<Context> {
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
pub(crate) fn recycle(mut retired: Arc<Context>) {
    if retired.is_child_of_default()
        && let Some(context) = Arc::get_mut(&mut retired)
    {
        context.put_segment(None);
        // A thread that ends has no place for it any more.
        let _ = SPARE.try_with(|spare| spare.set(Some(retired)));
    }
}
