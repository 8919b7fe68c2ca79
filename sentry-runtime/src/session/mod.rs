//! Sessions: whether a release is healthy. A session is a run of the program or a request, see the option
//! `session_mode`, and ends well, with errors, or by a crash.
//!
//! A session of application mode belongs to the client, one of request mode to the isolation scope of its request.
//! Callers only start them and say that they are over; the pipeline counts the errors that it sends in the session
//! that they happened in, and closes a session after the errors that were captured before its end.
//!
//! Spec: `telemetry/sessions/index.mdx`.

mod state;

pub(crate) use state::{End, Session};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::state::{current_user, user_of};
use crate::client::Client;
use crate::pipeline::{self, Message, PendingSession, SessionChange};
use crate::protocol::session::{SessionAggregate, SessionAttributes, SessionCounts};
use crate::protocol::{SessionMode, SessionStatus};
use crate::scope::context::Context;
use crate::scope::{ScopeCell, Scopes, active};

pub(crate) fn attributes(client: &Client) -> SessionAttributes {
    let options = client.options();
    SessionAttributes {
        release: options.release.clone().unwrap_or_default().into_owned(),
        environment: options.environment.as_ref().map(|environment| environment.clone().into_owned()),
    }
}

/// Counts that wait to be sent, with when the first of them came.
pub(crate) type Counted = (Instant, BTreeMap<(SystemTime, Option<String>), SessionCounts>);

/// The sessions of a client.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// The session of application mode.
    application: Mutex<Option<Arc<Session>>>,
    counted: Mutex<Option<Counted>>,
}

impl Sessions {
    /// The session of application mode, if one runs.
    pub(crate) fn application(&self) -> Option<Arc<Session>> {
        self.application.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, session: Option<Arc<Session>>) -> Option<Arc<Session>> {
        std::mem::replace(&mut *self.application.lock().unwrap_or_else(PoisonError::into_inner), session)
    }

    fn counted(&self) -> MutexGuard<'_, Option<Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a session that has ended. Answers how many groups there are.
    pub(crate) fn count(&self, session: &Session, did: Option<String>, more: SessionCounts) -> usize {
        let since = session.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let minute = UNIX_EPOCH + Duration::from_secs(since.as_secs() / 60 * 60);
        let mut counted = self.counted();
        let (_, groups) = counted.get_or_insert_with(|| (Instant::now(), BTreeMap::new()));
        let counts = groups.entry((minute, did)).or_default();
        counts.exited += more.exited;
        counts.errored += more.errored;
        counts.abnormal += more.abnormal;
        counts.crashed += more.crashed;
        groups.len()
    }

    /// How long counts have waited, if there are any.
    pub(crate) fn counted_since(&self) -> Option<Duration> {
        self.counted().as_ref().map(|(since, _)| since.elapsed())
    }

    /// Takes what was counted.
    pub(crate) fn take_counted(&self) -> Vec<SessionAggregate> {
        let groups = self.counted().take().map(|(_, groups)| groups).unwrap_or_default();
        groups.into_iter().map(|((started, did), counts)| SessionAggregate { started, did, counts }).collect()
    }
}

fn hand_over(client: &Arc<Client>, session: Arc<Session>, change: SessionChange) {
    let client = Arc::clone(client);
    pipeline::send(Message::Session(Box::new(PendingSession { client, session, change })));
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

/// Starts a session: of the program, or in request mode of this request. One that runs ends.
pub(crate) fn start(client: &Arc<Client>) {
    match client.options().session_mode {
        SessionMode::Application => {
            end(client, SessionStatus::Exited);
            if let Some(session) = Session::start(client, 0) {
                client.sessions().replace(Some(Arc::clone(&session)));
                hand_over(client, session, SessionChange::Started);
            }
        }
        SessionMode::Request => {
            let isolation = active::with(|context| Arc::clone(&context.isolation));
            request_started(client, &isolation);
        }
    }
}

/// Starts the session of a request, in its isolation scope. One that was started there ends.
pub(crate) fn request_started(client: &Arc<Client>, isolation: &ScopeCell) {
    let home = std::ptr::from_ref(isolation).addr();
    let session = Session::start(client, home);
    let before = isolation.update(|scope| std::mem::replace(&mut scope.session, session));
    // That of the request around this one goes on.
    if let Some(before) = before.filter(|before| before.home == home) {
        hand_over_end(client, before, SessionStatus::Exited);
    }
}

/// Ends the session of a request, whose context this is. Its user is the one of that, whatever is active here: the
/// end of a request is seen from outside.
pub(crate) fn request_ended(client: &Arc<Client>, request: &Context, status: SessionStatus) {
    if let Some(session) = request.isolation.update(|scope| scope.session.take()) {
        hand_over_end_of(client, session, status, user_of(&Scopes::of(request)));
    }
}

/// Ends the session of the program, or of this request.
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

/// The session in which something happens that has these scopes.
pub(crate) fn of(client: &Client, scopes: &Scopes) -> Option<Arc<Session>> {
    match client.options().session_mode {
        SessionMode::Application => client.sessions().application(),
        SessionMode::Request => scopes.isolation.session.clone(),
    }
}

/// Tells the server how the session stands.
pub(crate) fn capture(client: &Arc<Client>) {
    if let Some(session) = of(client, &active::with(Scopes::of)) {
        hand_over(client, session, SessionChange::Captured);
    }
}

/// The client starts: so does the session of the program, if it is to start by itself.
pub(crate) fn client_started(client: &Arc<Client>) {
    let options = client.options();
    if client.is_enabled()
        && options.auto_session_tracking
        && options.session_mode == SessionMode::Application
    {
        start(client);
    }
}

/// The client ends, and with it the session of the program.
pub(crate) fn client_ends(client: &Client) {
    if let Some(session) = client.sessions().replace(None)
        && let Some(client) = client.handle()
    {
        hand_over_end(&client, session, SessionStatus::Exited);
    }
}
