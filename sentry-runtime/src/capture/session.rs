//! Release-health sessions. A session is a run of the program or a request (option `session_mode`), and ends normally,
//! with errors, or by a crash.
//!
//! A session of application mode belongs to the client, one of request mode to the isolation scope of its request.
//! Callers only start and end sessions. The pipeline counts the errors that it sends in the session in which they
//! happened, and closes a session after the errors that were captured before its end.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/sessions/)

use std::sync::Arc;

use crate::client::Client;
use crate::client::session::{Session, distinct_id};
use crate::context::active;
use crate::context::ids;
use crate::context::thread_context::Context;
use crate::intake::message::{PendingSession, SessionChange};
use crate::intake::queue;
use crate::protocol::{SessionMode, SessionStatus};
use crate::scope::{ScopeCell, Scopes};

/// Returns the user of the scopes.
fn user_of(scopes: &Scopes) -> Option<String> {
    distinct_id(scopes.user())
}

fn current_user() -> Option<String> {
    user_of(&active::with(Scopes::of))
}

/// Begins a session with the current user.
fn begin(client: &Client, home: usize) -> Option<Arc<Session>> {
    Session::start(client.options(), ids::event_id(), current_user(), home)
}

fn hand_over(client: &Arc<Client>, session: Arc<Session>, change: SessionChange) {
    let client = Arc::clone(client);
    queue::send_session(Box::new(PendingSession { client, session, change }));
}

fn hand_over_end(client: &Arc<Client>, session: Arc<Session>, status: SessionStatus) {
    hand_over_end_of(client, session, status, current_user());
}

fn hand_over_end_of(
    client: &Arc<Client>,
    session: Arc<Session>,
    status: SessionStatus,
    user: Option<String>,
) {
    let change = SessionChange::Ended { status, after: session.since.elapsed(), user };
    hand_over(client, session, change);
}

/// Starts a session: of the program, or in request mode of the current request. A running one ends.
pub(crate) fn start(client: &Arc<Client>) {
    match client.options().session_mode {
        SessionMode::Application => {
            end(client, SessionStatus::Exited);
            if let Some(session) = begin(client, 0) {
                client.sessions().replace(Some(Arc::clone(&session)));
                hand_over(client, session, SessionChange::Started);
            }
        }
        SessionMode::Request => {
            let isolation = active::isolation();
            request_started(client, &isolation);
        }
    }
}

/// Starts the session of a request, in its isolation scope. A session that was started there ends.
pub(crate) fn request_started(client: &Arc<Client>, isolation: &ScopeCell) {
    let home = std::ptr::from_ref(isolation).addr();
    let session = begin(client, home);
    let before = isolation.update(|scope| std::mem::replace(&mut scope.session, session));
    // The session of an enclosing request continues.
    if let Some(before) = before.filter(|before| before.home == home) {
        hand_over_end(client, before, SessionStatus::Exited);
    }
}

/// Ends the session of the request with the given context. The session's user is that of the request, whatever is
/// active here: the end of a request is observed from outside.
pub(crate) fn request_ended(client: &Arc<Client>, request: &Context, status: SessionStatus) {
    if let Some(session) = request.isolation.update(|scope| scope.session.take()) {
        hand_over_end_of(client, session, status, user_of(&Scopes::of(request)));
    }
}

/// Ends the session of the program, or of the current request.
pub(crate) fn end(client: &Arc<Client>, status: SessionStatus) {
    match client.options().session_mode {
        SessionMode::Application => {
            if let Some(session) = client.sessions().replace(None) {
                hand_over_end(client, session, status);
            }
        }
        SessionMode::Request => {
            request_ended(client, &active::context(), status);
        }
    }
}

/// Returns the session to which something with these scopes belongs.
pub(crate) fn of(client: &Client, scopes: &Scopes) -> Option<Arc<Session>> {
    match client.options().session_mode {
        SessionMode::Application => client.sessions().application(),
        SessionMode::Request => scopes.isolation.session.clone(),
    }
}

/// Sends the current state of the session to the server.
pub(crate) fn capture(client: &Arc<Client>) {
    if let Some(session) = of(client, &active::with(Scopes::of)) {
        hand_over(client, session, SessionChange::Captured);
    }
}

/// Starts the session of the program when the client starts, if automatic sessions are on.
pub(crate) fn client_started(client: &Arc<Client>) {
    let options = client.options();
    if client.is_enabled()
        && options.auto_session_tracking
        && options.session_mode == SessionMode::Application
    {
        start(client);
    }
}

/// Ends the session of the program when the client ends.
pub(crate) fn client_ends(client: &Client) {
    if let Some(session) = client.sessions().replace(None)
        && let Some(client) = client.handle()
    {
        hand_over_end(&client, session, SessionStatus::Exited);
    }
}
