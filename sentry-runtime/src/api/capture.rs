//! The functions that capture errors, messages and events.

use std::any::type_name;
use std::fmt::{Debug, Display};

use super::{is_enabled, with_scope};
use crate::base::callback;
use crate::capture::errors;
use crate::capture::event;
use crate::capture::reading;
use crate::client::forgotten;
use crate::client::hint::Hint;
use crate::error::captured::CapturedError;
use crate::error::chain::{self, Chain};
use crate::error::group::ErrorGroup;
use crate::intake::message::Capture;
use crate::protocol::nesting::Shallow;
use crate::protocol::{Event, Level, Uuid};
use crate::scope::Scope;

/// Captures an error with its chain of sources and the stack. Returns the event's id, which is nil without a client and
/// for errors that the option `ignore_errors` drops. An error that an annotated function has already captured is not
/// captured again; with the option `dedupe`, neither is an error that a called function has just captured manually.
///
/// A boxed error is captured as the error in the box, see [`CapturedError`].
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
pub fn capture_error<E: CapturedError<Form> + ?Sized, Form>(error: &E) -> Uuid {
    if !is_capturing() {
        return Uuid::nil();
    }
    errors::capture_explicitly(reading::read(error.as_error()), Hint::new()).unwrap_or_default()
}

/// Captures an error with a hint: attachments, the mechanism, the error's own backtrace, or values for callbacks.
/// Returns the event's id, as [`capture_error`] does.
///
/// ```
/// let error = std::io::Error::other("disk full");
/// sentry::capture_error_with_hint(&error, sentry::Hint::new().handled(false));
/// ```
pub fn capture_error_with_hint<E: CapturedError<Form> + ?Sized, Form>(error: &E, hint: Hint) -> Uuid {
    explicitly(|| reading::read(error.as_error()), hint)
}

/// Captures an error that consists of several errors, with all of them; see [`ErrorGroup`]. Returns the event's id, as
/// [`capture_error`] does.
pub fn capture_error_group<E: ErrorGroup + ?Sized>(group: &E) -> Uuid {
    explicitly(|| reading::read_group(group, type_name::<E>()), Hint::new())
}

/// Captures a value that implements `Display` but not `Error`. Its Rust type becomes the type of the exception; the
/// type of a plain string is `Error`. Returns the event's id, as [`capture_error`] does.
///
/// ```
/// sentry::capture_display("the till is empty");
/// ```
pub fn capture_display<T: Display + ?Sized>(value: &T) -> Uuid {
    explicitly(|| chain::of_display(&value, type_name::<T>()), Hint::new())
}

/// Captures a value that only implements `Debug`. Its Rust type becomes the type of the exception. Returns the event's
/// id, as [`capture_error`] does.
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

/// Captures an error of the crate `anyhow` with its context, its causes and, if it has one, its own backtrace (see
/// [`Hint::backtrace`]). Returns the event's id, as [`capture_error`] does. Needs the feature `anyhow`.
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
    if !is_capturing() {
        return Uuid::nil();
    }
    let chain = reading::read_dynamic(error.as_ref(), type_name::<anyhow::Error>());
    errors::capture_explicitly(chain, Hint::new().backtrace(error.backtrace())).unwrap_or_default()
}

/// Captures a report of the crate `eyre` with its causes. Returns the event's id, as [`capture_error`] does. Needs the
/// feature `eyre`.
///
/// The event has the stack of the capture, because `eyre` does not take a backtrace with a stable compiler. A handler
/// that takes one can pass it with [`Hint::backtrace`] to [`capture_error_with_hint`].
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

/// Captures an error and configures the scope, such as tags or the level, for this event only. If a caller captures the
/// same error again, that is another event. Returns the event's id, as [`capture_error`] does.
///
/// ```
/// let error = std::io::Error::other("disk full");
/// sentry::capture_error_with(&error, |scope| scope.set_tag("disk", "sda"));
/// ```
pub fn capture_error_with<E: CapturedError<Form> + ?Sized, Form>(
    error: &E,
    configure: impl FnOnce(&mut Scope),
) -> Uuid {
    // Not one level deeper: inside a callback, the closure could not set a tag then.
    let configure = |scope: &mut Scope| _ = callback::contain(|| configure(scope));
    with_scope(configure, || {
        let event_id = capture_error(error);
        // An error captured with its own scope is one event; the next capture of it is another event.
        errors::forget_captured();
        event_id
    })
}

/// Captures a message. Returns the event's id, nil without a client.
///
/// ```
/// sentry::capture_message("the cache was rebuilt", sentry::Level::Info);
/// ```
pub fn capture_message(message: &str, level: Level) -> Uuid {
    submit(|| Capture::message(message.to_owned(), level))
}

/// Captures a message and configures the scope, such as tags, for this event only. Returns the event's id, nil without
/// a client.
pub fn capture_message_with(message: &str, level: Level, configure: impl FnOnce(&mut Scope)) -> Uuid {
    let mut over = Scope::default();
    callback::contain(|| configure(&mut over));
    submit(|| Capture::message(message.to_owned(), level).with_scope(over))
}

/// Captures an event that the program built. Returns the event's id, nil without a client.
pub fn capture_event(event: Event<'static>) -> Uuid {
    // Pruned before the check for a client, because dropping a deep event takes stack.
    let event = Shallow::of(event);
    submit(|| Capture::event(event))
}

/// Captures an event that the program built, with a hint: attachments, or values for callbacks. Returns the event's id,
/// nil without a client.
///
/// ```
/// use sentry::protocol::{Attachment, Event};
///
/// let log = Attachment { buffer: b"closed at 8".to_vec(), filename: "till.log".into(), ..Attachment::default() };
/// sentry::capture_event_with_hint(Event::new(), sentry::Hint::new().attachment(log));
/// ```
pub fn capture_event_with_hint(event: Event<'static>, hint: Hint) -> Uuid {
    let event = Shallow::of(event);
    submit(|| Capture::event(event).with_hint(hint))
}

fn explicitly(chain: impl FnOnce() -> Chain, hint: Hint) -> Uuid {
    if !is_capturing() {
        return Uuid::nil();
    }
    errors::capture_explicitly(chain(), hint).unwrap_or_default()
}

/// Returns whether there is an enabled client.
fn is_capturing() -> bool {
    forgotten::check();
    is_enabled()
}

fn submit(draft: impl FnOnce() -> event::EventDraft) -> Uuid {
    if !is_capturing() {
        return Uuid::nil();
    }
    event::submit(draft()).unwrap_or_default()
}
