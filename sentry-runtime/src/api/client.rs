//! Starting, flushing and ending the client.

use std::sync::Arc;
use std::time::Duration;

use crate::base::diagnostics;
use crate::capture::event::last;
use crate::client::integration::Integration;
use crate::client::{self, Client};
use crate::context::active;
use crate::lifecycle::guard::ClientInitGuard;
use crate::lifecycle::init;
use crate::options::{ClientOptions, OptionsError};
use crate::protocol::Uuid;

/// Starts the toolkit. Takes a DSN, [`ClientOptions`], both as a pair, or `()`; what they leave out comes from the
/// environment. Options that cannot be used are told on stderr, and nothing is captured; [`try_init`] returns them.
///
/// Hold the guard to the end of `main`: when it is dropped, what is not yet sent is sent.
///
/// A program has one client. A second `init` puts another in its place: from then on everything is captured by that one,
/// while the first only sends what it had captured, at the latest when its guard is dropped. When the guard of the client
/// in place is dropped there is none, also where the first guard still lives.
///
/// Under `#[tokio::main]` a guard in `main` is dropped before the runtime: of tasks that still run then nothing is
/// recorded. Use `#[sentry::main]` above `#[tokio::main]`, or call `init` before the runtime is built.
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

/// Starts the toolkit, or says which option cannot be used and why.
///
/// # Errors
/// A malformed DSN, a value out of its range, a proxy that cannot be used.
///
/// ```
/// let error = sentry::try_init(sentry::ClientOptions::new().traces_sample_rate(20.0)).unwrap_err();
/// assert!(error.to_string().starts_with("traces_sample_rate is `20`"));
/// ```
pub fn try_init(options: impl Into<ClientOptions>) -> Result<ClientInitGuard, OptionsError> {
    init::try_init(options)
}

/// The client of this piece of work: its own, or the one of the process.
#[must_use]
pub fn get_client() -> Option<Arc<Client>> {
    active::with(|context| context.client())
}

/// Makes a client the one of the process, or removes it.
pub fn set_current_client(client: Option<Arc<Client>>) {
    drop(client::set_global(client));
}

/// Whether there is a client that captures anything.
#[must_use]
pub fn is_enabled() -> bool {
    get_client().is_some_and(|client| client.is_enabled())
}

/// Whether there is a client, be it one that captures nothing: [`init`] was called, and the guard of the last call
/// still lives. Whether anything is captured says [`is_enabled`].
#[must_use]
pub fn is_initialized() -> bool {
    get_client().is_some()
}

/// Waits until everything captured so far was delivered or lost, at most `timeout` (by default the option
/// `shutdown_timeout`). Answers whether it was. It returns in time whatever hangs: a server that does not answer, a
/// callback that does not return. Inside of a callback it answers `false` at once, as it would wait for itself.
///
/// When half of the time is over, stacks that are not resolved yet go out with addresses instead of the names and
/// lines of their functions, so that the rest still gets out. With debug information the first stack of a program can
/// take a second or more.
///
/// Call it before `std::process::exit`, which runs no destructors, so that the guard of [`init`] cannot do it. When it
/// has answered `true`, everything that any thread captured before the call has left the process or is counted in
/// [`Client::stats`], spans of transactions that had ended included; a span that is still open is lost by the exit,
/// with the transaction that it belongs to.
///
/// ```
/// # fn work() -> i32 { 0 }
/// fn main() {
///     let _guard = sentry::init(());
///     let code = work();
///     sentry::flush(std::time::Duration::from_secs(2));
///     # if code != 0 {
///     std::process::exit(code);
///     # }
/// }
/// ```
pub fn flush(timeout: impl Into<Option<Duration>>) -> bool {
    get_client().is_none_or(|client| client.flush(or_default(&client, timeout)))
}

/// Flushes, then switches the client off for good.
pub fn close(timeout: impl Into<Option<Duration>>) -> bool {
    get_client().is_none_or(|client| client.close(or_default(&client, timeout)))
}

fn or_default(client: &Client, timeout: impl Into<Option<Duration>>) -> Duration {
    timeout.into().unwrap_or(client.options().shutdown_timeout)
}

/// The id of the last event that was captured in this request or job; outside of any, by this thread. The event may
/// have been dropped since.
#[must_use]
pub fn last_event_id() -> Option<Uuid> {
    last::get()
}

/// Adds an [`Integration`] to the client and sets it up, at any time after [`init`]. Answers whether it was: not
/// without a client, not when there is one of that name already, and not when its setup panics.
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
                "an integration was added before init: give it to the options instead"
            ));
            false
        }
    }
}
