//! The messages that callers hand to the pipeline.

use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::{Duration, SystemTime};

use crossbeam_channel::Sender;

use super::flight::FlightRequest;
use super::log::LogRecord;
use super::metric::MetricRecord;
use crate::client::Client;
use crate::client::hint::Hint;
use crate::client::session::Session;
use crate::context::span_context::SpanContext;
use crate::error::chain::Chain;
use crate::protocol::ack::{Ack, DeliveryOutcome};
use crate::protocol::nesting::Shallow;
use crate::protocol::{Attachment, DataCategory, DiscardReason, Event, Feedback, Level, SessionStatus, Uuid};
use crate::scope::Scopes;
use crate::stacktrace::RawStack;
use crate::stacktrace::locals::CapturedLocals;

/// A message from a caller to the pipeline. One type for most queues, so that the channel is compiled once.
#[derive(Debug)]
pub(crate) enum Message {
    Event(Box<Capture>),
    Feedback(Box<PendingFeedback>),
    Session(Box<PendingSession>),
    Flush(Box<FlushRequest>),
}

/// A record that is sent in batches. It is stored inline, so that a log of constant texts needs no allocation.
#[derive(Debug)]
pub(crate) enum BatchRecord {
    Log(LogRecord),
    Metric(MetricRecord),
}

impl BatchRecord {
    /// Counts the record as lost.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        match self {
            Self::Log(record) => record.lost(reason),
            Self::Metric(record) => record.lost(reason),
        }
    }
}

/// A request to be notified when everything handed over before has been processed.
#[derive(Debug)]
pub(crate) struct FlushRequest {
    pub(crate) answer: Arc<OnceLock<Progress>>,
    /// Wakes the caller. The answer is beside the channel, so that one type of channel serves all one-shot signals.
    pub(crate) done: Sender<()>,
    /// The address of the client whose progress is the answer.
    pub(crate) client: usize,
    /// The client that is closing and sends nothing afterwards.
    pub(crate) closing: Option<Arc<Client>>,
    /// A request for the spans that ended last.
    pub(crate) flight: Option<Arc<FlightRequest>>,
}

impl FlushRequest {
    /// Answers the caller, who may have given up.
    pub(crate) fn answer(&self, progress: Progress) {
        let _ = self.answer.set(progress);
        let _ = self.done.try_send(());
    }
}

/// The numbers of ended segments of a client that have begun, and that have ceased, to wait for room in its transport.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

/// The way an error was captured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaptureMechanism {
    pub(crate) ty: &'static str,
    /// Whether the program continues as if nothing had happened.
    pub(crate) handled: bool,
}

/// The subject of an event.
#[derive(Debug)]
pub(crate) enum Body {
    Error {
        chain: Chain,
        mechanism: CaptureMechanism,
    },
    Panic {
        message: String,
        location: Option<(String, u32, u32)>,
    },
    Message(String),
    /// An event built by the user.
    Event(Box<Shallow<Event<'static>>>),
}

/// An event as its caller captured it. The pipeline builds the event on the wire from it.
#[derive(Debug)]
pub(crate) struct Capture {
    pub(crate) event_id: Uuid,
    pub(crate) timestamp: SystemTime,
    pub(crate) body: Body,
    pub(crate) level: Level,
    pub(crate) span_context: SpanContext,
    pub(crate) stack: Option<RawStack>,
    /// The values of arguments of functions in the stack.
    pub(crate) locals: CapturedLocals,
    pub(crate) thread: CapturingThread,
    /// `None` for an empty one, which most are.
    pub(crate) hint: Option<Box<Hint>>,
    pub(crate) scopes: Scopes,
    /// The session in which the event happened.
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) client: Arc<Client>,
    /// The number of the user's callbacks inside which it was captured.
    pub(crate) depth: u8,
}

impl Capture {
    /// Returns the attachments of the event.
    pub(crate) fn attachments(&self) -> impl Iterator<Item = &Arc<Attachment>> {
        self.scopes.attachments().chain(self.hint.iter().flat_map(|hint| &hint.attachments))
    }

    /// Counts the event as lost.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        self.client.lost_with(reason, DataCategory::Error, self.attachments());
    }
}

/// The thread on which something was captured.
#[derive(Debug)]
pub(crate) struct CapturingThread {
    pub(crate) id: u64,
    /// The thread itself, whose name is copied by the pipeline.
    pub(crate) handle: Thread,
}

/// Feedback, and the scopes in which it was given.
#[derive(Debug)]
pub(crate) struct PendingFeedback {
    pub(crate) event_id: Uuid,
    pub(crate) timestamp: SystemTime,
    pub(crate) feedback: Feedback,
    pub(crate) attachments: Vec<Arc<Attachment>>,
    pub(crate) span_context: SpanContext,
    pub(crate) scopes: Scopes,
    pub(crate) client: Arc<Client>,
    /// The number of the user's callbacks inside which it was captured.
    pub(crate) depth: u8,
    /// The acknowledgement, if a caller waits for the delivery outcome.
    pub(crate) ack: Option<Ack>,
}

impl PendingFeedback {
    /// Returns the attachments of the feedback.
    pub(crate) fn attachments(&self) -> impl Iterator<Item = &Arc<Attachment>> {
        self.scopes.attachments().chain(&self.attachments)
    }

    /// Counts the feedback as lost, and notifies the caller that waits.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        self.client.lost_with(reason, DataCategory::Feedback, self.attachments());
        self.answer(DeliveryOutcome::Lost(reason));
    }

    pub(crate) fn answer(&self, outcome: DeliveryOutcome) {
        if let Some(ack) = &self.ack {
            ack.answer(outcome);
        }
    }
}

/// A change of a session.
#[derive(Debug)]
pub(crate) struct PendingSession {
    pub(crate) client: Arc<Client>,
    pub(crate) session: Arc<Session>,
    pub(crate) change: SessionChange,
}

/// The kind of change in a [`PendingSession`].
#[derive(Debug)]
pub(crate) enum SessionChange {
    Started,
    /// An update is to be sent to the server.
    Captured,
    Ended {
        status: SessionStatus,
        after: Duration,
        user: Option<String>,
    },
}
