//! A text that is rewritten piece by piece, and the pieces that may be cut.

use std::borrow::Cow;
use std::ops::Range;

/// A text that is rewritten piece by piece. Nothing is copied before the first change.
pub(super) struct Rewrite<'a> {
    text: &'a str,
    copied: usize,
    out: String,
}

impl<'a> Rewrite<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, copied: 0, out: String::new() }
    }

    /// Replaces a piece, which is not empty and lies behind all pieces replaced so far.
    pub(super) fn replace(&mut self, piece: Range<usize>, with: &str) {
        self.out.push_str(&self.text[self.copied..piece.start]);
        self.out.push_str(with);
        self.copied = piece.end;
    }

    /// Where the last replaced piece ends.
    pub(super) fn replaced_to(&self) -> usize {
        self.copied
    }

    pub(super) fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }
}

/// Applies a filter to the result of another.
pub(super) fn then<'a>(text: Cow<'a, str>, filter: impl for<'b> Fn(&'b str) -> Cow<'b, str>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => filter(text),
        Cow::Owned(text) => match filter(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(filtered) => Cow::Owned(filtered),
        },
    }
}

/// The last place up to `at` where a character begins, or the end of the text.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_several_bytes_are_not_cut() {
        for (at, expected) in [(0, 0), (1, 1), (2, 1), (3, 3), (9, 4)] {
            assert_eq!(boundary("aże", at), expected, "{at}");
        }
    }
}
