//! The stack of contexts that guards replaced. It belongs to the thread and not to the guard, because the guard is part
//! of the annotated function's stack frame and has only one word for it.

use super::local::closes_at_exit;
use super::state::{ContextStack, SavedContext};

impl ContextStack {
    /// Keeps what was active, and returns its position.
    pub(crate) fn put(&self, saved: SavedContext) -> u64 {
        let Ok(mut waiting) = self.0.try_borrow_mut() else { return u64::MAX };
        // This allocation is freed when the thread ends.
        if waiting.capacity() == 0 && !closes_at_exit() {
            return u64::MAX;
        }
        waiting.push(Some(saved));
        waiting.len() as u64 - 1
    }

    /// Returns what was active at the position, or nothing if the thread is ending.
    pub(crate) fn take(&self, at: u64) -> SavedContext {
        let Ok(mut waiting) = self.0.try_borrow_mut() else { return SavedContext::default() };
        let saved = usize::try_from(at).ok().and_then(|at| waiting.get_mut(at)?.take());
        while waiting.last().is_some_and(Option::is_none) {
            waiting.pop();
        }
        saved.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::ids::Lineage;

    #[test]
    fn what_was_put_is_taken_in_any_order() {
        let context_stack = ContextStack::new();
        let at: Vec<_> = (1..=3)
            .map(|span| context_stack.put(SavedContext { context: None, active: Lineage::of(span) }))
            .collect();
        let taken = |at| context_stack.take(at).active.span;
        assert_eq!(taken(at[1]), 2);
        assert_eq!(taken(at[1]), 0, "it is gone");
        assert_eq!(taken(at[2]), 3);
        assert_eq!(context_stack.0.borrow().len(), 1, "the gap is closed");
        assert_eq!(taken(at[0]), 1);
        assert!(context_stack.0.borrow().is_empty());
    }
}
