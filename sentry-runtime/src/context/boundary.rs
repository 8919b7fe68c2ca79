//! Capture boundaries: the calls of functions that capture the errors which leave them.

use std::cell::Cell;

use crate::context::ids;

/// The call of a function that captures errors, such as a web handler: errors belong to the innermost that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaptureBoundary(u64);

/// Marks the boundary of a thread, outside of any function that captures errors.
const THREAD: u64 = 1;

impl CaptureBoundary {
    pub(crate) const NONE: Self = Self(0);

    /// Opens a boundary of its own.
    pub(crate) fn open() -> Self {
        Self((ids::next() & !THREAD).max(2))
    }

    /// Returns the boundary of this thread, outside of any function that captures errors.
    pub(crate) fn of_thread() -> Self {
        thread_local!(static BOUNDARY: Cell<u64> = const { Cell::new(0) });
        BOUNDARY.with(|id| {
            if id.get() == 0 {
                id.set(ids::next() | THREAD);
            }
            Self(id.get())
        })
    }

    /// Whether this is the boundary of a function, which will capture the error that leaves it.
    pub(crate) fn is_function(self) -> bool {
        self.0 & THREAD == 0
    }
}
