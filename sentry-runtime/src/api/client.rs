//! The functions that start, flush and close the client.

use std::sync::Arc;
use std::time::Duration;

use crate::base::diagnostics;
use crate::capture::event::last;
use crate::client::integration::Integration;
use crate::client::{self, Client};
use crate::context::active;
use crate::lifecycle::guard::ClientInitGuard;
use crate::lifecycle::{exit, init};
use crate::options::{ClientOptions, OptionsError};
use crate::protocol::Uuid;

/// Starts the client. Takes a DSN, [`ClientOptions`], both as a pair, or `()`; options that are not set come from the
/// environment. An invalid option is reported on stderr, and the client is disabled; [`try_init`] returns the error
/// instead.
///
/// Hold the guard until the end of `main`: dropping it sends what is not sent yet and closes the client. A name is needed,
/// because `let _ = sentry::init(…)` drops the guard at once.
///
/// Call it before everything else: tags, users and breadcrumbs that are set without a client are dropped, except for
/// those of the [global scope](crate::get_global_scope).
///
/// A process has one client. A second `init` replaces it: the new client captures everything from then on, and the
/// first client only sends what it had captured, at the latest when its guard is dropped. When the guard of the current
/// client is dropped, the process has no client, even if the first guard still exists.
///
/// Under `#[tokio::main]`, a guard in `main` is dropped before the runtime, so tasks that are still running are no
/// longer recorded. Use `#[sentry::main]` above `#[tokio::main]`, or call `init` before the runtime is built.
///
/// ```
/// let _guard = sentry::init((
///     "https://public@o1.ingest.sentry.io/1",
///     sentry::ClientOptions::new().traces_sample_rate(0.2).release("shop@1.4.2"),
/// ));
/// # drop(_guard);
/// ```
pub fn init(options: impl Into<ClientOptions>) -> ClientInitGuard {
    init::init(options)
}

/// Starts the client like [`init`], but returns an error for invalid options.
///
/// # Errors
/// A malformed DSN, a value out of range, or an invalid proxy or certificate.
///
/// ```
/// let error = sentry::try_init(sentry::ClientOptions::new().traces_sample_rate(20.0)).unwrap_err();
/// assert!(error.to_string().starts_with("traces_sample_rate is `20`"));
/// ```
pub fn try_init(options: impl Into<ClientOptions>) -> Result<ClientInitGuard, OptionsError> {
    init::try_init(options)
}

/// Returns the client of the active context: its own, or the client of the process.
#[must_use]
pub fn get_client() -> Option<Arc<Client>> {
    active::client()
}

/// Sets or removes the client of the process.
pub fn set_current_client(client: Option<Arc<Client>>) {
    if let Some(client) = &client {
        client.take_up();
    }
    drop(client::set_global(client));
}

/// Returns whether there is a client that captures data.
#[must_use]
pub fn is_enabled() -> bool {
    get_client().is_some_and(|client| client.is_enabled())
}

/// Returns whether there is a client, even one that captures nothing: [`init`] was called, and the guard of the last call
/// still exists. See [`is_enabled`] for whether data is captured.
#[must_use]
pub fn is_initialized() -> bool {
    get_client().is_some()
}

/// Waits until everything captured before the call was delivered or lost, at most for `timeout` (default: the option
/// `shutdown_timeout`). Returns whether that succeeded in time. It returns in time even if the server does not answer
/// or a callback does not return. Inside a callback it returns `false` at once, because it would wait for itself.
///
/// After half of the time, unresolved stacks are sent with addresses instead of function names and lines, so that the
/// rest is still sent. With debug information, resolving the first stack of a program can take a second or more.
///
/// If it returned `true`, everything that any thread captured before the call, including spans of ended transactions,
/// has left the process or is counted in [`Client::stats`]. To end the program, use [`exit`].
///
/// ```
/// fn handle(request: &str) -> usize {
///     let length = sentry::start_span("handle", |_| request.len());
///     // The platform may stop the process as soon as this function returns.
///     sentry::flush(std::time::Duration::from_secs(1));
///     length
/// }
/// # assert_eq!(handle("a request"), 9);
/// ```
pub fn flush(timeout: impl Into<Option<Duration>>) -> bool {
    get_client().is_none_or(|client| client.flush(timeout))
}

/// Flushes like [`flush`], then disables the client permanently. Returns whether the flush succeeded in time.
pub fn close(timeout: impl Into<Option<Duration>>) -> bool {
    get_client().is_none_or(|client| client.close(timeout))
}

/// Sends everything and ends the program with this code, like `std::process::exit`, which runs no destructors, so that
/// the guard of [`init`] could not send anything. Waits at most for the option `shutdown_timeout`, whatever hangs.
///
/// Monitored jobs that are running, on any thread, end as failed, because they do not reach their end. A session of the
/// program ends as `exited`. All clients of the process are closed. A span that is still open is lost, with its
/// transaction.
///
/// ```no_run
/// let _guard = sentry::init(());
/// if let Err(error) = std::fs::read("settings.toml") {
///     sentry::capture_error(&error);
///     eprintln!("no settings: {error}");
///     sentry::exit(2);
/// }
/// ```
pub fn exit(code: i32) -> ! {
    exit::exit(code)
}

/// Returns the id of the last event captured in this request or job; outside of any, by this thread. The event may have
/// been dropped since.
#[must_use]
pub fn last_event_id() -> Option<Uuid> {
    last::get()
}

/// Adds an [`Integration`] to the client and sets it up, at any time after [`init`]. Returns whether it was added:
/// `false` without a client, if the client has an integration of that name, and if the setup panics.
///
/// ```
/// struct Shelf;
///
/// impl sentry::Integration for Shelf {
///     fn name(&self) -> &str {
///         "shelf"
///     }
/// }
///
/// let _guard = sentry::init("");
/// assert!(sentry::add_integration(Shelf));
/// assert!(!sentry::add_integration(Shelf), "the first one stays");
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/).
pub fn add_integration(integration: impl Integration) -> bool {
    match get_client() {
        Some(client) => client.add_integration(integration),
        None => {
            diagnostics::debug(format_args!(
                "ignoring an integration added before init: pass it to the options instead"
            ));
            false
        }
    }
}
