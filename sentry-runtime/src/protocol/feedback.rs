//! Feedback: what a user of the program has to say.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/feedbacks/).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::limits::truncate;

/// Characters of a feedback's message.
const MAX_MESSAGE: usize = 4_096;

/// What a user of the program has to say, see [`capture_feedback`](crate::capture_feedback).
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
    /// What they say. Sentry takes 4096 characters; a longer text is cut.
    pub message: String,
    /// Where they can be reached. Without it Sentry looks at the user of the scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    /// Their name. Without it Sentry looks at the user of the scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The page they were on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How the feedback came in, such as `form`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The error event that it is about, see [`last_event_id`](crate::last_event_id).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "simple")]
    pub associated_event_id: Option<Uuid>,
}

impl Feedback {
    /// Feedback that is a text alone.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Cuts what receivers would refuse.
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
