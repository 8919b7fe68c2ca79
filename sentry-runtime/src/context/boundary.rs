//! Capture boundaries: the calls of functions that capture the errors they return.

/// The call of a function that captures errors, such as a web handler. An error belongs to the innermost running one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaptureBoundary(pub(super) u64);

/// Marks the boundary of a thread, outside any function that captures errors.
pub(super) const THREAD: u64 = 1;

impl CaptureBoundary {
    pub(crate) const NONE: Self = Self(0);

    /// Returns whether this is the boundary of a function, which will capture the error that it returns.
    pub(crate) fn is_function(self) -> bool {
        self.0 & THREAD == 0
    }
}
