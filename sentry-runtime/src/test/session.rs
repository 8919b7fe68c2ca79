//! Sessions as a test looks at them: one state of a session, or how many of a minute ended alike.

use serde_json::Value;

use super::payloads;
use crate::protocol::{Envelope, ItemType, SessionStatus, Uuid};

/// A session that was sent, or some that were counted.
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
    /// Its id; `None` for sessions that were counted.
    pub id: Option<Uuid>,
    /// The id of the user whose session it is.
    pub user: Option<String>,
    /// How it stood or ended.
    pub status: SessionStatus,
    /// How many errors it has had; of counted sessions that were errored, at least one each.
    pub errors: u64,
    /// Whether this is the first that is told of it.
    pub is_first: bool,
    /// How many sessions these are: one, unless they were counted.
    pub count: u64,
}

/// The sessions of envelopes: states first, then those that were counted.
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
