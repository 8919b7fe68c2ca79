//! Captured sessions: an update of one session, or an aggregate of the sessions of a minute with equal status.

use serde_json::Value;

use super::payloads;
use crate::protocol::{Envelope, ItemType, SessionStatus, Uuid};

/// A session update that was sent, or an aggregate of several sessions.
///
/// ```
/// let options = sentry::ClientOptions::new().release("shop@1.4.2");
/// let captured = sentry::test::with_captured_options(options, || {
///     sentry::start_session();
///     sentry::end_session();
/// });
/// let last = captured.sessions().last().unwrap();
/// assert_eq!((last.status, last.errors), (sentry::SessionStatus::Exited, 0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapturedSession {
    /// The session id; `None` for aggregates.
    pub id: Option<Uuid>,
    /// The id of the session's user.
    pub user: Option<String>,
    /// The status of the session.
    pub status: SessionStatus,
    /// The number of errors so far; in an aggregate of errored sessions, at least one each.
    pub errors: u64,
    /// Whether this is the first update of the session.
    pub is_first: bool,
    /// The number of sessions: one, except in aggregates.
    pub count: u64,
}

/// Returns the sessions of envelopes: updates first, then aggregates.
pub(super) fn of(envelopes: &[Envelope]) -> Vec<CapturedSession> {
    let updates = payloads(envelopes, ItemType::Session).filter_map(|update| update_of(&update));
    let aggregates = payloads(envelopes, ItemType::Sessions).flat_map(|payload| aggregates_of(&payload));
    updates.chain(aggregates).collect()
}

fn update_of(update: &Value) -> Option<CapturedSession> {
    Some(CapturedSession {
        id: update["sid"].as_str()?.parse().ok(),
        user: update["did"].as_str().map(str::to_owned),
        status: serde_json::from_value(update["status"].clone()).ok()?,
        errors: update["errors"].as_u64().unwrap_or_default(),
        is_first: update["init"].as_bool().unwrap_or_default(),
        count: 1,
    })
}

fn aggregates_of(payload: &Value) -> Vec<CapturedSession> {
    const COUNTS: [(&str, SessionStatus, u64); 4] = [
        ("exited", SessionStatus::Exited, 0),
        ("errored", SessionStatus::Exited, 1),
        ("abnormal", SessionStatus::Abnormal, 0),
        ("crashed", SessionStatus::Crashed, 1),
    ];
    let minutes = payload["aggregates"].as_array().into_iter().flatten();
    let of_minute = |minute: &Value| {
        let user = minute["did"].as_str().map(str::to_owned);
        COUNTS.map(|(name, status, each)| {
            let count = minute[name].as_u64().unwrap_or_default();
            CapturedSession {
                id: None,
                user: user.clone(),
                status,
                errors: each * count,
                is_first: true,
                count,
            }
        })
    };
    minutes.flat_map(of_minute).filter(|sessions| sessions.count > 0).collect()
}
