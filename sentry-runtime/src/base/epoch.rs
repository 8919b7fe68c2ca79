//! The epoch of everything that a root span copies from its surroundings: client, scopes and sampling.
//!
//! A thread that keeps such a copy remembers the epoch in which it made the copy, and compares before it uses it. Whoever
//! changes the client of the process, a scope or the share of traces begins a new epoch, and with it every copy is stale.

use std::sync::atomic::{AtomicU64, Ordering};

static EPOCH: AtomicU64 = AtomicU64::new(1);

/// Begins a new epoch: what threads copied before is stale.
pub(crate) fn begin() {
    EPOCH.fetch_add(1, Ordering::Release);
}

/// Returns the present epoch, which is never zero.
#[inline]
pub(crate) fn current() -> u64 {
    EPOCH.load(Ordering::Acquire)
}
