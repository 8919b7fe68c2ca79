//! The functions that capture feedback of the program's users.

use super::get_client;
use crate::capture::feedback::{self, FeedbackError, FeedbackHint};
use crate::protocol::{Feedback, Uuid};

/// Captures feedback of the program's user, with files: `()`, an attachment, or a list of attachments. Returns the
/// event's id, nil without a client or without a message.
///
/// The event carries the scopes' user, tags, contexts and attachments, and the trace. Event processors and
/// `before_send_feedback` see it, `before_send` does not. Feedback is not sampled.
///
/// ```
/// use sentry::protocol::Feedback;
///
/// let id = sentry::capture_feedback(
///     Feedback {
///         contact_email: Some("ada@example.com".into()),
///         associated_event_id: sentry::last_event_id(),
///         ..Feedback::new("the checkout does not take my card")
///     },
///     (),
/// );
/// # assert!(id.is_nil());
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/feedbacks/).
pub fn capture_feedback(feedback: Feedback, hint: impl Into<FeedbackHint>) -> Uuid {
    feedback::submit(get_client(), feedback, hint.into(), None).unwrap_or_default()
}

/// Captures feedback like [`capture_feedback`], and waits until the server has answered, at most 30 seconds. This is
/// the only function that waits for the network on the caller's thread; do not call it in an async task or elsewhere
/// where waiting is not acceptable.
///
/// With your own transport there is no answer to wait for: `Ok` means that the transport has received the feedback.
///
/// # Errors
/// The reason why the server did not receive the feedback, as far as it is known.
///
/// ```
/// use sentry::protocol::Feedback;
///
/// let sent = sentry::send_feedback(Feedback::new("lovely lamps"), ());
/// assert_eq!(sent, Err(sentry::FeedbackError::Disabled));
/// ```
pub fn send_feedback(feedback: Feedback, hint: impl Into<FeedbackHint>) -> Result<Uuid, FeedbackError> {
    feedback::submit_and_wait(get_client(), feedback, hint.into())
}
