//! Feedback of users: taken down here, made an event by the pipeline, and if somebody asks, with the server's
//! answer.
//!
//! The answer comes back over an [`Ack`] that travels on the envelope: the transport that counts what became of the
//! envelope answers it.
//!
//! Spec: `telemetry/feedbacks.mdx`.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::intake::record_context;
use crossbeam_channel::RecvTimeoutError;

use crate::base::callback;
use crate::base::worker;
use crate::client::Client;
use crate::context::active;
use crate::context::ids;
use crate::context::span_context::SpanContext;
use crate::intake::message::PendingFeedback;
use crate::intake::queue;
use crate::protocol::ack::{Ack, Awaited, DeliveryOutcome};
use crate::protocol::{Attachment, DataCategory, DiscardReason, Feedback, Uuid};
use crate::scope::Scopes;

/// How long [`send_feedback`](crate::send_feedback) waits for the server's answer.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What comes along with feedback.
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

/// Why feedback did not reach the server, for all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedbackError {
    /// There is no client, or it has nowhere to send to.
    Disabled,
    /// The message is empty.
    Empty,
    /// It was dropped before it was sent: by a callback, by a full queue, by a mistake of ours.
    Dropped(DiscardReason),
    /// The server asked for a pause, and it was not sent.
    RateLimited,
    /// The server refused it.
    Refused,
    /// The server could not be reached.
    Unreachable,
    /// There was no answer within 30 seconds. It may still arrive.
    TimedOut,
    /// It was sent from a callback of the toolkit, on the thread that sends: it goes out after the callback.
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

/// Hands feedback to the pipeline. Answers with its event id.
pub(crate) fn submit(
    client: Option<Arc<Client>>,
    mut feedback: Feedback,
    hint: FeedbackHint,
    ack: Option<Ack>,
) -> Result<Uuid, FeedbackError> {
    let client = client.filter(|client| client.is_enabled()).ok_or(FeedbackError::Disabled)?;
    if feedback.message.trim().is_empty() {
        client.ledger().lost(DiscardReason::Invalid, DataCategory::Feedback, 1);
        return Err(FeedbackError::Empty);
    }
    if record_context::is_circular(&client, DataCategory::Feedback) {
        return Err(FeedbackError::Dropped(DiscardReason::InternalSdkError));
    }
    feedback.limit();
    let event_id = ids::event_id();
    queue::send_feedback(Box::new(PendingFeedback {
        event_id,
        timestamp: SystemTime::now(),
        feedback,
        attachments: hint.attachments,
        span_context: SpanContext::current(),
        scopes: active::with(Scopes::of),
        client,
        depth: callback::depth(),
        ack,
    }));
    Ok(event_id)
}

/// The same, and waits for the answer.
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
        // The envelope is gone without an answer: put by for later, or with the thread that had it.
        Err(RecvTimeoutError::Disconnected) => Err(FeedbackError::Unreachable),
    }
}
