//! The functions that start, end and send sessions manually.

use super::get_client;
use crate::capture::session;
use crate::client::Client;
use crate::protocol::SessionStatus;
use std::sync::Arc;

fn client() -> Option<Arc<Client>> {
    get_client().filter(|client| client.is_enabled())
}

/// Starts a session: with `session_mode` set to `Application`, the session of the program; with `Request`, the session
/// of this request or job, in its isolation scope. A session that is running there ends first. Does nothing without the
/// option `release`.
///
/// Errors of level `error` and above that are sent during the session make it errored, and unhandled ones make it
/// crashed. Messages do not count.
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

/// Ends the session with the status `Exited`, unless it crashed.
pub fn end_session() {
    end_session_with_status(SessionStatus::Exited);
}

/// Ends the session with this status, unless it crashed. `Ok` counts as `Exited`.
///
/// ```
/// sentry::end_session_with_status(sentry::SessionStatus::Abnormal);
/// ```
pub fn end_session_with_status(status: SessionStatus) {
    if let Some(client) = client() {
        session::end(&client, status);
    }
}

/// Sends the state of the session to the server; with `end`, ends the session like [`end_session`]. Rarely needed,
/// because sessions are sent when they change.
pub fn capture_session(end: bool) {
    if end {
        end_session();
    } else if let Some(client) = client() {
        session::capture(&client);
    }
}
