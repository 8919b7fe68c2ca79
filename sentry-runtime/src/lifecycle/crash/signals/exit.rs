//! The end of the program on another thread while a crash is reported: it waits, so that the crash ends the program.
//!
//! Without crash reports, a crash ends the program before other threads can do so. A `main` that returns meanwhile would cut
//! the report off, and the program would have ended with success.

use std::sync::atomic::Ordering;

use super::{CRASHED, CRASHED_THREAD, let_first_end, thread_id};

/// Lets `exit` wait from now on.
pub(super) fn watch() {
    // SAFETY: the function lives as long as the program, and does not unwind. Without room for it, `exit` does not wait.
    unsafe { libc::atexit(wait) };
}

extern "C" fn wait() {
    let_crash_end();
}

/// Lets a crash that is being reported end the program. Returns at once without one.
pub(in crate::lifecycle) fn let_crash_end() {
    // A previous handler may end the program by `exit`.
    if CRASHED.load(Ordering::SeqCst) && CRASHED_THREAD.load(Ordering::SeqCst) != thread_id() {
        let_first_end();
    }
}
