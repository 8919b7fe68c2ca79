//! Transactions: the spans of one segment in one payload.
//!
//! Spec: [transactions](https://develop.sentry.dev/sdk/telemetry/transactions/),
//! [payload](https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::breadcrumb::Breadcrumb;
use super::context::Context;
use super::random::random_uuid;
use super::request::Request;
use super::sdk_info::ClientSdkInfo;
use super::span::Span;
use super::user::User;
use super::values::Values;
use super::wire::{owned, uuid_simple};
use super::{Map, Value};

/// The source of a transaction's name. By the source, the server decides whether it can group by the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TransactionSource {
    /// A name set by the user.
    #[default]
    Custom,
    /// A raw URL, including its variable parts.
    Url,
    /// The route of a web framework.
    Route,
    /// The name of the function that handles the request.
    View,
    /// The name of a component.
    Component,
    /// The name of a background task.
    Task,
}

impl TransactionSource {
    /// Returns the name in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Url => "url",
            Self::Route => "route",
            Self::View => "view",
            Self::Component => "component",
            Self::Task => "task",
        }
    }
}

/// Information about the name of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TransactionInfo {
    /// The source of the name.
    pub source: TransactionSource,
}

/// The spans of one segment, with their context. The root span is the context `trace`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "transaction", default)]
pub struct Transaction<'a> {
    /// The id of the transaction. Default: random.
    #[serde(serialize_with = "uuid_simple")]
    pub event_id: Uuid,
    /// The name of the transaction.
    #[serde(rename = "transaction", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The source of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_info: Option<TransactionInfo>,
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
    /// Short searchable values.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, String>,
    /// Additional data.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// Breadcrumbs recorded before the end of the transaction, oldest first.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub breadcrumbs: Values<Breadcrumb>,
    /// The SDK that created the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Cow<'a, ClientSdkInfo>>,
    /// The platform, `native`.
    pub platform: Cow<'a, str>,
    /// The time of the end.
    #[serde(with = "super::time::optional", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<SystemTime>,
    /// The time of the start.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub start_timestamp: SystemTime,
    /// The spans, without the root span.
    pub spans: Vec<Span>,
    /// Structured contexts (`os`, `device`, …), by name; `trace` is the root span.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub contexts: Map<String, Context>,
    /// The HTTP request that the transaction handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The name of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<Cow<'a, str>>,
}

impl Default for Transaction<'_> {
    fn default() -> Self {
        Self::of_id(random_uuid())
    }
}

impl<'a> Transaction<'a> {
    /// Returns an empty transaction that starts now.
    pub(crate) fn of_id(event_id: Uuid) -> Self {
        Self {
            event_id,
            name: None,
            transaction_info: None,
            release: None,
            dist: None,
            environment: None,
            user: None,
            tags: Map::new(),
            extra: Map::new(),
            breadcrumbs: Values::new(),
            sdk: None,
            platform: Cow::Borrowed("native"),
            timestamp: None,
            start_timestamp: SystemTime::now(),
            spans: Vec::new(),
            contexts: Map::new(),
            request: None,
            server_name: None,
        }
    }

    /// Returns a transaction with a random id that starts now.
    #[must_use]
    pub fn new() -> Transaction<'a> {
        Self::default()
    }

    /// Returns the transaction without borrowed data.
    #[must_use]
    pub fn into_owned(self) -> Transaction<'static> {
        Transaction {
            release: self.release.map(owned),
            dist: self.dist.map(owned),
            environment: self.environment.map(owned),
            sdk: self.sdk.map(|sdk| Cow::Owned(sdk.into_owned())),
            platform: owned(self.platform),
            server_name: self.server_name.map(owned),
            event_id: self.event_id,
            name: self.name,
            transaction_info: self.transaction_info,
            user: self.user,
            tags: self.tags,
            extra: self.extra,
            breadcrumbs: self.breadcrumbs,
            timestamp: self.timestamp,
            start_timestamp: self.start_timestamp,
            spans: self.spans,
            contexts: self.contexts,
            request: self.request,
        }
    }

    /// Ends the transaction at the given time.
    pub fn finish_with_timestamp(&mut self, timestamp: SystemTime) {
        self.timestamp = Some(timestamp);
    }

    /// Ends the transaction now.
    pub fn finish(&mut self) {
        self.finish_with_timestamp(SystemTime::now());
    }
}

impl fmt::Display for Transaction<'_> {
    /// Writes the id and the start time, for a log line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Transaction(id: {}, ts: {})",
            self.event_id.simple(),
            super::time::rfc3339(self.start_timestamp)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{SpanStatus, TraceContext};
    use std::time::UNIX_EPOCH;

    #[test]
    fn a_transaction_says_its_type_and_always_lists_its_spans() {
        let mut transaction = Transaction {
            event_id: Uuid::from_u128(1),
            name: Some("GET /".into()),
            transaction_info: Some(TransactionInfo { source: TransactionSource::Route }),
            start_timestamp: UNIX_EPOCH,
            ..Transaction::default()
        };
        transaction.finish_with_timestamp(UNIX_EPOCH);
        let root = TraceContext {
            span_id: "00000000000000aa".parse().unwrap(),
            trace_id: "000000000000000000000000000000bb".parse().unwrap(),
            status: Some(SpanStatus::Ok),
            ..TraceContext::default()
        };
        transaction.contexts.insert("trace".into(), root.into());
        let text = serde_json::to_string(&transaction).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"type":"transaction","event_id":"00000000000000000000000000000001","transaction":"GET /","#,
                r#""transaction_info":{"source":"route"},"platform":"native","timestamp":0.0,"start_timestamp":0.0,"#,
                r#""spans":[],"contexts":{"trace":{"type":"trace","span_id":"00000000000000aa","#,
                r#""trace_id":"000000000000000000000000000000bb","status":"ok"}}}"#
            )
        );
        assert_eq!(serde_json::from_str::<Transaction<'static>>(&text).unwrap(), transaction);
    }
}
