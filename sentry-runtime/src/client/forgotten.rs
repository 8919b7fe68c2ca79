//! A forgotten `init`: the first annotated function or capture of a program that has no client yet.
//!
//! If `SENTRY_DEBUG` or `SENTRY_LOCAL` asks for output, one message explains why there is none. Otherwise nothing is
//! printed: a library may be annotated although its user wants no client.

use std::sync::atomic::Ordering;

use super::registry::{CAPTURE_MODE, CaptureMode, UNDECIDED};
use crate::base::diagnostics;
use crate::options::environment;

/// Called where nothing is recorded, on cold paths only. The first call decides that there is no client.
#[cold]
#[inline(never)]
pub(crate) fn note() {
    let (undecided, off) = (UNDECIDED, CaptureMode::Off as u8);
    // A client that is created at the same time decides.
    if CAPTURE_MODE.compare_exchange(undecided, off, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        && let Some(variable) = environment::asks_for_output()
    {
        diagnostics::error(format_args!(
            "nothing is recorded although {variable} is set: an annotated function or a capture ran before the client \
             was created; put #[sentry::main] on main, or call sentry::init first and hold its guard to the end of main"
        ));
    }
}

/// Returns whether no client was created yet, and [`note`] was not called.
#[inline]
pub(crate) fn is_undecided() -> bool {
    CAPTURE_MODE.load(Ordering::Relaxed) == UNDECIDED
}

/// Calls [`note`] if this is the first function of a program without a client.
#[inline]
pub(crate) fn check() {
    if is_undecided() {
        note();
    }
}
