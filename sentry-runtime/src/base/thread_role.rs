//! The mark of the toolkit's own threads. Libraries that run on them (the HTTP client, TLS) write logs, and so may a
//! user's transport and callbacks: an integration that captured these logs would create an envelope for every
//! envelope.

use std::cell::Cell;

thread_local!(static OURS: Cell<bool> = const { Cell::new(false) });

/// Marks this thread as one of the toolkit's own until it ends.
pub(crate) fn mark() {
    OURS.set(true);
}

/// Returns whether this thread is one of the toolkit's own.
#[cfg(feature = "_entries")]
pub(crate) fn is_this() -> bool {
    OURS.get()
}
