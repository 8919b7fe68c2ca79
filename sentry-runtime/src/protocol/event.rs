//! Events: errors, messages and feedback, with their context.
//!
//! The pipeline thread adds the data of the scopes to an event, normalises and scrubs it before writing it.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::breadcrumb::Breadcrumb;
use super::context::Context;
use super::debug_meta::DebugMeta;
use super::exception::Exception;
use super::level::Level;
use super::random::random_uuid;
use super::request::Request;
use super::sdk_info::ClientSdkInfo;
use super::stacktrace::{Stacktrace, TemplateInfo, Thread, no_frames};
use super::transaction::TransactionInfo;
use super::user::User;
use super::values::Values;
use super::wire::{owned, uuid_simple};
use super::{Map, Value};

/// A message with its parameters.
///
/// [Spec](https://develop.sentry.dev/sdk/data-model/event-payloads/message/).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogEntry {
    /// The message, with placeholders when there are parameters.
    pub message: String,
    /// The values of the placeholders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Value>,
}

/// An error, a message or feedback, with its context.
///
/// ```
/// use sentry::protocol::{Event, Level, LogEntry};
///
/// let event = Event {
///     level: Level::Warning,
///     logentry: Some(LogEntry { message: "the shelf is empty".into(), ..LogEntry::default() }),
///     ..Event::default()
/// };
/// let json = serde_json::to_value(&event)?;
/// assert_eq!(json["level"], "warning");
/// assert_eq!(json["platform"], "native");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    /// The id of the event. Default: random.
    #[serde(serialize_with = "uuid_simple")]
    pub event_id: Uuid,
    /// The type, if the event is not an error or message: `feedback`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<Cow<'a, str>>,
    /// The severity. Default: `error`.
    pub level: Level,
    /// The fingerprint, by which Sentry groups events; `{{ default }}` is the server's own grouping.
    #[serde(skip_serializing_if = "is_default_fingerprint")]
    pub fingerprint: Cow<'a, [Cow<'a, str>]>,
    /// The name of the code that caused the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub culprit: Option<String>,
    /// The name of the transaction during which the event happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The source of the transaction's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_info: Option<TransactionInfo>,
    /// A message. The server only reads it from [`logentry`](Self::logentry), and the pipeline moves it there.
    /// Callbacks see the text in both fields, and can change or remove it in either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A message with its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logentry: Option<LogEntry>,
    /// The name of the logger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// The packages of the program, with their versions.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub modules: Map<String, String>,
    /// The platform. Default: `native`, because the server turns `rust` into `other`.
    pub platform: Cow<'a, str>,
    /// The time.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub timestamp: SystemTime,
    /// The name of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<Cow<'a, str>>,
    /// The release of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<Cow<'a, str>>,
    /// The distribution of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dist: Option<Cow<'a, str>>,
    /// The environment, such as `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Cow<'a, str>>,
    /// The affected user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The HTTP request during which it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// Structured contexts (`os`, `device`, `trace`, …), by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub contexts: Map<String, Context>,
    /// Breadcrumbs recorded before the event, oldest first.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub breadcrumbs: Values<Breadcrumb>,
    /// The error and its causes, innermost cause first.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub exception: Values<Exception>,
    /// A stack trace without an exception. Deprecated in the protocol: a [`Thread`] should carry it.
    #[serde(skip_serializing_if = "no_frames")]
    pub stacktrace: Option<Stacktrace>,
    /// The location in a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateInfo>,
    /// The threads of the program.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub threads: Values<Thread>,
    /// Short searchable values.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, String>,
    /// Additional data.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// The images of the process.
    #[serde(skip_serializing_if = "DebugMeta::is_empty")]
    pub debug_meta: Cow<'a, DebugMeta>,
    /// The SDK that created the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Cow<'a, ClientSdkInfo>>,
}

const DEFAULT_FINGERPRINT: &[Cow<'static, str>] = &[Cow::Borrowed("{{ default }}")];

fn is_default_fingerprint(fingerprint: &[Cow<'_, str>]) -> bool {
    matches!(fingerprint, [only] if only == "{{ default }}" || only == "{{default}}")
        || fingerprint.is_empty()
}

impl Default for Event<'_> {
    fn default() -> Self {
        Self::of(random_uuid(), Level::Error, SystemTime::now())
    }
}

impl<'a> Event<'a> {
    /// Returns an event without content.
    pub(crate) fn of(event_id: Uuid, level: Level, timestamp: SystemTime) -> Self {
        Self {
            event_id,
            ty: None,
            level,
            fingerprint: Cow::Borrowed(DEFAULT_FINGERPRINT),
            culprit: None,
            transaction: None,
            transaction_info: None,
            message: None,
            logentry: None,
            logger: None,
            modules: Map::new(),
            platform: Cow::Borrowed("native"),
            timestamp,
            server_name: None,
            release: None,
            dist: None,
            environment: None,
            user: None,
            request: None,
            contexts: Map::new(),
            breadcrumbs: Values::new(),
            exception: Values::new(),
            stacktrace: None,
            template: None,
            threads: Values::new(),
            tags: Map::new(),
            extra: Map::new(),
            debug_meta: Cow::Owned(DebugMeta::default()),
            sdk: None,
        }
    }

    /// Returns an error event with a random id and the current time.
    #[must_use]
    pub fn new() -> Event<'a> {
        Self::default()
    }

    /// Returns the event without borrowed data.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            ty: self.ty.map(owned),
            fingerprint: Cow::Owned(self.fingerprint.iter().map(|part| owned(part.clone())).collect()),
            platform: owned(self.platform),
            server_name: self.server_name.map(owned),
            release: self.release.map(owned),
            dist: self.dist.map(owned),
            environment: self.environment.map(owned),
            debug_meta: Cow::Owned(self.debug_meta.into_owned()),
            sdk: self.sdk.map(|sdk| Cow::Owned(sdk.into_owned())),
            event_id: self.event_id,
            level: self.level,
            culprit: self.culprit,
            transaction: self.transaction,
            transaction_info: self.transaction_info,
            message: self.message,
            logentry: self.logentry,
            logger: self.logger,
            modules: self.modules,
            timestamp: self.timestamp,
            user: self.user,
            request: self.request,
            contexts: self.contexts,
            breadcrumbs: self.breadcrumbs,
            exception: self.exception,
            stacktrace: self.stacktrace,
            template: self.template,
            threads: self.threads,
            tags: self.tags,
            extra: self.extra,
        }
    }
}

impl fmt::Display for Event<'_> {
    /// Writes the id and the time, for a log line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event(id: {}, ts: {})", self.event_id.simple(), super::time::rfc3339(self.timestamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn an_event_without_content_is_four_fields() {
        let event = Event {
            event_id: Uuid::from_u128(1),
            timestamp: UNIX_EPOCH,
            threads: vec![].into(),
            ..Event::default()
        };
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            concat!(
                r#"{"event_id":"00000000000000000000000000000001","level":"error","#,
                r#""platform":"native","timestamp":0.0}"#
            )
        );
    }

    #[test]
    fn lists_are_wrapped_and_read_back() {
        let mut event = Event {
            breadcrumbs: vec![Breadcrumb { timestamp: UNIX_EPOCH, ..Breadcrumb::default() }].into(),
            exception: vec![Exception { ty: "Oops".into(), ..Exception::default() }].into(),
            fingerprint: Cow::Owned(vec!["a".into()]),
            timestamp: UNIX_EPOCH,
            ..Event::default()
        };
        event.tags.insert("k".into(), "v".into());
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["breadcrumbs"], serde_json::json!({"values": [{"timestamp": 0.0}]}));
        assert_eq!(json["exception"], serde_json::json!({"values": [{"type": "Oops"}]}));
        assert_eq!(json["fingerprint"], serde_json::json!(["a"]));
        let back: Event<'static> = serde_json::from_value(json).unwrap();
        assert_eq!(back, event.into_owned());
    }

    #[test]
    fn default_events_differ() {
        assert_ne!(Event::default().event_id, Event::default().event_id);
    }
}
