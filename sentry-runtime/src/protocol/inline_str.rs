//! Short strings stored inline, without an allocation.

use std::fmt;

/// The maximum length, in bytes.
const ROOM: usize = 22;

/// A string of at most 22 bytes, stored inline.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct InlineStr {
    length: u8,
    bytes: [u8; ROOM],
}

impl InlineStr {
    /// Stores a string, if it is short enough.
    #[inline]
    pub(crate) fn new(text: &str) -> Option<Self> {
        Some(Self::of_words(u8::try_from(text.len()).ok()?, words(text.as_bytes())?))
    }

    /// Returns the string of this length, in bytes, that [`words`] has packed.
    #[inline]
    pub(crate) fn of_words(length: u8, words: [u64; 3]) -> Self {
        let [first, second, third] = words.map(u64::to_le_bytes);
        let mut bytes = [0; ROOM];
        bytes[..8].copy_from_slice(&first);
        bytes[8..16].copy_from_slice(&second);
        bytes[16..].copy_from_slice(&third[..ROOM - 16]);
        Self { length, bytes }
    }

    /// Returns the string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        // The bytes are a complete copy of a string, so this never fails.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Packs bytes into words; `None` if they are more than a short string has.
///
/// Copies through registers: a copy of unknown length is a call, and reading several small writes as one word right
/// after stalls the processor. The last word may overlap the one before it.
#[inline]
pub(crate) fn words(bytes: &[u8]) -> Option<[u64; 3]> {
    /// The last eight bytes without those of the previous words.
    fn rest(bytes: &[u8], before: usize) -> Option<u64> {
        Some(u64::from_le_bytes(*bytes.last_chunk()?) >> (8 * (before + 8 - bytes.len())))
    }
    let length = bytes.len();
    let first = || Some(u64::from_le_bytes(*bytes.first_chunk()?));
    Some(match length {
        0 => [0; 3],
        1..=3 => {
            let middle = length / 2;
            let [first, middle_byte, last] = [0, middle, length - 1].map(|at| u64::from(bytes[at]));
            [first | middle_byte << (8 * middle) | last << (8 * (length - 1)), 0, 0]
        }
        4..=7 => {
            let (first, last) =
                (u32::from_le_bytes(*bytes.first_chunk()?), u32::from_le_bytes(*bytes.last_chunk()?));
            [u64::from(first) | u64::from(last) << (8 * (length - 4)), 0, 0]
        }
        8 => [first()?, 0, 0],
        9..=16 => [first()?, rest(bytes, 8)?, 0],
        17..=ROOM => [first()?, u64::from_le_bytes(*bytes[8..].first_chunk()?), rest(bytes, 16)?],
        _ => return None,
    })
}

impl fmt::Debug for InlineStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_held_and_long_ones_are_not() {
        let long = "abcdefghijklmnopqrstuv";
        for end in 0..=long.len() {
            assert_eq!(InlineStr::new(&long[..end]).unwrap().as_str(), &long[..end]);
        }
        assert_eq!(InlineStr::new("żółć").unwrap().as_str(), "żółć");
        assert_eq!(InlineStr::new("a").unwrap(), InlineStr::new(&"ab"[..1]).unwrap(), "the rest is zero");
        assert_eq!(InlineStr::new("12345678901234567890123"), None);
    }
}
