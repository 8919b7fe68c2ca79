//! A short text that needs no allocation.

use std::fmt;

/// The longest text that fits.
const ROOM: usize = 22;

/// A text of at most 22 bytes, held in place.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct InlineStr {
    length: u8,
    bytes: [u8; ROOM],
}

impl InlineStr {
    /// Whether a text is short enough.
    #[inline]
    pub(crate) const fn fits(text: &str) -> bool {
        text.len() <= ROOM
    }

    /// The text, if it is short enough.
    #[inline]
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; ROOM];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { length: u8::try_from(text.len()).ok()?, bytes })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        // The bytes came from a text, and were copied whole.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
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
        for text in ["", "a", "żółć", "1234567890123456789012"] {
            assert_eq!(InlineStr::new(text).unwrap().as_str(), text);
        }
        assert_eq!(InlineStr::new("12345678901234567890123"), None);
    }
}
