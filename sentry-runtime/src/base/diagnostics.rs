//! Diagnostics of the toolkit itself: lines on stderr, prefixed with `[sentry]`.
//!
//! Debug lines are silent unless the `debug` option (or `SENTRY_DEBUG`) is on; warnings and errors
//! that the user must see are always printed. Writing to a closed stderr is ignored: `eprintln!`
//! would panic there, and nothing of ours may.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::stderr::Stderr;

static DEBUG: AtomicBool = AtomicBool::new(false);

/// Turns debug lines on or off for the process.
pub(crate) fn set_debug(on: bool) {
    DEBUG.store(on, Ordering::Relaxed);
}

/// Returns whether debug lines are printed.
pub(crate) fn is_debug() -> bool {
    DEBUG.load(Ordering::Relaxed)
}

/// Prints one debug line: normal operation, or data that was dropped as intended.
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    if DEBUG.load(Ordering::Relaxed) {
        write_line("debug", message);
    }
}

/// Prints one line about the program that the user asked for.
pub(crate) fn warning(message: fmt::Arguments<'_>) {
    write_line("warning", message);
}

/// Prints one line that the user must see even if debug output is off.
pub(crate) fn error(message: fmt::Arguments<'_>) {
    write_line("error", message);
}

/// Prints one line that the user asked for.
#[cfg(feature = "dashboard")]
pub(crate) fn notice(message: fmt::Arguments<'_>) {
    print(message);
}

fn write_line(severity: &str, message: fmt::Arguments<'_>) {
    print(format_args!("{severity}: {message}"));
}

fn print(text: fmt::Arguments<'_>) {
    let _ = Stderr.write_all(format!("[sentry] {text}\n").as_bytes());
}
