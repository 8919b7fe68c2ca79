//! Interned strings: a name that occurs in a thousand spans is held once.

use std::collections::HashSet;
use std::sync::Arc;

/// An interned string. Two of the same interner are equal if they are the same allocation.
pub(crate) type Text = Arc<str>;

/// The bytes of a string beside its characters: the counts of the [`Arc`], its place in the set, the allocator.
const OVERHEAD: usize = 56;

/// The set of all strings that rows refer to.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    set: HashSet<Text>,
    bytes: usize,
    sweep_at: usize,
}

impl Interner {
    const FIRST_SWEEP: usize = 4096;

    /// Returns the shared copy of a string.
    pub(crate) fn get(&mut self, text: &str) -> Text {
        if let Some(known) = self.set.get(text) {
            return Text::clone(known);
        }
        if self.set.len() >= self.sweep_at.max(Self::FIRST_SWEEP) {
            self.sweep();
        }
        let text: Text = text.into();
        self.bytes += text.len() + OVERHEAD;
        self.set.insert(Text::clone(&text));
        text
    }

    /// Returns the shared copy of a string, if some row has it.
    pub(crate) fn known(&self, text: &str) -> Option<&Text> {
        self.set.get(text)
    }

    /// Drops the strings that no row refers to any more. Takes time in proportion to the number of strings, so
    /// callers do it only after many rows were dropped.
    pub(crate) fn sweep(&mut self) {
        self.set.retain(|text| Arc::strong_count(text) > 1);
        if self.set.len() * 4 < self.set.capacity() {
            self.set.shrink_to_fit();
        }
        self.bytes = self.set.iter().map(|text| text.len() + OVERHEAD).sum();
        self.sweep_at = self.set.len() * 2;
    }

    /// Returns the number of bytes that the strings take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Returns the start of a text, of at most `limit` bytes, and cuts between characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let limit = limit.min(text.len());
    let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::{Interner, cut};

    #[test]
    fn equal_strings_are_one_and_unused_ones_go() {
        let mut interner = Interner::default();
        let a = interner.get("name");
        assert!(std::sync::Arc::ptr_eq(&a, &interner.get("name")));
        drop(interner.get("other"));
        let before = interner.bytes();
        interner.sweep();
        assert!(interner.bytes() < before);
        assert!(interner.known("name").is_some() && interner.known("other").is_none());
    }

    #[test]
    fn a_million_distinct_names_that_nobody_keeps_do_not_pile_up() {
        let mut interner = Interner::default();
        for number in 0..100_000 {
            interner.get(&format!("name {number}"));
        }
        assert!(interner.bytes() < 1 << 20, "{}", interner.bytes());
    }

    #[test]
    fn a_cut_keeps_characters_whole() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}
