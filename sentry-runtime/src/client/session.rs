//! Sessions: the state of one session from its start to its end, and the sessions of a client.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::base::diagnostics;
use crate::options::ClientOptions;
use crate::protocol::session::{SessionAggregate, SessionAttributes, SessionCounts, SessionUpdate};
use crate::protocol::{SessionMode, SessionStatus, User, Uuid};

/// A session and its state.
#[derive(Debug)]
pub(crate) struct Session {
    id: Uuid,
    mode: SessionMode,
    pub(crate) started: SystemTime,
    pub(crate) since: Instant,
    /// The address of the isolation scope that started the session. Scopes forked from that scope share the session,
    /// but did not start it.
    pub(crate) home: usize,
    state: Mutex<SessionState>,
}

#[derive(Debug)]
struct SessionState {
    status: SessionStatus,
    errors: u64,
    duration: Option<Duration>,
    /// The user of the session; does not change after the session was sent.
    did: Option<String>,
    /// Whether the session was sent.
    sent: bool,
    /// Whether the update that introduces the session was sent; that update may be lost.
    introduced: Arc<AtomicBool>,
    /// Whether the session has ended and was sent or counted as ended.
    closed: bool,
}

/// The distinct id of a session's user: the user's id, email or name, the first that is set.
pub(crate) fn distinct_id(user: Option<&User>) -> Option<String> {
    let user = user?;
    [&user.id, &user.email, &user.username].into_iter().flatten().next().cloned()
}

impl Session {
    /// Starts a session; `None` without a release, because sessions measure the health of a release.
    pub(crate) fn start(
        options: &ClientOptions,
        id: Uuid,
        user: Option<String>,
        home: usize,
    ) -> Option<Arc<Self>> {
        if options.release.is_none() {
            diagnostics::debug(format_args!(
                "no session is started: sessions belong to a release; set the option `release`"
            ));
            return None;
        }
        Some(Arc::new(Self {
            id,
            mode: options.session_mode,
            started: SystemTime::now(),
            since: Instant::now(),
            home,
            state: Mutex::new(SessionState {
                status: SessionStatus::Ok,
                errors: 0,
                duration: None,
                did: user,
                sent: false,
                introduced: Arc::default(),
                closed: false,
            }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an error in the session. Returns whether the session must be sent now: on its first error, and when it
    /// crashed.
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

    /// Ends the session, unless it crashed before. Returns what the caller has to send.
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
        if !state.sent {
            // The user is often known late, after a login for example.
            state.did = user.or(state.did.take());
        }
        if self.mode == SessionMode::Application || state.sent {
            // The crash was sent with its event.
            return if crashed && state.sent { End::Nothing } else { End::Update };
        }
        let did = state.did.take();
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

    /// Returns the update to send; if it introduces the session, also the flag that records this.
    pub(crate) fn update(&self, options: &ClientOptions) -> (SessionUpdate, Option<Arc<AtomicBool>>) {
        let mut state = self.state();
        state.sent = true;
        let init = !state.introduced.swap(true, Ordering::Relaxed);
        let update = SessionUpdate {
            sid: self.id,
            did: state.did.clone(),
            init,
            started: self.started,
            timestamp: SystemTime::now(),
            status: state.status,
            errors: state.errors,
            duration: state.duration.map(|duration| duration.as_secs_f64()),
            attrs: attributes(options),
        };
        (update, init.then(|| Arc::clone(&state.introduced)))
    }

    /// Returns the age of the session, if it has been neither sent nor closed.
    pub(crate) fn unsent_since(&self) -> Option<Duration> {
        let state = self.state();
        (!state.sent && !state.closed).then(|| self.since.elapsed())
    }
}

/// The consequence of a session's end.
#[derive(Debug)]
pub(crate) enum End {
    /// An update is sent.
    Update,
    /// The session is counted with others.
    Count {
        did: Option<String>,
        counts: SessionCounts,
    },
    Nothing,
}

pub(crate) fn attributes(options: &ClientOptions) -> SessionAttributes {
    SessionAttributes {
        release: options.release.clone().unwrap_or_default().into_owned(),
        environment: options.environment.as_ref().map(|environment| environment.clone().into_owned()),
    }
}

/// The counts that wait to be sent, with the time of the first one.
pub(crate) type Counted = (Instant, BTreeMap<(SystemTime, Option<String>), SessionCounts>);

/// The sessions of a client.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// The session of application mode.
    application: Mutex<Option<Arc<Session>>>,
    counted: Mutex<Option<Counted>>,
}

impl Sessions {
    /// Returns the session of application mode, if one runs.
    pub(crate) fn application(&self) -> Option<Arc<Session>> {
        self.application.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, session: Option<Arc<Session>>) -> Option<Arc<Session>> {
        std::mem::replace(&mut *self.application.lock().unwrap_or_else(PoisonError::into_inner), session)
    }

    fn counted(&self) -> MutexGuard<'_, Option<Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a session that has ended. Returns the number of groups.
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

    /// Returns the time that counts have waited, if there are any.
    pub(crate) fn counted_since(&self) -> Option<Duration> {
        self.counted().as_ref().map(|(since, _)| since.elapsed())
    }

    /// Takes all counts.
    pub(crate) fn take_counted(&self) -> Vec<SessionAggregate> {
        let groups = self.counted().take().map(|(_, groups)| groups).unwrap_or_default();
        groups.into_iter().map(|((started, did), counts)| SessionAggregate { started, did, counts }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(mode: SessionMode) -> Session {
        Session {
            id: Uuid::default(),
            mode,
            started: UNIX_EPOCH + Duration::from_secs(119),
            since: Instant::now(),
            home: 0,
            state: Mutex::new(SessionState {
                status: SessionStatus::Ok,
                errors: 0,
                duration: None,
                did: None,
                sent: false,
                introduced: Arc::default(),
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
                assert!(!session.error(crashed, None), "requests are not sent one by one");
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
    fn the_user_at_the_end_counts_unless_another_one_was_sent() {
        let did = |sent: bool, before: Option<&str>, at_end: Option<&str>| {
            let session = session(SessionMode::Application);
            session.state().sent = sent;
            session.state().did = before.map(str::to_owned);
            session.end(SessionStatus::Exited, Duration::ZERO, at_end.map(str::to_owned));
            session.state().did.clone()
        };
        assert_eq!(did(false, None, Some("ada")).as_deref(), Some("ada"));
        assert_eq!(did(false, Some("guest"), Some("ada")).as_deref(), Some("ada"));
        assert_eq!(did(false, Some("ada"), None).as_deref(), Some("ada"));
        assert_eq!(did(true, Some("guest"), Some("ada")).as_deref(), Some("guest"));
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
