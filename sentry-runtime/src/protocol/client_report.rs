//! Data categories, discard reasons and the report that counts lost items.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/client-reports/).

use std::time::SystemTime;

use serde::Serialize;

/// The category of an item in rate limits and client reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataCategory {
    /// Items without a category of their own.
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

    /// Returns the category of a name in the protocol.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }

    /// Returns the name in the protocol.
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

/// The reason why an item was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscardReason {
    /// A queue in the program was full.
    QueueOverflow,
    /// The spool on disk was full.
    CacheOverflow,
    /// A buffer of records was full, or a transaction had more spans than it may carry.
    BufferOverflow,
    /// The server's rate limit was active.
    RatelimitBackoff,
    /// The server could not be reached.
    NetworkError,
    /// Sampling dropped it.
    SampleRate,
    /// A `before_send…` callback dropped it or panicked.
    BeforeSend,
    /// An event processor dropped it or panicked.
    EventProcessor,
    /// The server rejected it.
    SendError,
    /// The toolkit failed.
    InternalSdkError,
    /// The item had too little data to be worth sending.
    InsufficientData,
    /// Backpressure handling lowered the sample rate because queues were full.
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

    /// Returns the name in the protocol.
    ///
    /// ```
    /// use sentry::protocol::DiscardReason;
    ///
    /// assert_eq!(DiscardReason::NetworkError.as_str(), "network_error");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueOverflow => "queue_overflow",
            Self::CacheOverflow => "cache_overflow",
            Self::BufferOverflow => "buffer_overflow",
            Self::RatelimitBackoff => "ratelimit_backoff",
            Self::NetworkError => "network_error",
            Self::SampleRate => "sample_rate",
            Self::BeforeSend => "before_send",
            Self::EventProcessor => "event_processor",
            Self::SendError => "send_error",
            Self::InternalSdkError => "internal_sdk_error",
            Self::InsufficientData => "insufficient_data",
            Self::Backpressure => "backpressure",
            Self::Ignored => "ignored",
            Self::Invalid => "invalid",
        }
    }
}

/// The number of items of one category that were lost for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DiscardedEvents {
    /// The reason.
    pub reason: DiscardReason,
    /// The category of the items.
    pub category: DataCategory,
    /// The number of items.
    pub quantity: u64,
}

/// The payload of a `client_report` item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClientReport {
    /// The time of the report.
    #[serde(serialize_with = "super::time::as_seconds")]
    pub timestamp: SystemTime,
    /// The items that were lost since the last report.
    pub discarded_events: Vec<DiscardedEvents>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_reasons_are_those_that_are_sent() {
        for reason in DiscardReason::ALL {
            assert_eq!(serde_json::to_value(reason).ok(), Some(reason.as_str().into()));
        }
    }
}
