//! The messages that callers hand to the pipeline.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crossbeam_channel::Sender;

use super::log::LogRecord;
use super::metric::MetricRecord;
use crate::client::Client;
use crate::client::hint::Hint;
use crate::client::session::Session;
use crate::context::span_context::SpanContext;
use crate::error::chain::Chain;
use crate::protocol::ack::{Ack, DeliveryOutcome};
use crate::protocol::{
    Attachment, DataCategory, DiscardReason, Event, Feedback, Level, MonitorCheckIn, SessionStatus, Uuid,
};
use crate::scope::Scopes;
use crate::stacktrace::RawStack;

/// What callers hand over. One type for all queues, so that the channel is compiled once.
#[derive(Debug)]
pub(crate) enum Message {
    Event(Box<Capture>),
    CheckIn(Box<PendingCheckIn>),
    Feedback(Box<PendingFeedback>),
    Session(Box<PendingSession>),
    Log(Box<LogRecord>),
    Metric(Box<MetricRecord>),
    Flush(Box<FlushRequest>),
}

/// Somebody waits until everything before this was processed.
#[derive(Debug)]
pub(crate) struct FlushRequest {
    pub(crate) done: Sender<()>,
    /// The client that sends nothing after it.
    pub(crate) closing: Option<Arc<Client>>,
}

/// How an error came to be captured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaptureMechanism {
    pub(crate) ty: &'static str,
    /// Whether the program goes on as if nothing had happened.
    pub(crate) handled: bool,
}

/// What an event is about.
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
    /// Made by the user.
    Event(Box<Event<'static>>),
}

/// An event as its caller saw it. The pipeline makes a wire event of it.
#[derive(Debug)]
pub(crate) struct Capture {
    pub(crate) event_id: Uuid,
    pub(crate) timestamp: SystemTime,
    pub(crate) body: Body,
    pub(crate) level: Level,
    pub(crate) span_context: SpanContext,
    pub(crate) stack: Option<RawStack>,
    pub(crate) thread: CapturingThread,
    pub(crate) hint: Box<Hint>,
    pub(crate) scopes: Scopes,
    /// The session that it happened in.
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) client: Arc<Client>,
    /// How many of the user's callbacks it was captured in.
    pub(crate) depth: u8,
}

/// The thread on which something was captured.
#[derive(Debug)]
pub(crate) struct CapturingThread {
    pub(crate) id: u64,
    pub(crate) name: Option<String>,
}

/// A check-in and where in which trace it was made.
#[derive(Debug)]
pub(crate) struct PendingCheckIn {
    pub(crate) check_in: MonitorCheckIn,
    pub(crate) span_context: SpanContext,
    pub(crate) client: Arc<Client>,
    /// How many callbacks it was made in, see [`crate::base::callback`].
    pub(crate) depth: u8,
}

/// Feedback and where it was given.
#[derive(Debug)]
pub(crate) struct PendingFeedback {
    pub(crate) event_id: Uuid,
    pub(crate) timestamp: SystemTime,
    pub(crate) feedback: Feedback,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) span_context: SpanContext,
    pub(crate) scopes: Scopes,
    pub(crate) client: Arc<Client>,
    /// How many of the user's callbacks it was captured in.
    pub(crate) depth: u8,
    /// Somebody waits for what becomes of it.
    pub(crate) ack: Option<Ack>,
}

impl PendingFeedback {
    /// Counts the loss, and tells who waits.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        self.client.ledger().lost(reason, DataCategory::Feedback, 1);
        self.answer(DeliveryOutcome::Lost(reason));
    }

    pub(crate) fn answer(&self, outcome: DeliveryOutcome) {
        if let Some(ack) = &self.ack {
            ack.answer(outcome);
        }
    }
}

/// What happened to a session.
#[derive(Debug)]
pub(crate) struct PendingSession {
    pub(crate) client: Arc<Client>,
    pub(crate) session: Arc<Session>,
    pub(crate) change: SessionChange,
}

/// See [`PendingSession`].
#[derive(Debug)]
pub(crate) enum SessionChange {
    Started,
    /// The server is to be told how it stands.
    Captured,
    Ended {
        status: SessionStatus,
        after: Duration,
        user: Option<String>,
    },
}
