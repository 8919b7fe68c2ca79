//! Events made of errors, for programs that change them before they capture them.

use crate::capture::reading;
use crate::error::captured::CapturedError;
use crate::error::chain::Chain;
use crate::intake::message::CaptureMechanism;
use crate::pipeline::event::exceptions;
use crate::protocol::{Event, Level};

/// Returns an event that shows an error with its causes, but has no stack. To add tags or a level to the event of an
/// error, [`capture_error_with`](crate::capture_error_with) is shorter and keeps the stack.
///
/// ```
/// let error = "seven".parse::<u8>().unwrap_err();
/// let mut event = sentry::event_from_error(&error);
/// event.level = sentry::Level::Warning;
/// sentry::capture_event(event);
/// ```
pub fn event_from_error<E: CapturedError<Form> + ?Sized, Form>(error: &E) -> Event<'static> {
    of_chain(&reading::read(error.as_error()))
}

/// Returns the event of a chain of errors.
pub(crate) fn of_chain(chain: &Chain) -> Event<'static> {
    let mechanism = CaptureMechanism { ty: "generic", handled: true };
    let exception = exceptions::of_chain(chain, mechanism, None, None).into();
    Event { exception, level: Level::Error, ..Event::default() }
}

/// Returns the type at the beginning of the `Debug` output of an error, as far as a derived `Debug` prints one.
///
/// ```
/// let error = "seven".parse::<u8>().unwrap_err();
/// assert_eq!(sentry::parse_type_from_debug(&format!("{error:?}")), "ParseIntError");
/// ```
#[must_use]
pub fn parse_type_from_debug(debug: &str) -> &str {
    debug.split([' ', '(', '{', '\r', '\n']).next().unwrap_or_default().trim()
}
