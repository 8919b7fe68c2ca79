//! Packed attributes: the values that the attribute of a function records about its span, in one record.
//!
//! A record is a line of memory, and each line that the pipeline thread reads on another core has to be fetched anew by
//! the next writer. So keys and literals are left in the program, where the record refers to them, and the other values
//! take the words that they need. A value that finds no room gets a record of its own.

use crate::protocol::AttributeValue;
use crate::protocol::inline_str::{self, InlineStr};

/// The maximum number of attributes of one record. `sentry-macros` divides longer lists.
const ATTRIBUTES: usize = 4;
/// The number of words for values.
pub(crate) const WORDS: usize = 4;

/// The keys of the attributes of one record, each with its value if that is a string literal, or an empty string.
#[derive(Debug)]
pub struct AttributeKeys(pub &'static [(&'static str, &'static str)]);

/// The kind of each value, that of the first in the lowest byte.
pub(crate) type Kinds = u32;

/// The value was not set, or has a record of its own.
const ABSENT: u8 = 0;
/// The value is beside its key.
const LITERAL: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const I64: u8 = 4;
const U64: u8 = 5;
const F64: u8 = 6;
/// A text; its length in bytes is added.
const TEXT: u8 = 64;

/// The values of one record, while they are being set. Methods return whether there was room for the value.
///
/// The words are elsewhere, because their address is passed to functions: the rest stays in registers.
#[derive(Debug)]
pub struct Packed<'a> {
    kinds: Kinds,
    used: usize,
    words: &'a mut [u64; WORDS],
}

impl<'a> Packed<'a> {
    /// Returns no values, which will be written to `words`.
    #[inline(always)]
    pub(crate) fn new(words: &'a mut [u64; WORDS]) -> Self {
        Self { kinds: 0, used: 0, words }
    }

    /// Returns whether no value is set.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds == 0
    }

    /// Returns the kinds and the words.
    #[inline(always)]
    pub(crate) fn parts(&self) -> (Kinds, &[u64; WORDS]) {
        (self.kinds, self.words)
    }

    #[inline(always)]
    fn mark(&mut self, index: usize, kind: u8) -> bool {
        if index >= ATTRIBUTES {
            return false;
        }
        self.kinds |= Kinds::from(kind) << (8 * index);
        true
    }

    #[inline(always)]
    fn word(&mut self, index: usize, kind: u8, word: u64) -> bool {
        let Some(place) = self.words.get_mut(self.used).filter(|_| index < ATTRIBUTES) else { return false };
        *place = word;
        self.used += 1;
        self.mark(index, kind)
    }

    /// Sets the value beside the key.
    #[inline(always)]
    pub(crate) fn literal(&mut self, index: usize) -> bool {
        self.mark(index, LITERAL)
    }

    /// Sets a value that is no text.
    #[inline(always)]
    pub(crate) fn value(&mut self, index: usize, value: &AttributeValue) -> bool {
        match *value {
            AttributeValue::Bool(value) => self.mark(index, if value { TRUE } else { FALSE }),
            AttributeValue::I64(value) => self.word(index, I64, value.cast_unsigned()),
            AttributeValue::U64(value) => self.word(index, U64, value),
            AttributeValue::F64(value) => self.word(index, F64, value.to_bits()),
            _ => false,
        }
    }

    /// Sets a copy of a text.
    #[inline(always)]
    pub(crate) fn text(&mut self, index: usize, text: &str) -> bool {
        let used = copy(self.words, self.used, text);
        if used > WORDS || index >= ATTRIBUTES {
            return false;
        }
        self.used = used;
        // Short, because it was copied.
        self.mark(index, TEXT + text.len() as u8)
    }
}

/// Copies a text behind the words that are used. Returns how many are used then, more than there are if the text does not
/// fit. It is `extern "C"`, which cannot unwind, so that the annotated function needs no landing pad.
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
extern "C" fn copy(into: &mut [u64; WORDS], used: usize, text: &str) -> usize {
    const NO_ROOM: usize = WORDS + 1;
    let Some([first, second, third]) = inline_str::words(text.as_bytes()) else { return NO_ROOM };
    let all = used + text.len().div_ceil(8);
    if all > WORDS {
        return NO_ROOM;
    }
    // The words behind the text are zero, and stay so.
    for (place, word) in into.iter_mut().skip(used).zip([first, second, third]) {
        *place = word;
    }
    all
}

/// Returns the attributes of a record.
pub(crate) fn attributes(
    keys: &'static AttributeKeys,
    kinds: Kinds,
    words: [u64; WORDS],
) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let mut words = words.into_iter();
    keys.0.iter().zip(kinds.to_le_bytes()).filter_map(move |(&(key, literal), kind)| {
        let mut word = || words.next().unwrap_or_default();
        let value = match kind {
            LITERAL => AttributeValue::Str(literal),
            FALSE => AttributeValue::Bool(false),
            TRUE => AttributeValue::Bool(true),
            I64 => AttributeValue::I64(word().cast_signed()),
            U64 => AttributeValue::U64(word()),
            F64 => AttributeValue::F64(f64::from_bits(word())),
            TEXT.. => {
                let length = kind - TEXT;
                let count = length.div_ceil(8);
                let text = [0, 1, 2].map(|at| if at < count { word() } else { 0 });
                AttributeValue::Inline(InlineStr::of_words(length, text))
            }
            ABSENT | 7..TEXT => return None,
        };
        Some((key, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static KEYS: AttributeKeys = AttributeKeys(&[("a", "literal"), ("b", ""), ("c", ""), ("d", "")]);

    fn packed(set: impl FnOnce(&mut Packed<'_>)) -> Vec<(&'static str, AttributeValue)> {
        let mut words = [0; WORDS];
        let mut packed = Packed::new(&mut words);
        set(&mut packed);
        let (kinds, words) = packed.parts();
        attributes(&KEYS, kinds, *words).collect()
    }

    #[test]
    fn every_kind_of_value_is_read_as_it_was_set() {
        for value in [
            AttributeValue::Bool(true),
            AttributeValue::Bool(false),
            AttributeValue::I64(i64::MIN),
            AttributeValue::U64(u64::MAX),
            AttributeValue::F64(-1.5),
        ] {
            let read = packed(|packed| assert!(packed.literal(0) && packed.value(2, &value)));
            assert_eq!(read, [("a", "literal".into()), ("c", value.clone())]);
            assert_eq!(std::mem::discriminant(&read[1].1), std::mem::discriminant(&value));
        }
    }

    #[test]
    fn a_text_of_every_length_that_fits_is_read_as_it_was_set() {
        let long = "Sachertorte für 22 P…!!";
        for end in (0..=long.len()).filter(|end| long.is_char_boundary(*end)) {
            let text = &long[..end];
            let fits = text.len() <= 22;
            let read = packed(|packed| {
                assert!(packed.value(0, &7_u64.into()));
                assert_eq!(packed.text(1, text), fits);
            });
            let mut expected = vec![("a", AttributeValue::U64(7))];
            expected.extend(fits.then(|| ("b", AttributeValue::from(text))));
            assert_eq!(read, expected, "{end} bytes");
        }
    }

    #[test]
    fn a_value_without_room_is_refused_and_the_others_stay() {
        let read = packed(|packed| {
            assert!(packed.is_empty());
            assert!(packed.text(0, "seventeen letters") && !packed.text(1, "nine more"));
            assert!(packed.text(2, "eight...") && !packed.value(3, &1.into()), "all words are used");
            assert!(packed.value(3, &true.into()), "a boolean needs none");
            assert!(!packed.literal(4) && !packed.value(4, &true.into()) && !packed.text(4, ""));
            assert!(!packed.value(1, &AttributeValue::Null) && !packed.is_empty());
        });
        let expected = [("a", "seventeen letters".into()), ("c", "eight...".into()), ("d", true.into())];
        assert_eq!(read, expected);
    }
}
