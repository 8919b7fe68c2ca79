//! The epoch of everything that a root span copies from its surroundings: client, scopes and sampling.
//!
//! A thread that keeps such a copy remembers the epoch in which it made the copy, and compares epochs before it uses
//! the copy. Code that changes the client of the process, a scope or the sampling rate begins a new epoch, which
//! makes every copy stale.

use std::sync::atomic::{AtomicU64, Ordering};

static EPOCH: AtomicU64 = AtomicU64::new(1);

/// Begins a new epoch: all copies that threads hold become stale.
pub(crate) fn begin() {
    EPOCH.fetch_add(1, Ordering::Release);
}

/// Returns the current epoch, which is never zero.
#[inline]
pub(crate) fn current() -> u64 {
    EPOCH.load(Ordering::Acquire)
}
