//! Lines on stderr about what goes wrong.

use std::fmt;
use std::io::Write as _;

/// Prints a line on stderr. A closed stderr is ignored.
pub(crate) fn print(message: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "[sentry-dashboard] {message}");
}
