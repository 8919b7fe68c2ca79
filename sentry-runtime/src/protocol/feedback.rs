//! Feedback of the program's users.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/feedbacks/).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::limits::truncate;

/// The maximum length of a feedback's message, in characters.
const MAX_MESSAGE: usize = 4_096;

/// Feedback of a user of the program, see [`capture_feedback`](crate::capture_feedback).
///
/// ```
/// let feedback = sentry::protocol::Feedback {
///     name: Some("Ada".into()),
///     ..sentry::protocol::Feedback::new("the lamp is lovely, the checkout is not")
/// };
/// # assert_eq!(feedback.contact_email, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feedback {
    /// The text. Sentry accepts 4096 characters; longer text is cut.
    pub message: String,
    /// The user's email address. Default: that of the scope's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    /// The user's name. Default: that of the scope's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The page that the feedback is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The source of the feedback, such as `form`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The error event that the feedback is about, see [`last_event_id`](crate::last_event_id).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "simple")]
    pub associated_event_id: Option<Uuid>,
}

impl Feedback {
    /// Returns feedback with this text.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Cuts text that the server would reject.
    pub(crate) fn limit(&mut self) {
        truncate(&mut self.message, MAX_MESSAGE);
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn simple<S: serde::Serializer>(id: &Option<Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => super::wire::uuid_simple(id, serializer),
        None => serializer.serialize_none(),
    }
}
