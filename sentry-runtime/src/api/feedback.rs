//! Feedback of the program's users.

use super::get_client;
use crate::capture::feedback::{self, FeedbackError, FeedbackHint};
use crate::protocol::{Feedback, Uuid};

/// Captures what a user of the program has to say, with files if there are any: `()`, an attachment, or a list of
/// them. Answers with its event id; nil without a client, or without a message.
///
/// It carries the scopes' user, tags, contexts and attachments, and the trace; event processors see it, `before_send`
/// does not: `before_send_feedback` does. Feedback is never sampled away.
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

/// The same, and waits until the server has answered, at most 30 seconds. This is the only call that waits
/// for the network on the caller's thread; do not use it where that must not wait, such as in an async task.
///
/// With a transport of your own there is no answer to wait for: `Ok` says that the transport has it.
///
/// # Errors
/// Whatever kept the feedback from the server, as far as that is known.
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
