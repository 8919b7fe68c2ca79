//! Reuse of context memory, so that a root span needs one allocation less.
//!
//! The thread that used a context returns it. Only contexts that derive from that of the process are kept: their other
//! fields are equal. Segments are not kept: they end on the pipeline thread, and memory that another core has just read
//! costs more than fresh memory (twice the whole root span, according to `tests/bench`).

use std::cell::Cell;
use std::sync::Arc;

use super::thread_context::Context;
use crate::trace::segment::Segment;

thread_local! {
    static SPARE: Cell<Option<Arc<Context>>> = const { Cell::new(None) };
}

/// Returns a copy of a context with another segment, in reused memory if there is some.
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

/// Takes back a context that [`context`] returned.
pub(crate) fn recycle(mut retired: Arc<Context>) {
    if retired.is_child_of_default()
        && let Some(context) = Arc::get_mut(&mut retired)
    {
        context.put_segment(None);
        // A thread that is ending keeps no memory.
        let _ = SPARE.try_with(|spare| spare.set(Some(retired)));
    }
}
