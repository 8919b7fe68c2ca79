//! The flag by which a signal ends the program at once: it is set after a first signal, and while no thread reads signals.

use std::sync::atomic::{AtomicBool, Ordering};

pub(super) static AT_ONCE: AtomicBool = AtomicBool::new(true);

/// Lets signals end the child of a fork at once, until it has data to send.
pub(in crate::lifecycle) fn reset_after_fork() {
    AT_ONCE.store(true, Ordering::SeqCst);
}
