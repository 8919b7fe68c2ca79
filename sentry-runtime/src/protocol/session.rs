//! Sessions in the protocol: the state of one session, or counts of sessions per minute and status.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/sessions/).

use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// The definition of a session.
///
/// [Spec, "Choosing the Session Mode"](https://develop.sentry.dev/sdk/telemetry/sessions/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SessionMode {
    /// A run of the program: one session, with updates and a duration.
    #[default]
    Application,
    /// A request or job of a server: many short sessions, counted by the minute.
    Request,
}

/// The status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// The session is running.
    Ok,
    /// The session ended normally.
    Exited,
    /// The session ended with an unhandled error.
    Crashed,
    /// The session ended abnormally, but did not crash.
    Abnormal,
}

/// The constant attributes of a session, and of session aggregates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SessionAttributes {
    pub(crate) release: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<String>,
}

/// The complete state of one session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SessionUpdate {
    pub(crate) sid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) did: Option<String>,
    pub(crate) init: bool,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) started: SystemTime,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) timestamp: SystemTime,
    pub(crate) status: SessionStatus,
    pub(crate) errors: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration: Option<f64>,
    pub(crate) attrs: SessionAttributes,
}

/// The counts of sessions that started in one minute, of one user, by status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SessionAggregate {
    #[serde(serialize_with = "rfc3339")]
    pub(crate) started: SystemTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) did: Option<String>,
    #[serde(flatten)]
    pub(crate) counts: SessionCounts,
}

/// The numbers of sessions by status. Errored sessions ended normally, but had an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SessionCounts {
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) exited: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) errored: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) abnormal: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) crashed: u64,
}

/// The payload of a `sessions` item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SessionAggregates<'a> {
    pub(crate) aggregates: &'a [SessionAggregate],
    pub(crate) attrs: SessionAttributes,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::time::rfc3339(*time))
}
