//! Sessions on the pipeline thread: updates of single sessions are sent at once; request sessions are counted by the
//! minute and sent once a minute.
//!
//! An error counts in the session in which it happened once the callbacks have let it through. The session update
//! that an error causes is sent in the error's envelope.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/sessions/)

use std::time::{Duration, Instant};

use serde::Serialize;

use super::output;
use crate::base::diagnostics;
use crate::client::session::{End, Session};
use crate::client::{self, Client};
use crate::intake::message::{Body, Capture};
use crate::intake::message::{PendingSession, SessionChange};
use crate::protocol::session::SessionAggregates;
use crate::protocol::{DataCategory, DiscardReason, EnvelopeItem, Event, ItemType, Level};

/// The age at which a running session is first reported: its end may never be seen.
const FIRST_UPDATE: Duration = Duration::from_secs(5);
/// The time for which counts wait.
const INTERVAL: Duration = Duration::from_secs(60);
/// The maximum number of groups in one item; larger items are refused.
const GROUPS: usize = 100;
/// The maximum number of groups that wait: users by minutes.
const MAX_GROUPS: usize = 10 * GROUPS;

pub(super) fn process(pending: PendingSession) {
    let PendingSession { client, session, change } = pending;
    match change {
        // The call of `touch` for this change is all that is needed.
        SessionChange::Started => {}
        SessionChange::Captured => send_update(&client, &session),
        SessionChange::Ended { status, after, user } => match session.end(status, after, user) {
            End::Nothing => {}
            End::Update => send_update(&client, &session),
            End::Count { did, counts } => {
                if client.sessions().count(&session, did, counts) >= MAX_GROUPS {
                    send_counted(&client);
                }
            }
        },
    }
}

/// Counts an error in its session if the callbacks have let it through. Returns an update to send along.
pub(super) fn note(capture: &Capture, event: &Event<'_>) -> Option<EnvelopeItem> {
    let crashed = event.exception.iter().any(is_unhandled);
    note_as(capture, event.level, crashed, event)
}

/// Counts an error that is not built because the server rate limits errors.
pub(super) fn note_unseen(capture: &Capture) {
    let nobody = Event::default();
    let (level, crashed) = match &capture.body {
        Body::Event(event) => (event.level, event.exception.iter().any(is_unhandled)),
        Body::Error { mechanism, .. } => (capture.level, !mechanism.handled),
        Body::Panic { .. } => (capture.level, true),
        Body::Message(_) => return,
    };
    if let Some(update) = note_as(capture, level, crashed, &nobody) {
        send_item(&capture.client, update);
    }
}

fn is_unhandled(exception: &crate::protocol::Exception) -> bool {
    exception.mechanism.as_ref().is_some_and(|mechanism| mechanism.handled == Some(false))
}

fn note_as(capture: &Capture, level: Level, crashed: bool, event: &Event<'_>) -> Option<EnvelopeItem> {
    if matches!(capture.body, Body::Message(_)) || level < Level::Error {
        return None;
    }
    let client = &capture.client;
    let session = capture.session.as_ref()?;
    let user = event.user.as_ref().or_else(|| capture.scopes.user());
    session.error(crashed, user).then(|| update(client, session)).flatten()
}

/// Sends an item about a session in its own envelope.
pub(super) fn send_item(client: &Client, item: EnvelopeItem) {
    match output::open(client, DataCategory::Session, 1) {
        Some(transport) => output::send(transport, None, None, [item]),
        None => item.note_lost(),
    }
}

fn update(client: &Client, session: &Session) -> Option<EnvelopeItem> {
    let (update, introduced) = session.update(client.options());
    let item = item(client, ItemType::Session, &update)?;
    Some(match introduced {
        // Until it arrives, no later update may claim that the server knows the session.
        Some(introduced) => item.with_sent_flag(introduced),
        None => item,
    })
}

fn send_update(client: &Client, session: &Session) {
    if let Some(item) = update(client, session) {
        send_item(client, item);
    }
}

fn send_counted(client: &Client) {
    for aggregates in client.sessions().take_counted().chunks(GROUPS) {
        let payload =
            SessionAggregates { aggregates, attrs: crate::client::session::attributes(client.options()) };
        if let Some(item) = item(client, ItemType::Sessions, &payload) {
            send_item(client, item);
        }
    }
}

fn item(client: &Client, ty: ItemType, payload: &impl Serialize) -> Option<EnvelopeItem> {
    match serde_json::to_vec(payload) {
        Ok(payload) => Some(EnvelopeItem::json(ty, payload, DataCategory::Session)),
        Err(error) => {
            diagnostics::error(format_args!("a session could not be serialised: {error}"));
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Session, 1);
            None
        }
    }
}

/// The timer of session updates.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// The time at which the clients were last checked.
    looked: Option<Instant>,
    due: Option<Instant>,
}

impl Clock {
    /// Notes a change of a session, so that the sessions are checked as soon as a check is allowed again.
    pub(super) fn touch(&mut self) {
        let now = Instant::now();
        self.due = Some(self.due.map_or(now, |due| due.min(now)));
    }

    /// Checks the sessions of all clients, at most once a second; `all` sends all counts, due or not.
    pub(super) fn round(&mut self, all: bool) {
        let now = Instant::now();
        let just_looked = self.looked.is_some_and(|looked| now - looked < Duration::from_secs(1));
        if just_looked && !all {
            return;
        }
        self.looked = Some(now);
        self.due = None;
        let mut rest: Option<Duration> = None;
        for client in client::all() {
            let first = client.sessions().application().filter(|session| session.unsent_since().is_some());
            if let Some(session) = first {
                match session.unsent_since().and_then(|age| FIRST_UPDATE.checked_sub(age)) {
                    Some(left) => rest = Some(rest.map_or(left, |rest| rest.min(left))),
                    None => send_update(&client, &session),
                }
            }
            match client.sessions().counted_since().map(|age| INTERVAL.checked_sub(age)) {
                Some(Some(left)) if !all => rest = Some(rest.map_or(left, |rest| rest.min(left))),
                Some(_) => send_counted(&client),
                None => {}
            }
        }
        self.due = rest.map(|rest| now + rest);
    }

    /// Returns how long the thread may sleep before a check is due.
    pub(super) fn rest(&self) -> Option<Duration> {
        let rest = self.due?.saturating_duration_since(Instant::now());
        // Sessions are checked at most once a second.
        Some(rest.max(Duration::from_secs(1)))
    }
}
