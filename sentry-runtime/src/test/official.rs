//! The test helpers of the official crate, in terms of [`with_captured`].

use super::{with_captured, with_captured_options};
use crate::options::ClientOptions;
use crate::protocol::{Envelope, Event};

/// Runs a closure and returns the events captured in it, see [`with_captured`] and
/// [`events`](super::Captured::events).
///
/// ```
/// let events = sentry::test::with_captured_events(|| {
///     sentry::capture_message("sold out", sentry::Level::Warning);
/// });
/// assert_eq!(events[0].level, sentry::Level::Warning);
/// ```
///
/// # Panics
/// Panics if the closure panics.
pub fn with_captured_events<F: FnOnce()>(run: F) -> Vec<Event<'static>> {
    with_captured(run).events
}

/// Like [`with_captured_events`], with options.
///
/// # Panics
/// Panics if the closure panics, or if an option is invalid.
pub fn with_captured_events_options<F: FnOnce(), O: Into<ClientOptions>>(
    run: F,
    options: O,
) -> Vec<Event<'static>> {
    with_captured_options(options.into(), run).events
}

/// Runs a closure and returns the envelopes captured in it.
///
/// # Panics
/// Panics if the closure panics.
pub fn with_captured_envelopes<F: FnOnce()>(run: F) -> Vec<Envelope> {
    with_captured(run).envelopes
}

/// Like [`with_captured_envelopes`], with options.
///
/// # Panics
/// Panics if the closure panics, or if an option is invalid.
pub fn with_captured_envelopes_options<F: FnOnce(), O: Into<ClientOptions>>(
    run: F,
    options: O,
) -> Vec<Envelope> {
    with_captured_options(options.into(), run).envelopes
}
