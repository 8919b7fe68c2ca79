//! Exceptions, and the mechanisms that captured them.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/).

use serde::{Deserialize, Serialize, Serializer};

use super::stacktrace::{Stacktrace, ThreadId, no_frames};
use super::{Map, Value};

/// An error. Events list errors with the innermost cause first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exception {
    /// The type of the error, such as `ParseIntError`. The server rejects an exception with neither type nor value.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub ty: String,
    /// The text of the error, at most 8192 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The module of the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The stack trace.
    #[serde(skip_serializing_if = "no_frames")]
    pub stacktrace: Option<Stacktrace>,
    /// The stack trace before it was processed for display.
    #[serde(skip_serializing_if = "no_frames")]
    pub raw_stacktrace: Option<Stacktrace>,
    /// The thread on which it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The mechanism that captured the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<Mechanism>,
}

/// The mechanism that captured an exception.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mechanism {
    /// The name of the mechanism, such as `panic`. The server discards the other fields if the name is missing, so an
    /// empty name is written as `generic`.
    #[serde(rename = "type", serialize_with = "mechanism_type")]
    pub ty: String,
    /// A description for readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URL of a page about the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_link: Option<String>,
    /// Whether the program handled the error; `false` marks a crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<bool>,
    /// Whether the exception was created to carry a message or a signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<bool>,
    /// The number of this exception in its event, to which [`parent_id`](Self::parent_id) refers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_id: Option<u64>,
    /// The number of the exception whose cause or part this exception is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<u64>,
    /// The name by which the parent refers to this exception, such as `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether the exception only groups its parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_exception_group: Option<bool>,
    /// Other data of the mechanism.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Codes of the operating system.
    #[serde(skip_serializing_if = "MechanismMeta::is_empty")]
    pub meta: MechanismMeta,
}

fn mechanism_type<S: Serializer>(ty: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if ty.is_empty() { "generic" } else { ty })
}

/// Codes of the operating system for an exception.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MechanismMeta {
    /// The value of `errno`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<CError>,
    /// The signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<PosixSignal>,
}

impl MechanismMeta {
    /// Returns whether there is no code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errno.is_none() && self.signal.is_none()
    }
}

/// A value of `errno`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CError {
    /// The number.
    pub number: i32,
    /// The name of the value, such as `ENOENT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<i32> for CError {
    fn from(number: i32) -> Self {
        Self { number, name: None }
    }
}

/// A POSIX signal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosixSignal {
    /// The number.
    pub number: i32,
    /// The code of the signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The name of the signal, such as `SIGSEGV`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_name: Option<String>,
}

impl From<i32> for PosixSignal {
    fn from(number: i32) -> Self {
        Self { number, ..Self::default() }
    }
}

impl From<(i32, i32)> for PosixSignal {
    fn from((number, code): (i32, i32)) -> Self {
        Self { number, code: Some(code), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mechanism_always_has_a_type() {
        let exception = Exception {
            ty: "Oops".into(),
            mechanism: Some(Mechanism { handled: Some(false), ..Mechanism::default() }),
            ..Exception::default()
        };
        assert_eq!(
            serde_json::to_string(&exception).unwrap(),
            r#"{"type":"Oops","mechanism":{"type":"generic","handled":false}}"#
        );
    }
}
