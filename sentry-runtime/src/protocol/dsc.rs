//! The dynamic sampling context: data about a trace that all its services send unchanged.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/).

use std::fmt;
use std::ops::Range;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::Uuid;

/// The dynamic sampling context of a trace, in the order in which its entries are written.
///
/// The first service of a trace creates it; all others forward it unchanged, with entries that this version does not
/// know.
#[derive(Clone, Default)]
pub struct DynamicSamplingContext {
    /// Names and values, one after the other: a request that continues a trace copies them into one allocation.
    text: String,
    entries: Vec<Entry>,
}

/// An entry of a context: where its name and its value are in the text.
#[derive(Clone)]
struct Entry {
    key: Range<usize>,
    value: Range<usize>,
}

/// The number of entries that SDKs write.
const USUAL_ENTRIES: usize = 11;
/// The room for the entries that are usually added later, in bytes.
const USUAL_TEXT: usize = 128;

impl DynamicSamplingContext {
    /// Returns a context with an entry, followed by those of another context that has no entry of this name.
    pub(crate) fn beginning_with(key: &str, value: &str, others: &Self) -> Self {
        let mut text = String::with_capacity(key.len() + value.len() + others.text.len() + USUAL_TEXT);
        let mut entries = Vec::with_capacity(USUAL_ENTRIES.max(others.len() + 1));
        text.push_str(key);
        text.push_str(value);
        let moved = text.len();
        let shift = |range: &Range<usize>| range.start + moved..range.end + moved;
        entries.push(Entry { key: 0..key.len(), value: key.len()..moved });
        let moved_entry = |entry: &Entry| Entry { key: shift(&entry.key), value: shift(&entry.value) };
        entries.extend(others.entries.iter().map(moved_entry));
        text.push_str(&others.text);
        Self { text, entries }
    }

    /// Sets an entry, and replaces one of the same name.
    pub(crate) fn set(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) {
        self.set_written(key.as_ref(), |text| text.push_str(value.as_ref()));
    }

    /// Like [`set`](Self::set), with a value that `write` appends to the text that it receives.
    pub(crate) fn set_written(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        let key = self.copy(key);
        let value = self.write(write);
        self.set_copied(key, value);
    }

    /// Makes room for names and values of this length.
    pub(crate) fn reserve(&mut self, length: usize) {
        self.text.reserve(length);
    }

    /// Copies a text that contains names and values of entries. Returns where the copy is.
    pub(crate) fn copy(&mut self, text: &str) -> Range<usize> {
        self.write(|own| own.push_str(text))
    }

    /// Appends to the copied texts. Returns where the appended text is.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.text.len();
        write(&mut self.text);
        start..self.text.len()
    }

    /// Sets an entry whose name and value are parts of what was copied.
    pub(crate) fn set_copied(&mut self, key: Range<usize>, value: Range<usize>) {
        let name = self.text.get(key.clone()).unwrap_or_default();
        match self.position(name).and_then(|at| self.entries.get_mut(at)) {
            Some(known) => *known = Entry { key, value },
            None => {
                if self.entries.is_empty() {
                    self.entries.reserve(USUAL_ENTRIES);
                }
                self.entries.push(Entry { key, value });
            }
        }
    }

    fn part(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Returns the index of an entry. Lengths are compared first: most names differ in theirs.
    fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|known| known.key.len() == key.len() && self.part(&known.key) == key)
    }

    /// Returns the value of an entry, such as `trace_id`, `sample_rate` or `release`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(self.position(key)?).map(|entry| self.part(&entry.value))
    }

    /// Returns the number of entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the id of the session replay in which the trace began, if there is one.
    pub(crate) fn replay_id(&self) -> Option<String> {
        Some(Uuid::parse_str(self.get("replay_id")?).ok()?.simple().to_string())
    }

    /// Returns the entries in the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (self.part(&entry.key), self.part(&entry.value)))
    }

    /// Returns whether there is no entry, as in a trace that was received without baggage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Contexts are equal if they have the same entries in the same order.
impl PartialEq for DynamicSamplingContext {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for DynamicSamplingContext {}

impl fmt::Debug for DynamicSamplingContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for DynamicSamplingContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_continued_with_the_entries_of_another_one() {
        let mut facts = DynamicSamplingContext::default();
        facts.set("release", "shop@0");
        facts.set("environment", "");
        facts.set("release", "shop@1");
        let mut dsc = DynamicSamplingContext::beginning_with("trace_id", "abc", &facts);
        dsc.set("environment", "test");
        dsc.set("sampled", "true");
        let entries: Vec<_> = dsc.iter().collect();
        let expected =
            [("trace_id", "abc"), ("release", "shop@1"), ("environment", "test"), ("sampled", "true")];
        assert_eq!(entries, expected);
        assert_eq!(facts.iter().collect::<Vec<_>>(), [("release", "shop@1"), ("environment", "")]);
        let alone =
            DynamicSamplingContext::beginning_with("trace_id", "abc", &DynamicSamplingContext::default());
        assert_eq!(alone.iter().collect::<Vec<_>>(), [("trace_id", "abc")]);
    }

    #[test]
    fn a_replaced_entry_keeps_its_position() {
        let mut dsc = DynamicSamplingContext::default();
        dsc.set("sampled", "true");
        dsc.set("release", "shop@1");
        dsc.set("sampled", "false");
        assert_eq!(dsc.iter().collect::<Vec<_>>(), [("sampled", "false"), ("release", "shop@1")]);
        let mut same = DynamicSamplingContext::default();
        same.set("sampled", "false");
        assert_ne!(dsc, same);
        same.set("release", "shop@1");
        assert_eq!(dsc, same, "what was replaced does not count");
        assert_eq!((dsc.get("release"), dsc.get("sampl"), dsc.len()), (Some("shop@1"), None, 2));
    }
}
