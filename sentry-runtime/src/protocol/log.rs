//! Structured logs as they stand on the wire: a level, a text, typed attributes, a place in a trace.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/logs/).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::Map;
use super::attribute::{AttributeValue, read_typed, typed};
use super::ids::{SpanId, TraceId};

/// How severe a log is, from the chatter of a function to the end of the program.
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
    /// Fine-grained, of interest while looking for one particular mistake.
    Trace,
    /// Of interest while debugging.
    Debug,
    /// Something that happens in a healthy program.
    Info,
    /// Something that deserves a look.
    Warn,
    /// Something failed.
    Error,
    /// The program, or a part of it, ended.
    Fatal,
}

impl LogLevel {
    /// The name on the wire.
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

    /// The lowest number of the level's range in the data model of OpenTelemetry.
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

/// A structured log, as the option `before_send_log` sees it and as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Log {
    /// When it was written.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub timestamp: SystemTime,
    /// The trace in which it was written.
    pub trace_id: TraceId,
    /// The span that was active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<SpanId>,
    /// How severe it is.
    pub level: LogLevel,
    /// The text, with the parameters filled in.
    pub body: String,
    /// The severity by number, see [`LogLevel::severity_number`].
    pub severity_number: u8,
    /// What else is known, by name.
    #[serde(serialize_with = "typed", deserialize_with = "read_typed")]
    pub attributes: Map<Cow<'static, str>, AttributeValue>,
}
