//! The choice of errors that are captured when their function fails without returning them.

/// The errors that are captured when a request, a job or the program fails without returning an error, see
/// [`ClientOptions::unhandled_errors`](super::ClientOptions::unhandled_errors).
///
/// Annotated functions see every error that they return. Where the caller turns the error into something else, its text
/// would be lost: a handler that answers with status 500, a job or `main` that returns
/// [`ExitCode::FAILURE`](std::process::ExitCode::FAILURE). The error is then captured by the server's layer, the
/// handler's attribute, [`#[sentry::monitor]`](macro@crate::monitor) or [`#[sentry::main]`](macro@crate::main), with its
/// causes, and with the stack trace and the span of the function that returned it.
///
/// ```
/// use sentry::{ClientOptions, UnhandledErrors};
///
/// let options = ClientOptions::new().unhandled_errors(UnhandledErrors::All);
/// # assert_eq!(options.unhandled_errors, UnhandledErrors::All);
/// # assert_eq!(ClientOptions::new().unhandled_errors, UnhandledErrors::Last);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UnhandledErrors {
    /// None.
    Off,
    /// The last error that an annotated function returned and that was not captured since. If nothing in the request was
    /// captured, that error most likely caused the failure.
    #[default]
    Last,
    /// The last error and, as handled events of level `warning`, all others that were returned by annotated functions
    /// and not captured: at most 16 per request, job or program. These are sent also if the function did return an
    /// error.
    All,
}
