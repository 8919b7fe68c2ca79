//! Quotes that look as if they closed a value, but open another one: in `password='x, token='y'`, the first quote is
//! not closed. What follows such a quote belongs to a secret too, so the value goes on to the next one.

use super::Scrubber;
use super::extents::word_before;
use super::fields::{depth, end_at_mark};

impl Scrubber {
    /// Returns where a value in quotes ends that seems to end at a mark at `end`: there, or behind the values that this
    /// mark and later ones open.
    pub(super) fn end_behind_names(&self, text: &str, inside: usize, mut end: usize) -> usize {
        let mut start = inside;
        loop {
            let backslashes = text[end..].bytes().take_while(|byte| *byte == b'\\').count();
            let mark = end + backslashes;
            let Some(quote @ (b'"' | b'\'' | b'`')) = text.as_bytes().get(mark).copied() else { return end };
            let next = mark + 1;
            if ends_behind_mark(text, next) || !self.ends_with_name(&text[start..end]) {
                return end;
            }
            (start, end) = (next, end_at_mark(text, next, depth(backslashes), quote));
        }
    }

    /// Returns whether a text ends where the value of a sensitive name begins: `password=`, `"token": `, `Token(`.
    fn ends_with_name(&self, text: &str) -> bool {
        let before_escapes = text.trim_end_matches('\\');
        let before_prefix = before_escapes.trim_end_matches(['&', 'b', 'r', '#']);
        [before_escapes, before_prefix].into_iter().any(|text| {
            let trimmed = text.trim_end_matches([' ', '\t']);
            let name = match trimmed.strip_suffix("=>").or_else(|| trimmed.strip_suffix(['=', ':', '('])) {
                Some(name) => name.trim_end_matches([' ', '\t']),
                // An argument of a command.
                None if trimmed.len() < text.len() => trimmed,
                None => return false,
            };
            let is_argument = name.len() == trimmed.len();
            let name = name.trim_end_matches(['"', '\'', '`', '\\']);
            let word = word_before(name);
            let is_name = !is_argument || name[..name.len() - word.len()].ends_with('-');
            is_name && !word.is_empty() && self.is_sensitive(word)
        })
    }
}

/// Returns whether what follows a mark says that it closes a value.
fn ends_behind_mark(text: &str, next: usize) -> bool {
    let Some(next) = text[next..].chars().next() else { return true };
    next.is_whitespace() || matches!(next, ',' | ';' | ')' | ']' | '}' | '>' | '\\')
}
