//! The values of the open run of a thread, which other threads can read without a lock.
//!
//! A reader copies the values between two looks at the number of the run, which is never used again: if both show the
//! same number, the values are those of that run.
//!
//! `tests/unsafe/check.sh` runs it under a model checker, which tries every interleaving of the threads.

use super::shown_run_parts::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use crate::trace::ids::LocalId;
use crate::trace::record::RootValues;

/// The values of the open run, if there is one.
#[derive(Debug, Default)]
pub(super) struct ShownRun {
    /// The number of the run, zero without one.
    key: AtomicU64,
    start: AtomicU64,
    salt: AtomicU64,
    /// The bits of the rate.
    rate: AtomicU32,
    sampled: AtomicBool,
}

impl ShownRun {
    /// Returns the number of the run, zero without one.
    pub(super) fn key(&self) -> LocalId {
        self.key.load(Ordering::Acquire)
    }

    /// Shows a run. Only the thread that owns the place calls it, while no run is open.
    pub(super) fn begin(&self, root: RootValues) {
        // A reader that sees a value of this run also sees that the one before has ended, whoever ended it.
        fence(Ordering::Release);
        self.start.store(root.start, Ordering::Relaxed);
        self.salt.store(root.salt, Ordering::Relaxed);
        self.rate.store(root.rate.to_bits(), Ordering::Relaxed);
        self.sampled.store(root.sampled, Ordering::Relaxed);
        self.key.store(root.key, Ordering::Release);
    }

    /// Ends the run, on any thread.
    pub(super) fn end(&self) {
        self.key.store(0, Ordering::Release);
    }

    /// Returns the values of the open run, and what `read` returns. `None` if there is none, or it ended meanwhile.
    pub(super) fn read<T>(&self, read: impl FnOnce() -> T) -> Option<(RootValues, T)> {
        let key = self.key();
        if key == 0 {
            return None;
        }
        let (start, salt) = (self.start.load(Ordering::Relaxed), self.salt.load(Ordering::Relaxed));
        let rate = f32::from_bits(self.rate.load(Ordering::Relaxed));
        let sampled = self.sampled.load(Ordering::Relaxed);
        let read = read();
        fence(Ordering::Acquire);
        let is_same = self.key.load(Ordering::Relaxed) == key;
        is_same.then_some((RootValues { key, start, salt, rate, sampled }, read))
    }
}
