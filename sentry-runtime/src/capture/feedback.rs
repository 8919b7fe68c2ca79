//! User feedback: recorded by the caller, made an event by the pipeline, and acknowledged by the server on request.
//!
//! The acknowledgement comes back over an [`Ack`] that the envelope carries: the transport that counts the outcome of
//! the envelope also sends it to the [`Ack`].
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/feedbacks/)

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::intake::record_context;
use crossbeam_channel::RecvTimeoutError;

use crate::base::callback;
use crate::base::worker;
use crate::client::{Client, forgotten};
use crate::context::active;
use crate::context::ids;
use crate::context::span_context::SpanContext;
use crate::intake::message::PendingFeedback;
use crate::intake::queue;
use crate::protocol::ack::{Ack, Awaited, DeliveryOutcome};
use crate::protocol::{Attachment, DataCategory, DiscardReason, Feedback, Uuid};
use crate::scope::Scopes;

/// The maximum time that [`send_feedback`](crate::send_feedback) waits for the server's answer.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Additional data for feedback.
#[derive(Debug, Clone, Default)]
pub struct FeedbackHint {
    /// Files, such as screenshots or logs.
    pub attachments: Vec<Attachment>,
}

impl From<()> for FeedbackHint {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<Vec<Attachment>> for FeedbackHint {
    fn from(attachments: Vec<Attachment>) -> Self {
        Self { attachments }
    }
}

impl From<Attachment> for FeedbackHint {
    fn from(attachment: Attachment) -> Self {
        Self { attachments: vec![attachment] }
    }
}

/// The reason why feedback did not reach the server, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedbackError {
    /// There is no client, or it has nowhere to send to.
    Disabled,
    /// The message is empty.
    Empty,
    /// The feedback was dropped before it was sent: by a callback, by a full queue, or by an internal error.
    Dropped(DiscardReason),
    /// The feedback was not sent, because the server asked for a pause.
    RateLimited,
    /// The server refused the feedback.
    Refused,
    /// The server could not be reached.
    Unreachable,
    /// The server did not answer within 30 seconds. The feedback may still arrive.
    TimedOut,
    /// The feedback was sent from a callback, on a thread that must not wait. It goes out after the callback.
    InCallback,
}

impl fmt::Display for FeedbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => {
                f.write_str("feedback cannot be sent: there is no client; call `sentry::init` with a DSN")
            }
            Self::Empty => f.write_str("feedback needs a message: the message is empty"),
            Self::Dropped(reason) => {
                let reason = serde_json::to_string(reason).unwrap_or_default();
                write!(f, "the feedback was dropped before it was sent, reason {reason}; check the callbacks")
            }
            Self::RateLimited => f.write_str("the server asked for a pause; send the feedback again later"),
            Self::Refused => {
                f.write_str("the server refused the feedback; check the DSN, and the size of the attachments")
            }
            Self::Unreachable => {
                f.write_str("the server could not be reached; check the network and the DSN")
            }
            Self::TimedOut => {
                f.write_str("the server did not answer within 30 seconds; the feedback may still arrive")
            }
            Self::InCallback => f.write_str(
                "a callback cannot wait for an answer; use `capture_feedback`: the feedback goes out",
            ),
        }
    }
}

impl std::error::Error for FeedbackError {}

/// Hands feedback to the pipeline. Returns its event id.
pub(crate) fn submit(
    client: Option<Arc<Client>>,
    mut feedback: Feedback,
    hint: FeedbackHint,
    ack: Option<Ack>,
) -> Result<Uuid, FeedbackError> {
    forgotten::check();
    let client = client.filter(|client| client.is_enabled()).ok_or(FeedbackError::Disabled)?;
    let attachments: Vec<_> = hint.attachments.into_iter().map(Arc::new).collect();
    let scopes = active::with(Scopes::of);
    let files = || scopes.attachments().chain(&attachments);
    if feedback.message.trim().is_empty() {
        client.lost_with(DiscardReason::Invalid, DataCategory::Feedback, files());
        return Err(FeedbackError::Empty);
    }
    if record_context::is_circular(&client, DataCategory::Feedback) {
        let bytes = Attachment::bytes_of(files());
        client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Attachment, bytes);
        return Err(FeedbackError::Dropped(DiscardReason::InternalSdkError));
    }
    feedback.limit();
    let event_id = ids::event_id();
    queue::send_feedback(Box::new(PendingFeedback {
        event_id,
        timestamp: SystemTime::now(),
        feedback,
        attachments,
        span_context: SpanContext::current(),
        scopes,
        client,
        depth: callback::depth(),
        ack,
    }));
    Ok(event_id)
}

/// Hands feedback to the pipeline and waits for the server's answer.
pub(crate) fn submit_and_wait(
    client: Option<Arc<Client>>,
    feedback: Feedback,
    hint: FeedbackHint,
) -> Result<Uuid, FeedbackError> {
    let (ack, answer) = Ack::new();
    let event_id = submit(client, feedback, hint, Some(ack))?;
    if worker::is_this_thread() {
        return Err(FeedbackError::InCallback);
    }
    wait(&answer).map(|()| event_id)
}

fn wait(answer: &Awaited) -> Result<(), FeedbackError> {
    match answer.wait(LONGEST_WAIT) {
        Ok(DeliveryOutcome::Sent) => Ok(()),
        Ok(DeliveryOutcome::Lost(DiscardReason::RatelimitBackoff)) => Err(FeedbackError::RateLimited),
        Ok(DeliveryOutcome::Lost(DiscardReason::SendError)) => Err(FeedbackError::Refused),
        Ok(DeliveryOutcome::Lost(DiscardReason::NetworkError)) => Err(FeedbackError::Unreachable),
        Ok(DeliveryOutcome::Lost(reason)) => Err(FeedbackError::Dropped(reason)),
        Err(RecvTimeoutError::Timeout) => Err(FeedbackError::TimedOut),
        // The envelope is gone without an answer: kept in the spool, or lost with its thread.
        Err(RecvTimeoutError::Disconnected) => Err(FeedbackError::Unreachable),
    }
}
