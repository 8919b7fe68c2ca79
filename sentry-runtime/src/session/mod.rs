//! Sessions: whether a release is healthy. A session is a run of the program or a request, see the option
//! `session_mode`, and ends well, with errors, or by a crash.
//!
//! A session of application mode belongs to the client, one of request mode to the isolation scope of its request.
//! Callers only start them and say that they are over; the pipeline counts the errors that it sends in the session that they
//! happened in, and closes a session after the errors that were captured before its end.
//!
//! Spec: `telemetry/sessions/index.mdx`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::client::Client;
use crate::diagnostics;
use crate::pipeline::{self, Message, PendingSession, SessionChange};
use crate::protocol::session::{SessionAggregate, SessionAttributes, SessionCounts, SessionUpdate};
use crate::protocol::{SessionMode, SessionStatus, User, Uuid};
use crate::scope::{ScopeCell, Scopes, active};
use crate::trace::ids;

/// A session and what is known of it so far.
#[derive(Debug)]
pub(crate) struct Session {
    id: Uuid,
    pub(crate) mode: SessionMode,
    started: SystemTime,
    since: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    status: SessionStatus,
    errors: u64,
    duration: Option<Duration>,
    /// Whom the session concerns; does not change once it was sent.
    did: Option<String>,
    /// Whether the server knows the session.
    sent: bool,
    /// Whether it is over, and was sent or counted as that.
    closed: bool,
}

/// How a session is known to the server by its user: the first of these that there is.
fn distinct_id(user: Option<&User>) -> Option<String> {
    let user = user?;
    [&user.id, &user.email, &user.username].into_iter().flatten().next().cloned()
}

fn current_user() -> Option<String> {
    let scopes = active::with(Scopes::of);
    distinct_id(scopes.user())
}

impl Session {
    /// A session that begins now, or nothing without a release to be healthy.
    fn start(client: &Client) -> Option<Arc<Self>> {
        if client.options().release.is_none() {
            diagnostics::debug(format_args!(
                "no session is started: sessions are of a release, and the option `release` is not set"
            ));
            return None;
        }
        Some(Arc::new(Self {
            id: ids::event_id(),
            mode: client.options().session_mode,
            started: SystemTime::now(),
            since: Instant::now(),
            state: Mutex::new(State {
                status: SessionStatus::Ok,
                errors: 0,
                duration: None,
                did: current_user(),
                sent: false,
                closed: false,
            }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an error that happened in the session. Answers whether the server should know now: that the session
    /// is no longer without errors, or that it crashed.
    pub(crate) fn error(&self, crashed: bool, user: Option<&User>) -> bool {
        let mut state = self.state();
        if state.status != SessionStatus::Ok {
            return false;
        }
        state.errors += 1;
        if crashed {
            state.status = SessionStatus::Crashed;
            state.duration = Some(self.since.elapsed());
        }
        if state.did.is_none() && !state.sent {
            state.did = distinct_id(user);
        }
        self.mode == SessionMode::Application && (crashed || state.errors == 1)
    }

    /// Ends the session, unless it crashed before. Answers with what is to be done about it.
    pub(crate) fn end(&self, status: SessionStatus, after: Duration, user: Option<String>) -> End {
        let mut state = self.state();
        if state.closed {
            return End::Nothing;
        }
        let crashed = state.status != SessionStatus::Ok;
        if !crashed {
            state.status = if status == SessionStatus::Ok { SessionStatus::Exited } else { status };
            state.duration = Some(after);
        }
        state.closed = true;
        if self.mode == SessionMode::Application || state.sent {
            // A crash went out with its event.
            return if crashed && state.sent { End::Nothing } else { End::Update };
        }
        let did = state.did.take().or(user);
        let mut counts = SessionCounts::default();
        let count = match state.status {
            SessionStatus::Crashed => &mut counts.crashed,
            SessionStatus::Abnormal => &mut counts.abnormal,
            SessionStatus::Exited | SessionStatus::Ok if state.errors > 0 => &mut counts.errored,
            SessionStatus::Exited | SessionStatus::Ok => &mut counts.exited,
        };
        *count += 1;
        End::Count { did, counts }
    }

    /// The state as the server is told of it, from now on known to it.
    pub(crate) fn update(&self, client: &Client) -> SessionUpdate {
        let mut state = self.state();
        let init = !std::mem::replace(&mut state.sent, true);
        SessionUpdate {
            sid: self.id,
            did: state.did.clone(),
            init,
            started: self.started,
            timestamp: SystemTime::now(),
            status: state.status,
            errors: state.errors,
            duration: state.duration.map(|duration| duration.as_secs_f64()),
            attrs: attributes(client),
        }
    }

    /// How long ago it began, if the server does not know it yet.
    pub(crate) fn unsent_since(&self) -> Option<Duration> {
        let state = self.state();
        (!state.sent && !state.closed).then(|| self.since.elapsed())
    }
}

/// What the end of a session leads to.
pub(crate) enum End {
    /// The server is told.
    Update,
    /// It is counted with others.
    Count {
        did: Option<String>,
        counts: SessionCounts,
    },
    Nothing,
}

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
    let change = SessionChange::Ended { status, after: session.since.elapsed(), user: current_user() };
    hand_over(client, session, change);
}

/// Starts a session: of the program, or in request mode of this request. One that runs ends.
pub(crate) fn start(client: &Arc<Client>) {
    match client.options().session_mode {
        SessionMode::Application => {
            end(client, SessionStatus::Exited);
            if let Some(session) = Session::start(client) {
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
    let session = Session::start(client);
    let before = isolation.update(|scope| std::mem::replace(&mut scope.session, session));
    if let Some(before) = before {
        hand_over_end(client, before, SessionStatus::Exited);
    }
}

/// Ends the session of a request.
pub(crate) fn request_ended(client: &Arc<Client>, isolation: &ScopeCell, status: SessionStatus) {
    if let Some(session) = isolation.update(|scope| scope.session.take()) {
        hand_over_end(client, session, status);
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
            let isolation = active::with(|context| Arc::clone(&context.isolation));
            request_ended(client, &isolation, status);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn session(mode: SessionMode) -> Session {
        Session {
            id: ids::event_id(),
            mode,
            started: UNIX_EPOCH + Duration::from_secs(119),
            since: Instant::now(),
            state: Mutex::new(State {
                status: SessionStatus::Ok,
                errors: 0,
                duration: None,
                did: None,
                sent: false,
                closed: false,
            }),
        }
    }

    fn ended(session: &Session, status: SessionStatus) -> Option<SessionCounts> {
        match session.end(status, Duration::from_secs(1), None) {
            End::Count { counts, .. } => Some(counts),
            End::Update | End::Nothing => None,
        }
    }

    #[test]
    fn a_request_is_counted_once_as_how_it_ended() {
        for (errors, crashed, status, expected) in [
            (0, false, SessionStatus::Exited, SessionCounts { exited: 1, ..Default::default() }),
            (2, false, SessionStatus::Ok, SessionCounts { errored: 1, ..Default::default() }),
            (1, true, SessionStatus::Exited, SessionCounts { crashed: 1, ..Default::default() }),
            (1, false, SessionStatus::Abnormal, SessionCounts { abnormal: 1, ..Default::default() }),
        ] {
            let session = session(SessionMode::Request);
            for _ in 0..errors {
                assert!(!session.error(crashed, None), "requests are not told of one by one");
            }
            assert_eq!(ended(&session, status), Some(expected));
            assert_eq!(ended(&session, status), None);
        }
    }

    #[test]
    fn the_server_is_told_of_the_first_error_and_of_a_crash() {
        let session = session(SessionMode::Application);
        assert!(session.error(false, None));
        assert!(!session.error(false, None));
        assert!(session.error(true, None));
        assert!(!session.error(true, None), "a session that is over does not change");
    }

    #[test]
    fn sessions_of_a_minute_and_a_user_are_one_group() {
        let (sessions, session) = (Sessions::default(), session(SessionMode::Request));
        let one = SessionCounts { exited: 1, ..Default::default() };
        sessions.count(&session, None, one);
        sessions.count(&session, None, one);
        assert_eq!(sessions.count(&session, Some("ada".into()), one), 2);
        let groups = sessions.take_counted();
        assert_eq!((groups[0].counts.exited, groups[1].counts.exited), (2, 1));
        assert_eq!(groups[0].started, UNIX_EPOCH + Duration::from_secs(60));
        assert!(sessions.counted_since().is_none() && sessions.take_counted().is_empty());
    }
}
