//! Capturing errors, messages and events.

use std::error::Error;

use super::{is_enabled, with_scope};
use crate::capture::{self, Capture};
use crate::errors;
use crate::errors::chain;
use crate::protocol::nesting;
use crate::protocol::{Event, Level, Uuid};
use crate::scope::Scope;

/// Captures an error with its chain of sources and the stack. Answers with the event's id, which is nil without
/// a client. An error that an annotated function captured on its way here is not captured again.
///
/// ```
/// let result = "seven".parse::<u8>();
/// if let Err(error) = result {
///     sentry::capture_error(&error);
/// }
/// ```
pub fn capture_error<E: Error + ?Sized>(error: &E) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    errors::capture_explicitly(chain::read(error), None).unwrap_or_default()
}

/// Captures an error with tags, a level or the like for this event alone.
///
/// ```
/// let error = std::io::Error::other("disk full");
/// sentry::capture_error_with(&error, |scope| scope.set_tag("disk", "sda"));
/// ```
pub fn capture_error_with<E: Error + ?Sized>(error: &E, configure: impl FnOnce(&mut Scope)) -> Uuid {
    with_scope(configure, || capture_error(error))
}

/// Captures a message.
///
/// ```
/// sentry::capture_message("the cache was rebuilt", sentry::Level::Info);
/// ```
pub fn capture_message(message: &str, level: Level) -> Uuid {
    submit(|| Capture::message(message.to_owned(), level))
}

/// Captures a message with tags or the like for this event alone.
pub fn capture_message_with(message: &str, level: Level, configure: impl FnOnce(&mut Scope)) -> Uuid {
    let mut over = Scope::default();
    configure(&mut over);
    submit(|| Capture::message(message.to_owned(), level).with_scope(over))
}

/// Captures an event that the program made itself.
pub fn capture_event(mut event: Event<'static>) -> Uuid {
    // Here, as without a client it is dropped, and that takes stack by its depth.
    nesting::prune_event(&mut event);
    submit(|| Capture::event(event))
}

fn submit(draft: impl FnOnce() -> capture::Draft) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    capture::submit(draft()).unwrap_or_default()
}
