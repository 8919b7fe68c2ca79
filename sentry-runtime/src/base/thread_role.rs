//! Which threads are the toolkit's own. Libraries that work on them for us (the HTTP client, TLS) log, and so may a
//! user's transport and callbacks: an integration that captured that would make an envelope of every envelope.

use std::cell::Cell;

thread_local!(static OURS: Cell<bool> = const { Cell::new(false) });

/// Says that this thread is one of ours, as long as it runs.
pub(crate) fn mark() {
    OURS.set(true);
}

/// Whether this thread is one of ours.
#[cfg(feature = "_entries")]
pub(crate) fn is_this() -> bool {
    OURS.get()
}
