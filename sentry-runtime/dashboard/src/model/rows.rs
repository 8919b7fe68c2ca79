//! The rows: spans, events and logs as they are held in memory.

use std::sync::Arc;

use super::text::Text;
use super::value::{Attributes, Value, bytes, get, get_interned};

/// The sender of a row: the attributes that all rows of a program share.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) service: Text,
    pub(crate) release: Option<Text>,
    pub(crate) environment: Option<Text>,
    pub(crate) attributes: Attributes,
}

impl Resource {
    /// The bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + 96 + bytes(&self.attributes)
    }
}

/// The span statuses that Sentry knows. Position 0 means that the span has no status.
pub(crate) const STATUSES: [&str; 23] = [
    "",
    "ok",
    "cancelled",
    "unknown",
    "unset",
    "error",
    "aborted",
    "internal_error",
    "unknown_error",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "out_of_range",
    "unimplemented",
    "unavailable",
    "data_loss",
    "unauthenticated",
    "timeout",
    "crashed",
];

/// The state of a span, as a position in [`STATUSES`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Status(u8);

impl Status {
    pub(crate) fn read(text: &str) -> Self {
        // OpenTelemetry and some SDKs spell it with one l.
        let text = if text == "canceled" { "cancelled" } else { text };
        let known = STATUSES.iter().position(|status| status.eq_ignore_ascii_case(text));
        Self(u8::try_from(known.unwrap_or(8)).unwrap_or_default())
    }

    /// Returns the status that an HTTP status code implies, for a span without a status.
    pub(crate) fn of_http(code: u16) -> Self {
        match code {
            100..=399 => Self::read("ok"),
            500..=599 => Self::read("internal_error"),
            404 => Self::read("not_found"),
            400..=499 => Self::read("invalid_argument"),
            _ => Self(0),
        }
    }

    pub(crate) fn text(self) -> Option<&'static str> {
        STATUSES.get(usize::from(self.0)).copied().filter(|text| !text.is_empty())
    }

    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the span was given up before it could end.
    pub(crate) fn is_cancelled(self) -> bool {
        matches!(self.text(), Some("cancelled" | "aborted"))
    }

    /// Returns whether the span counts in the error share: as in Sentry, neither cancelled nor unknown ones do.
    pub(crate) fn is_failed(self) -> bool {
        self.0 > 4
    }
}

/// Rounds seconds to what clocks and the wire tell: the difference of two moments as floating-point numbers is off by
/// less.
pub(crate) fn microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// A finished span.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) id: u64,
    /// Zero: none.
    pub(crate) parent: u64,
    /// Unix seconds.
    pub(crate) start: f64,
    /// Seconds.
    pub(crate) duration: f64,
    /// Milliseconds without the time of the children; the whole duration until the trace was looked at.
    pub(crate) self_ms: f32,
    /// Name, operation and service: a number of [`super::function::Functions`].
    pub(crate) function: u32,
    pub(crate) status: Status,
    /// The span is the root of its program's part of the trace.
    pub(crate) is_segment: bool,
    pub(crate) attributes: Attributes,
}

/// The attribute that holds the text of a span whose name was normalised (queries and URLs).
pub(crate) const DESCRIPTION: &str = "sentry.description";

impl Span {
    pub(crate) fn end(&self) -> f64 {
        self.start + self.duration
    }

    pub(crate) fn duration_ms(&self) -> f64 {
        self.duration * 1e3
    }

    pub(crate) fn http_status(&self) -> Option<u16> {
        http_status(&self.attributes)
    }

    /// The text that tells this span from others of its function.
    pub(crate) fn description(&self) -> Option<&Text> {
        get(&self.attributes, DESCRIPTION)?.as_text()
    }

    pub(crate) fn bytes(&self) -> usize {
        // 48: its place in the set of known spans.
        size_of::<Self>() + 48 + bytes(&self.attributes)
    }
}

pub(crate) fn http_status(attributes: &[(Text, Value)]) -> Option<u16> {
    const KEYS: [&str; 3] = ["http.response.status_code", "http.status_code", "http.response_status_code"];
    let code = KEYS.iter().find_map(|key| get(attributes, key)?.as_f64())?;
    (100.0..=599.0).contains(&code).then_some(code as u16)
}

/// Spans of one trace that came in one item.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) trace: u128,
    pub(crate) resource: Arc<Resource>,
    pub(crate) run: u32,
    pub(crate) spans: Vec<Span>,
}

impl Batch {
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + 64 + self.spans.iter().map(Span::bytes).sum::<usize>()
    }

    /// The value of an attribute of one of its spans, or of the program that sent it.
    pub(crate) fn attribute<'a>(&'a self, span: &'a Span, key: &Text) -> Option<&'a Value> {
        get_interned(&span.attributes, key).or_else(|| get_interned(&self.resource.attributes, key))
    }
}

/// The severity of an event or a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    Fatal,
}

impl Level {
    pub(crate) fn read(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "info" | "log" | "notice" => Self::Info,
            "warning" | "warn" => Self::Warning,
            "error" => Self::Error,
            "fatal" | "critical" | "panic" => Self::Fatal,
            _ => return None,
        })
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// An attachment of an event: what is known of it without its bytes.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) filename: Text,
    pub(crate) content_type: Option<Text>,
    pub(crate) bytes: usize,
}

/// An error or a message.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: u128,
    pub(crate) at: f64,
    pub(crate) level: Level,
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) issue: u64,
    pub(crate) resource: Arc<Resource>,
    /// The outermost exception's type and value, or the message.
    pub(crate) kind: Option<Text>,
    pub(crate) value: Text,
    pub(crate) culprit: Option<Text>,
    pub(crate) file: Option<Text>,
    pub(crate) line: Option<u32>,
    pub(crate) handled: Option<bool>,
    pub(crate) tags: Attributes,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) is_feedback: bool,
    /// The payload as it came.
    pub(crate) raw: Box<[u8]>,
}

impl Event {
    pub(crate) fn bytes(&self) -> usize {
        let attachments = self.attachments.len() * size_of::<Attachment>();
        size_of::<Self>() + 128 + self.raw.len() + self.value.len() + bytes(&self.tags) + attachments
    }

    pub(crate) fn title(&self) -> String {
        match &self.kind {
            Some(kind) if self.value.is_empty() => kind.to_string(),
            Some(kind) => format!("{kind}: {}", self.value),
            None => self.value.to_string(),
        }
    }
}

/// A structured log.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) at: f64,
    pub(crate) level: Level,
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) body: Box<str>,
    pub(crate) resource: Arc<Resource>,
    pub(crate) attributes: Attributes,
}

impl Log {
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + 96 + self.body.len() + bytes(&self.attributes)
    }
}
