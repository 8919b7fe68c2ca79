//! Sessions by hand.

use super::get_client;
use crate::capture::session;
use crate::client::Client;
use crate::protocol::SessionStatus;
use std::sync::Arc;

fn client() -> Option<Arc<Client>> {
    get_client().filter(|client| client.is_enabled())
}

/// Starts a session: with the option `session_mode` on `Application` that of the program, on `Request` that of this
/// request or job, that is of the isolation scope. One that runs there ends first. Without the option `release`
/// nothing happens.
///
/// Errors of level `error` and above that are sent meanwhile make it an errored session, unhandled ones a crashed
/// one; messages do not count.
///
/// ```
/// sentry::start_session();
/// // …
/// sentry::end_session();
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/sessions/).
pub fn start_session() {
    if let Some(client) = client() {
        session::start(&client);
    }
}

/// Ends the session as one that went as it should, unless it crashed.
pub fn end_session() {
    end_session_with_status(SessionStatus::Exited);
}

/// Ends the session with a status, unless it crashed. `Ok` counts as `Exited`.
///
/// ```
/// sentry::end_session_with_status(sentry::SessionStatus::Abnormal);
/// ```
pub fn end_session_with_status(status: SessionStatus) {
    if let Some(client) = client() {
        session::end(&client, status);
    }
}

/// Tells the server how the session stands; with `end`, ends it as [`end_session`] does. There is rarely a reason to
/// call it: sessions are sent when they change.
pub fn capture_session(end: bool) {
    if end {
        end_session();
    } else if let Some(client) = client() {
        session::capture(&client);
    }
}
