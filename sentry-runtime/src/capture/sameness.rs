//! The rule by which an error is recognised as one that an inner function returned.
//!
//! Errors in Rust have no identity: a returned error moves, and the address of a dropped error is reused. Only the text
//! of an error remains while it propagates. An error is the same as a seen one if
//!
//! - the error, or one of its causes, has exactly the text of the seen error, the same type if both types are known,
//!   and the same causes; or
//! - the text of the error, or of one of its causes, ends with that text after a separator, as in
//!   `loading the page: not found`.
//!
//! Nothing else is sufficient evidence: in doubt the two are different errors, with an event each. The table is in
//! `docs/attributes.md`.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::error::chain::{Chain, ChainEntry, UNKNOWN};

/// The maximum number of entries of a chain that are compared.
const MAX_ENTRIES: usize = 8;
/// The minimum length of a text that is recognised after a separator.
const MIN_PART: usize = 4;

/// The form of an error when a function returned it.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// The outermost entry of the chain. In outer functions, the beginning of its `Debug` output may be the only hint at
    /// its type.
    error: Arc<ChainEntry>,
    /// See [`fingerprint`].
    fingerprint: u64,
    /// The length of the text without what closes it: no shorter text can end with it.
    trimmed: usize,
    causes: Causes,
}

/// A chain that is compared with many forms.
pub(super) struct Wanted<'a> {
    chain: &'a Chain,
    fingerprints: [u64; MAX_ENTRIES],
    /// A bit for each fingerprint, see [`mark`].
    marks: u64,
    /// The length of the longest text.
    longest: usize,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(chain: &'a Chain) -> Self {
        let (mut fingerprints, mut marks, mut longest) = ([0; MAX_ENTRIES], 0, 0);
        for (slot, entry) in fingerprints.iter_mut().zip(&chain.entries) {
            *slot = fingerprint(&entry.value);
            marks |= mark(*slot);
            longest = longest.max(entry.value.len());
        }
        Self { chain, fingerprints, marks, longest }
    }
}

/// What all forms of an error have in common: most chains are recognised as other errors by it alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline {
    /// The bits of the fingerprints, see [`mark`].
    marks: u64,
    /// The least of the lengths without what closes the text.
    shortest: usize,
}

impl Outline {
    pub(super) fn of(form: &Form) -> Self {
        Self { marks: mark(form.fingerprint), shortest: form.trimmed }
    }

    /// Adds a later form of the error.
    pub(super) fn add(&mut self, form: &Form) {
        self.marks |= mark(form.fingerprint);
        self.shortest = self.shortest.min(form.trimmed);
    }

    /// Returns whether a chain may contain the error: an entry may have the text of one of its forms, or end with it.
    #[inline]
    pub(super) fn may_be_in(self, wanted: &Wanted<'_>) -> bool {
        self.marks & wanted.marks != 0 || wanted.longest > self.shortest
    }
}

/// Returns the bit of a fingerprint, given by its highest bits.
fn mark(fingerprint: u64) -> u64 {
    1 << (fingerprint >> 58)
}

/// Returns a number that differs for most texts that differ. It saves their comparison: texts of one kind of error often
/// have one length and one beginning.
fn fingerprint(text: &str) -> u64 {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let add = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = text.as_bytes().as_chunks();
    let sum = words.iter().fold(text.len() as u64, |sum, word| add(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| add(sum, u64::from(*byte)))
}

/// The causes of an error in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Causes {
    None,
    /// A hash of the texts of all causes.
    Of(u64),
    /// The chain is too long to be read to its end.
    Cut,
}

impl Causes {
    fn below(chain: &Chain, at: usize) -> Self {
        if chain.cut {
            return Self::Cut;
        }
        // The causes of an entry follow it, and have the entry or one that follows it as their parent.
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
        let error = Arc::clone(&chain.entries[0]);
        let (fingerprint, trimmed) = (fingerprint(&error.value), without_closing(&error.value).len());
        Self { error, fingerprint, trimmed, causes: Causes::below(chain, 0) }
    }

    /// Returns whether the error had this form before.
    pub(super) fn is(&self, other: &Self) -> bool {
        let (own, their) = (&self.error, &other.error);
        let names = |entry: &ChainEntry| entry.debug_name();
        self.fingerprint == other.fingerprint
            && self.causes == other.causes
            && (&own.value, &own.ty, &own.module) == (&their.value, &their.ty, &their.module)
            && names(own) == names(their)
    }

    /// Returns whether a chain contains this error.
    #[inline]
    pub(super) fn is_in(&self, wanted: &Wanted<'_>) -> bool {
        let Wanted { marks, longest, .. } = wanted;
        // Most seen errors have neither the text of an entry, nor one that an entry can end with.
        if marks & mark(self.fingerprint) == 0 && *longest <= self.trimmed {
            return false;
        }
        self.is_entry_of(wanted)
    }

    /// Compares the error with every entry of a chain.
    #[inline(never)]
    fn is_entry_of(&self, Wanted { chain, fingerprints, .. }: &Wanted<'_>) -> bool {
        for (at, (entry, fingerprint)) in chain.entries.iter().zip(fingerprints).enumerate() {
            let is = if *fingerprint == self.fingerprint && entry.value == self.error.value {
                self.may_be(entry, Causes::below(chain, at))
            } else {
                entry.value.len() > self.trimmed && ends_with(&entry.value, &self.error.value)
            };
            if is {
                return true;
            }
        }
        false
    }

    /// Returns whether an entry with the same text can be this error.
    fn may_be(&self, entry: &ChainEntry, causes: Causes) -> bool {
        if entry.ty == UNKNOWN || self.error.ty == UNKNOWN {
            // An error that was converted to a text has lost its causes.
            return causes == self.causes || causes == Causes::Cut || causes == Causes::None;
        }
        (self.is_type_of(entry) || self.is_inside(entry))
            && (causes == self.causes || causes == Causes::Cut || self.causes == Causes::Cut)
    }

    fn is_type_of(&self, entry: &ChainEntry) -> bool {
        let modules_differ = match (&self.error.module, &entry.module) {
            (Some(own), Some(other)) => own != other,
            _ => false,
        };
        if self.error.ty == entry.ty {
            return !modules_differ;
        }
        // Behind a pointer only the `Debug` output shows the type; for an enum, it names the variant.
        let (own, other) = (self.error.debug_name(), entry.debug_name());
        own == other && own != UNKNOWN && (self.error.ty == own || entry.ty == other)
    }

    /// Returns whether an entry wraps the error and has the error's text, like an error with `#[error(transparent)]`: its
    /// `Debug` output shows the inner error.
    fn is_inside(&self, entry: &ChainEntry) -> bool {
        let mut names = entry.debug.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.next();
        let debug_name = self.error.debug_name();
        let own = if debug_name == UNKNOWN { &*self.error.ty } else { &debug_name };
        names.any(|name| name == own.split('<').next().unwrap_or_default())
            || self.is_printed_in(&entry.debug)
    }

    /// Returns whether `Debug` output contains the text without quotes, as that of `anyhow::Error` and similar types does.
    /// A string in a field is quoted.
    fn is_printed_in(&self, debug: &str) -> bool {
        let start: String = self.error.value.chars().take(32).collect();
        debug.find(&start).and_then(|at| debug.get(..at)).is_some_and(|before| before.ends_with(['(', ' ']))
    }
}

/// Returns a text without the closing quotes, brackets and white space at its end.
fn without_closing(text: &str) -> &str {
    let closing = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | ']' | '}');
    // Most texts end in a letter.
    match text.as_bytes().last() {
        Some(last) if last.is_ascii_alphanumeric() => text,
        _ => text.trim_end_matches(closing),
    }
}

/// Returns whether a text ends with another one, after a separator. Closing quotes and brackets at the end are ignored.
fn ends_with(outer: &str, inner: &str) -> bool {
    let (outer, inner) = (without_closing(outer), without_closing(inner));
    // There is a separator before it.
    if outer.len() <= inner.len() || inner.chars().nth(MIN_PART - 1).is_none() {
        return false;
    }
    let Some(before) = outer.strip_suffix(inner) else { return false };
    let opened = before.ends_with(['"', '\'', '`', '(', '[', '{', '\n']);
    let spaced = before.trim_end();
    opened
        || spaced.ends_with([':', ';', '|'])
        // A hyphen inside a word is not a separator.
        || (spaced.len() < before.len() && spaced.ends_with(['-', '–', '—', '>', '→']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_differ_where_texts_do() {
        let texts = [
            "",
            "a",
            "b",
            "card 00000001 was declined",
            "card 00000002 was declined",
            "declined: 1",
            "declined: 2",
        ];
        for (at, one) in texts.iter().enumerate() {
            for (other_at, other) in texts.iter().enumerate() {
                assert_eq!(fingerprint(one) == fingerprint(other), at == other_at, "{one} {other}");
            }
        }
    }

    #[test]
    fn an_outline_hides_no_form() {
        let chain = |text: &str| Chain::of(ChainEntry::of_type("Failure", text.to_owned()));
        let texts = [
            "not found",
            "(not found",
            "loading: not found",
            "no bulbs left",
            "(no bulbs left)",
            "bulbs: 7",
            "8",
        ];
        let mut hidden = 0;
        for (first, later) in texts.iter().flat_map(|first| texts.map(|later| (*first, later))) {
            let forms = [first, later].map(|text| Form::of(&chain(text)));
            let mut outline = Outline::of(&forms[0]);
            outline.add(&forms[1]);
            for text in texts {
                let chain = chain(text);
                let wanted = Wanted::new(&chain);
                let is_in = forms.iter().any(|form| form.is_in(&wanted));
                assert!(outline.may_be_in(&wanted) || !is_in, "{first}, {later}: {text}");
                hidden += u32::from(!outline.may_be_in(&wanted));
            }
        }
        assert!(hidden > 0);
    }

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
