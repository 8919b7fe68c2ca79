//! Capturing errors, messages and events.

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Display};

use super::{is_enabled, with_scope};
use crate::capture::errors;
use crate::capture::event;
use crate::capture::reading;
use crate::client::hint::Hint;
use crate::error::chain::{self, Chain};
use crate::error::group::ErrorGroup;
use crate::intake::message::Capture;
use crate::protocol::nesting;
use crate::protocol::{Event, Level, Uuid};
use crate::scope::Scope;

/// Captures an error with its chain of sources and the stack. Answers with the event's id, which is nil without
/// a client and for errors that the option `ignore_errors` leaves out. An error that an annotated function captured
/// on its way here is not captured again; nor, with the option `dedupe`, is one that a called function has just
/// captured by hand.
///
/// ```
/// let result = "seven".parse::<u8>();
/// if let Err(error) = result {
///     sentry::capture_error(&error);
/// }
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/).
// Inlined, so that the stack of a capture does not differ by the type of the error.
#[inline(always)]
pub fn capture_error<E: Error + ?Sized>(error: &E) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    errors::capture_explicitly(reading::read(error), Hint::new()).unwrap_or_default()
}

/// Captures an error with a hint: attachments, the mechanism, a backtrace of its own, or values for callbacks.
///
/// ```
/// let error = std::io::Error::other("disk full");
/// sentry::capture_error_with_hint(&error, sentry::Hint::new().handled(false));
/// ```
pub fn capture_error_with_hint<E: Error + ?Sized>(error: &E, hint: Hint) -> Uuid {
    explicitly(|| reading::read(error), hint)
}

/// Captures an error that consists of several, with all of them: see [`ErrorGroup`].
pub fn capture_error_group<E: ErrorGroup + ?Sized>(group: &E) -> Uuid {
    explicitly(|| reading::read_group(group, type_name::<E>()), Hint::new())
}

/// Captures a value that is no error but can be shown. Its Rust type becomes the type of the exception; a plain text
/// is called `Error`.
///
/// ```
/// sentry::capture_display("the till is empty");
/// ```
pub fn capture_display<T: Display + ?Sized>(value: &T) -> Uuid {
    explicitly(|| chain::of_display(&value, type_name::<T>()), Hint::new())
}

/// Captures a value that can only be debugged. Its Rust type becomes the type of the exception.
///
/// ```
/// #[derive(Debug)]
/// enum Refusal { NoCredit, NoStock { missing: u32 } }
///
/// sentry::capture_debug(&Refusal::NoStock { missing: 3 });
/// ```
pub fn capture_debug<T: Debug + ?Sized>(value: &T) -> Uuid {
    explicitly(|| chain::of_debug(&value, type_name::<T>()), Hint::new())
}

/// Captures an error of the crate `anyhow`, with its context and its causes, and with its own backtrace where it has
/// one (see [`Hint::backtrace`]). Needs the feature `anyhow`.
///
/// ```
/// use anyhow::Context as _;
///
/// let result = "seven".parse::<u8>().context("the order has no number");
/// if let Err(error) = result {
///     sentry::capture_anyhow(&error);
/// }
/// ```
#[cfg(feature = "anyhow")]
pub fn capture_anyhow(error: &anyhow::Error) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    let chain = reading::read_dynamic(error.as_ref(), type_name::<anyhow::Error>());
    errors::capture_explicitly(chain, Hint::new().backtrace(error.backtrace())).unwrap_or_default()
}

/// Captures a report of the crate `eyre`, with its causes. Needs the feature `eyre`.
///
/// The stack is that of the capture: with a stable compiler `eyre` takes no backtrace by itself. A handler that has
/// one can hand it over by [`Hint::backtrace`] and [`capture_error_with_hint`].
///
/// ```
/// use eyre::WrapErr as _;
///
/// let result = "seven".parse::<u8>().wrap_err("the order has no number");
/// if let Err(report) = result {
///     sentry::capture_eyre(&report);
/// }
/// ```
#[cfg(feature = "eyre")]
pub fn capture_eyre(report: &eyre::Report) -> Uuid {
    explicitly(|| reading::read_dynamic(report.as_ref(), type_name::<eyre::Report>()), Hint::new())
}

/// Captures an error with tags, a level or the like for this event alone. A caller that captures the same error again
/// makes another event of it.
///
/// ```
/// let error = std::io::Error::other("disk full");
/// sentry::capture_error_with(&error, |scope| scope.set_tag("disk", "sda"));
/// ```
pub fn capture_error_with<E: Error + ?Sized>(error: &E, configure: impl FnOnce(&mut Scope)) -> Uuid {
    with_scope(configure, || {
        let event_id = capture_error(error);
        // What is told of with words of its own is told once; the next capture is another one.
        errors::forget_captured();
        event_id
    })
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

/// Captures an event that the program made itself, with a hint: attachments, or values for callbacks.
///
/// ```
/// use sentry::protocol::{Attachment, Event};
///
/// let log = Attachment { buffer: b"closed at 8".to_vec(), filename: "till.log".into(), ..Attachment::default() };
/// sentry::capture_event_with_hint(Event::new(), sentry::Hint::new().attachment(log));
/// ```
pub fn capture_event_with_hint(event: Event<'static>, hint: Hint) -> Uuid {
    submit(|| Capture::event(event).with_hint(hint))
}

fn explicitly(chain: impl FnOnce() -> Chain, hint: Hint) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    errors::capture_explicitly(chain(), hint).unwrap_or_default()
}

fn submit(draft: impl FnOnce() -> event::EventDraft) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    event::submit(draft()).unwrap_or_default()
}
