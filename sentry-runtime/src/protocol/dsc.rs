//! The dynamic sampling context: data about a trace that all its services send unchanged.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/).

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::Uuid;

/// The dynamic sampling context of a trace, in the order in which its entries are written.
///
/// The first service of a trace creates it; all others forward it unchanged, with entries that this version does not
/// know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DynamicSamplingContext {
    entries: Vec<(Cow<'static, str>, String)>,
}

impl DynamicSamplingContext {
    /// Sets an entry, and replaces one of the same name.
    pub(crate) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, slot)) => *slot = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Returns the value of an entry, such as `trace_id`, `sample_rate` or `release`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Returns the id of the session replay in which the trace began, if there is one.
    pub(crate) fn replay_id(&self) -> Option<String> {
        Some(Uuid::parse_str(self.get("replay_id")?).ok()?.simple().to_string())
    }

    /// Returns the entries in the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (&**key, value.as_str()))
    }

    /// Whether there is no entry, as in a trace that was received without baggage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Serialize for DynamicSamplingContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (key, value) in &self.entries {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
