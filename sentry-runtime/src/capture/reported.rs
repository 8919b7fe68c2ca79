//! The failure that was captured last on a thread, for middlewares of other crates that log the same failure when the
//! response has reached them.

use std::cell::Cell;

thread_local!(static REPORTED: Cell<bool> = const { Cell::new(false) });

/// Notes that the failure of a request was captured, whose response now leaves the capturing function.
pub(crate) fn note() {
    REPORTED.set(true);
}

/// Forgets the failure, because another request begins.
pub(crate) fn forget() {
    REPORTED.set(false);
}

/// Whether a failure was captured that nothing has asked for yet.
#[cfg(feature = "_entries")]
pub(crate) fn take() -> bool {
    REPORTED.replace(false)
}
