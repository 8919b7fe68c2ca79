//! Structured logs in the protocol: level, text, typed attributes, trace and span.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/logs/).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::Map;
use super::attribute::{AttributeValue, read_typed, typed};
use super::ids::{SpanId, TraceId};

/// The severity of a log, in ascending order.
///
/// ```
/// use sentry::protocol::LogLevel;
///
/// assert!(LogLevel::Warn > LogLevel::Info);
/// assert_eq!(LogLevel::Warn.severity_number(), 13);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Fine-grained details for tracing one problem.
    Trace,
    /// Details for debugging.
    Debug,
    /// Normal operation.
    Info,
    /// Something that deserves attention.
    Warn,
    /// A failure.
    Error,
    /// A failure that ended the program or a part of it.
    Fatal,
}

impl LogLevel {
    /// Returns the name in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Returns the lowest severity number of the level's range in OpenTelemetry's data model.
    #[must_use]
    pub const fn severity_number(self) -> u8 {
        match self {
            Self::Trace => 1,
            Self::Debug => 5,
            Self::Info => 9,
            Self::Warn => 13,
            Self::Error => 17,
            Self::Fatal => 21,
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A structured log, as the option `before_send_log` receives it and as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Log {
    /// The time.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub timestamp: SystemTime,
    /// The trace.
    pub trace_id: TraceId,
    /// The span that was active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<SpanId>,
    /// The severity.
    pub level: LogLevel,
    /// The text, with its parameters filled in.
    pub body: String,
    /// The severity by number, see [`LogLevel::severity_number`].
    pub severity_number: u8,
    /// Attributes, by name.
    #[serde(serialize_with = "typed", deserialize_with = "read_typed")]
    pub attributes: Map<Cow<'static, str>, AttributeValue>,
}
