//! The helpers that the official crate has for tests: [`with_captured`] and what one mostly asks it for.

use super::{with_captured, with_captured_options};
use crate::options::ClientOptions;
use crate::protocol::{Envelope, Event};

/// The events of a closure: [`with_captured`], and of it [`events`](super::Captured::events).
///
/// ```
/// let events = sentry::test::with_captured_events(|| {
///     sentry::capture_message("sold out", sentry::Level::Warning);
/// });
/// assert_eq!(events[0].level, sentry::Level::Warning);
/// ```
///
/// # Panics
/// When the closure does.
pub fn with_captured_events<F: FnOnce()>(run: F) -> Vec<Event<'static>> {
    with_captured(run).events
}

/// The same with options.
///
/// # Panics
/// When the closure does, or when an option is out of its range.
pub fn with_captured_events_options<F: FnOnce(), O: Into<ClientOptions>>(
    run: F,
    options: O,
) -> Vec<Event<'static>> {
    with_captured_options(options.into(), run).events
}

/// The envelopes of a closure.
///
/// # Panics
/// When the closure does.
pub fn with_captured_envelopes<F: FnOnce()>(run: F) -> Vec<Envelope> {
    with_captured(run).envelopes
}

/// The same with options.
///
/// # Panics
/// When the closure does, or when an option is out of its range.
pub fn with_captured_envelopes_options<F: FnOnce(), O: Into<ClientOptions>>(
    run: F,
    options: O,
) -> Vec<Envelope> {
    with_captured_options(options.into(), run).envelopes
}
