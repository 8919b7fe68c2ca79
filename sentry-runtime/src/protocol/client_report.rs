//! Data categories, discard reasons and the report that counts what was lost.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/client-reports/).

use std::time::SystemTime;

use serde::Serialize;

/// What kind of telemetry an item is, as rate limits and client reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataCategory {
    /// Anything that has no category of its own.
    Default,
    /// Error and message events.
    Error,
    /// Transactions.
    Transaction,
    /// Spans, alone or inside a transaction.
    Span,
    /// Cron check-ins.
    Monitor,
    /// Sessions and session aggregates.
    Session,
    /// Attachments.
    Attachment,
    /// User feedback.
    Feedback,
    /// Structured logs, by number.
    LogItem,
    /// Structured logs, by bytes.
    LogByte,
    /// Metrics.
    TraceMetric,
    /// Client reports and other items that are never limited.
    Internal,
}

impl DataCategory {
    /// Every category, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Default,
        Self::Error,
        Self::Transaction,
        Self::Span,
        Self::Monitor,
        Self::Session,
        Self::Attachment,
        Self::Feedback,
        Self::LogItem,
        Self::LogByte,
        Self::TraceMetric,
        Self::Internal,
    ];

    /// The category of a name on the wire.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Error => "error",
            Self::Transaction => "transaction",
            Self::Span => "span",
            Self::Monitor => "monitor",
            Self::Session => "session",
            Self::Attachment => "attachment",
            Self::Feedback => "feedback",
            Self::LogItem => "log_item",
            Self::LogByte => "log_byte",
            Self::TraceMetric => "trace_metric",
            Self::Internal => "internal",
        }
    }
}

/// Why something was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscardReason {
    /// A queue inside the program was full.
    QueueOverflow,
    /// The spool on disk was full.
    CacheOverflow,
    /// A buffer of records was full, or a transaction had more spans than it may carry.
    BufferOverflow,
    /// The server asked for a pause.
    RatelimitBackoff,
    /// The server could not be reached.
    NetworkError,
    /// The sampling decision was negative.
    SampleRate,
    /// A `before_send…` callback dropped it, or panicked over it.
    BeforeSend,
    /// An event processor dropped it, or panicked over it.
    EventProcessor,
    /// The server refused it.
    SendError,
    /// The toolkit itself failed.
    InternalSdkError,
    /// Too little data to be worth sending.
    InsufficientData,
    /// Sampling was lowered because the queues were full.
    Backpressure,
    /// An `ignore_…` option matched.
    Ignored,
    /// The item was malformed.
    Invalid,
}

impl DiscardReason {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::QueueOverflow,
        Self::CacheOverflow,
        Self::BufferOverflow,
        Self::RatelimitBackoff,
        Self::NetworkError,
        Self::SampleRate,
        Self::BeforeSend,
        Self::EventProcessor,
        Self::SendError,
        Self::InternalSdkError,
        Self::InsufficientData,
        Self::Backpressure,
        Self::Ignored,
        Self::Invalid,
    ];
}

/// So many items of one category, lost for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DiscardedEvents {
    /// Why.
    pub reason: DiscardReason,
    /// Of which kind.
    pub category: DataCategory,
    /// How many.
    pub quantity: u64,
}

/// The payload of a `client_report` item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClientReport {
    /// When the report was made.
    #[serde(serialize_with = "super::time::as_seconds")]
    pub timestamp: SystemTime,
    /// What was lost since the last report.
    pub discarded_events: Vec<DiscardedEvents>,
}
