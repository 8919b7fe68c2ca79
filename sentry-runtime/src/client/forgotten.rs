//! A forgotten `init`, or a forgotten guard: the first annotated function or capture of a program that has no client yet,
//! or whose client was closed before it captured anything.
//!
//! If `SENTRY_DEBUG` or `SENTRY_LOCAL` asks for output, one message explains why there is none. Otherwise nothing is
//! printed: a library may be annotated although its user wants no client.

use std::sync::atomic::Ordering;

use super::registry::{self, CAPTURE_MODE, CaptureMode, UNDECIDED, Unused};
use crate::base::diagnostics;
use crate::options::environment;

/// Called where nothing is recorded, on cold paths only. The first call decides that there is no client.
#[cold]
#[inline(never)]
pub(crate) fn note() {
    let (undecided, off) = (UNDECIDED, CaptureMode::Off as u8);
    let was_closed = registry::exchange_unused(Unused::ToReport, Unused::Reported);
    // A client that is created at the same time decides.
    if CAPTURE_MODE.compare_exchange(undecided, off, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        && let Some(variable) = environment::asks_for_output()
    {
        let reason = if was_closed {
            "after the client was closed; hold the guard of sentry::init to the end of main: `let _guard = …`, because \
             `let _ = …` drops it at once"
        } else {
            "before the client was created; put #[sentry::main] on main, or call sentry::init first and hold its guard \
             to the end of main"
        };
        diagnostics::error(format_args!(
            "nothing is recorded although {variable} is set: an annotated function or a capture ran {reason}"
        ));
    }
}

/// Lets the next function without a client call [`note`], after a client was closed that has captured nothing. A client
/// that has captured something was held for long enough: what runs later is a thread that outlives `main`.
pub(crate) fn client_closed_unused() {
    // Once per process is enough.
    if registry::exchange_unused(Unused::None, Unused::ToReport) {
        registry::refresh_capture_mode();
    }
}

/// Returns whether no client was created yet, or the last one was closed unused, and [`note`] was not called since.
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
