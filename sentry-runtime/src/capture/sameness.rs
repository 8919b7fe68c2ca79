//! The rule by which an error is recognised as one that was seen further in.
//!
//! Errors in Rust have no identity: one that is returned moves, and the address of one that is dropped goes to the next.
//! What an error keeps on its way up is what it says. It is the same error if
//!
//! - it, or one of its causes, says the whole text of the one that was seen, is of the same type where both types are
//!   known, and has the same causes; or
//! - it, or one of its causes, ends with that text behind a separator, as in `loading the page: not found`.
//!
//! Nothing else is evidence enough: in doubt there are two errors, and two events. `docs/attributes.md` has the table.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::error::chain::{Chain, ChainEntry, UNKNOWN};

/// The entries of a chain that are compared.
const MAX_ENTRIES: usize = 8;
/// Shorter texts say too little to be recognised behind a separator.
const MIN_PART: usize = 4;

/// What an error was when a function returned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    text: String,
    ty: String,
    module: Option<String>,
    /// What its `Debug` output begins with: that may be all that is known of its type further out.
    debug_name: String,
    causes: Causes,
}

/// What is below an error in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Causes {
    None,
    /// By a hash of all their texts.
    Of(u64),
    /// The chain is too long to be known to its end.
    Cut,
}

impl Causes {
    fn below(chain: &Chain, at: usize) -> Self {
        if chain.cut {
            return Self::Cut;
        }
        // Whatever belongs to an entry stands behind it, and names it or one behind it as its parent.
        let mut below = chain.entries[at + 1..].iter().take_while(|entry| entry.parent >= at).peekable();
        if below.peek().is_none() {
            return Self::None;
        }
        let mut hasher = DefaultHasher::new();
        below.for_each(|entry| entry.value.hash(&mut hasher));
        Self::Of(hasher.finish())
    }
}

impl Form {
    pub(super) fn of(chain: &Chain) -> Self {
        let outermost = &chain.entries[0];
        Self {
            text: outermost.value.clone(),
            ty: outermost.ty.clone(),
            module: outermost.module.clone(),
            debug_name: outermost.debug_name(),
            causes: Causes::below(chain, 0),
        }
    }

    /// Whether a chain tells of this error.
    pub(super) fn is_in(&self, chain: &Chain) -> bool {
        let told = |(at, entry): (usize, &ChainEntry)| {
            if entry.value == self.text {
                self.may_be(entry, Causes::below(chain, at))
            } else {
                ends_with(&entry.value, &self.text)
            }
        };
        chain.entries.iter().take(MAX_ENTRIES).enumerate().any(told)
    }

    /// Whether an entry of the same text can be this error.
    fn may_be(&self, entry: &ChainEntry, causes: Causes) -> bool {
        if entry.ty == UNKNOWN || self.ty == UNKNOWN {
            // A text that was made of an error has no causes any more.
            return causes == self.causes || causes == Causes::Cut || causes == Causes::None;
        }
        (self.is_type_of(entry) || self.is_inside(entry))
            && (causes == self.causes || causes == Causes::Cut || self.causes == Causes::Cut)
    }

    fn is_type_of(&self, entry: &ChainEntry) -> bool {
        let modules_differ = match (&self.module, &entry.module) {
            (Some(own), Some(other)) => own != other,
            _ => false,
        };
        if self.ty == entry.ty {
            return !modules_differ;
        }
        // Behind a pointer the type is known by its `Debug` output alone, which of an enum names the variant.
        let (own, other) = (&self.debug_name, entry.debug_name());
        *own == other && own != UNKNOWN && (self.ty == *own || entry.ty == other)
    }

    /// Whether an entry wraps the error and says what the error says, as `#[error(transparent)]` does: its `Debug` output
    /// shows what is inside.
    fn is_inside(&self, entry: &ChainEntry) -> bool {
        let mut names = entry.debug.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.next();
        let own = if self.debug_name == UNKNOWN { &self.ty } else { &self.debug_name };
        names.any(|name| name == own.split('<').next().unwrap_or_default())
            || self.is_printed_in(&entry.debug)
    }

    /// Whether `Debug` output shows the text without quotes: `anyhow::Error` and its like print themselves so, while a
    /// string that anybody may have put there is quoted.
    fn is_printed_in(&self, debug: &str) -> bool {
        let start: String = self.text.chars().take(32).collect();
        debug.find(&start).and_then(|at| debug.get(..at)).is_some_and(|before| before.ends_with(['(', ' ']))
    }
}

/// Whether a text ends with another one, behind a separator. Quotes and brackets that are closed behind it do not count.
fn ends_with(outer: &str, inner: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | ']' | '}');
    let (outer, inner) = (outer.trim_end_matches(closing), inner.trim_end_matches(closing));
    if inner.chars().nth(MIN_PART - 1).is_none() {
        return false;
    }
    let Some(before) = outer.strip_suffix(inner) else { return false };
    let opened = before.ends_with(['"', '\'', '`', '(', '[', '{', '\n']);
    let spaced = before.trim_end();
    opened
        || spaced.ends_with([':', ';', '|'])
        // A hyphen inside of a word separates nothing.
        || (spaced.len() < before.len() && spaced.ends_with(['-', '–', '—', '>', '→']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_recognised_behind_a_separator_only() {
        for outer in [
            "loading: not found",
            "loading:\n  not found",
            "loading - not found",
            "loading -> not found",
            "loading (not found)",
            "code: 'internal', message: \"not found\"",
            "(500, \"not found\")",
        ] {
            assert!(ends_with(outer, "not found"), "{outer}");
        }
        for outer in [
            "b failed: not found while scanning",
            "not found: b",
            "it was not found",
            "non-not found",
            "is not not found",
            "notnot found",
        ] {
            assert!(!ends_with(outer, "not found"), "{outer}");
        }
        assert!(!ends_with("loading: no", "no"), "too short");
        assert!(ends_with("loading: parse(\"x\")", "parse(\"x\")"));
    }
}
