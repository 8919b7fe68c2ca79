//! The alarm of the worker: which of many callers has to unpark it.
//!
//! Unparking a thread is a system call, which takes longer than most captures. So only the first caller since the
//! worker began to look for work unparks it, and nobody does while it naps: it then looks soon in any case.
//!
//! The worker reads and resets both flags at once when it begins to look ([`Alarm::look`]). Whoever found a flag set
//! before, and therefore left the worker alone, wrote the flag again with an exchange. The exchange of the worker reads
//! what that one wrote, and so the worker sees everything that the caller handed over before. Every later caller finds
//! the flags reset, and unparks the worker.
//!
//! `tests/unsafe/check.sh` runs it under a model checker, which tries every interleaving of the worker and its callers.

use super::alarm_parts::{AtomicBool, Ordering};

/// The two flags of the alarm.
#[derive(Debug)]
pub(super) struct Alarm {
    /// Whether somebody has rung since the worker last began to look for work.
    rung: AtomicBool,
    /// Whether the worker sleeps for a short time, and then looks for work.
    naps: AtomicBool,
}

impl Alarm {
    pub(super) fn new() -> Self {
        Self { rung: AtomicBool::new(false), naps: AtomicBool::new(false) }
    }

    /// Rings. Returns whether the caller has to unpark the worker.
    #[must_use]
    pub(super) fn ring(&self) -> bool {
        !self.rung.swap(true, Ordering::AcqRel)
    }

    /// Like [`ring`](Self::ring), for work that may wait for the end of a nap.
    #[inline]
    #[must_use]
    pub(super) fn ring_softly(&self) -> bool {
        // An exchange, though it changes nothing, for the worker to read.
        self.naps.compare_exchange(true, true, Ordering::AcqRel, Ordering::Acquire).is_err() && self.ring()
    }

    /// Begins to look for work. Called by the worker.
    pub(super) fn look(&self) {
        self.naps.swap(false, Ordering::AcqRel);
        self.rung.swap(false, Ordering::AcqRel);
    }

    /// Announces a nap, after which the worker looks for work. Called by the worker.
    pub(super) fn nap(&self) {
        // Nothing is handed over with it: a caller that still reads the old value rings.
        self.naps.store(true, Ordering::Relaxed);
    }

    /// Returns whether somebody has rung since the worker began to look. It must not sleep then: a callback of the user's
    /// that waited on this thread may have used up the token with which it was unparked.
    #[must_use]
    pub(super) fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_do_not_wake_a_worker_that_naps_but_what_is_urgent_does() {
        let alarm = Alarm::new();
        alarm.nap();
        assert!(!alarm.ring_softly(), "it looks soon in any case");
        assert!(!alarm.is_rung());
        assert!(alarm.ring() && alarm.is_rung());
        assert!(!alarm.ring(), "the first caller unparks it");
    }

    #[test]
    fn a_message_wakes_a_worker_that_looks_or_sleeps() {
        let alarm = Alarm::new();
        assert!(alarm.ring_softly() && !alarm.ring_softly(), "it sleeps until it is woken");
        alarm.nap();
        alarm.look();
        assert!(!alarm.is_rung());
        assert!(alarm.ring_softly(), "it may have looked before the message came");
    }
}
