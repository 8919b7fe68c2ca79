//! The dynamic sampling context: what every service of a trace must say alike about it.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/).

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// The dynamic sampling context of a trace, in the order in which its entries are written.
///
/// The head of a trace makes it, everybody after it passes it on as it came: entries that this
/// version does not know are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DynamicSamplingContext {
    entries: Vec<(Cow<'static, str>, String)>,
}

impl DynamicSamplingContext {
    /// Sets an entry; one of the same name is replaced.
    pub(crate) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, slot)) => *slot = value,
            None => self.entries.push((key, value)),
        }
    }

    /// The value of an entry, such as `trace_id`, `sample_rate` or `release`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The entries as they are written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (&**key, value.as_str()))
    }

    /// Whether there is no entry: the context of a trace that came without baggage.
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
