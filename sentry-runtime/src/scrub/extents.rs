//! The extent of a name before a colon, and that of the value behind it: in quotes, in brackets, or a bare word.

use super::effort;
use super::fields::{depth, end_of_marked, end_of_text};

/// The longest name, and the longest word that is judged by its letters; a longer one is a secret.
pub(super) const MAX_WORD: usize = 256;

/// Returns whether a character may be part of a name before a colon.
pub(super) fn is_part_of_name(c: char) -> bool {
    effort::count();
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '[' | ']')
}

/// The word of a name at the end of a text.
pub(super) fn word_before(text: &str) -> &str {
    let start = text.char_indices().rev().take(MAX_WORD + 1).find(|(_, c)| !is_part_of_name(*c));
    let start = start.map_or(0, |(at, c)| at + c.len_utf8());
    text[start..].trim_start_matches(['-', '.', '[', ']'])
}

/// The last but one word of a text, and the last two words, if exactly one space separates them. The first is empty if
/// there is none.
pub(super) fn two_words_before(text: &str) -> Option<(&str, &str)> {
    let last = word_before(text);
    let before = text[..text.len() - last.len()].strip_suffix(' ')?;
    let first = word_before(before);
    Some((first, &text[before.len() - first.len()..]))
}

/// Where a value without quotes ends.
pub(super) fn ends_value(c: char) -> bool {
    effort::count();
    c.is_whitespace() || matches!(c, ',' | ';' | '&' | '|' | '"' | '\'' | '`' | ')' | '}' | ']' | '>')
}

/// Returns whether nothing follows a word that would make it part of a sentence.
pub(super) fn is_alone(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.is_empty() || rest.starts_with(|c: char| c != '\'' && (ends_value(c) || c == '#'))
}

/// The inside of a text in quotes that begins here, behind the characters that may precede a quote.
pub(super) fn quoted(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = &text[start..];
    let prefix = rest.bytes().take_while(|byte| matches!(byte, b'&' | b'b' | b'r' | b'#')).take(8).count();
    let backslashes = rest[prefix..].bytes().take_while(|byte| *byte == b'\\').count();
    let quote = start + prefix + backslashes;
    match text[quote..].chars().next()? {
        '"' => {
            let inside = quote + 1;
            Some((inside, end_of_text(text, inside, depth(backslashes))))
        }
        mark @ ('\'' | '`') => {
            let inside = quote + 1;
            Some((inside, end_of_marked(text, inside, depth(backslashes), mark as u8, Some(b'\n'))?))
        }
        _ => None,
    }
}

/// Returns whether a character may be part of the path of a type.
fn is_part_of_type(c: char) -> bool {
    effort::count();
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
}

/// Behind the bracket that closes the group that begins here, perhaps with the name of a type.
pub(super) fn group(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    let ty = rest.find(|c| !is_part_of_type(c)).unwrap_or(rest.len());
    let behind = &rest[ty..];
    let is_struct = behind.starts_with(" {") && rest.starts_with(|c: char| c.is_ascii_uppercase());
    if !is_struct && !behind.starts_with(['(', '[', '{']) {
        return None;
    }
    let (mut open, mut backslashes) = (0_usize, 0_usize);
    let mut quoted: Option<usize> = None;
    for (at, byte) in text.as_bytes().iter().enumerate().skip(start) {
        effort::count();
        match (byte, quoted) {
            (b'"', None) => quoted = Some(depth(backslashes)),
            (b'"', Some(of)) if depth(backslashes) <= of => quoted = None,
            (b'{' | b'[' | b'(', None) => open += 1,
            (b'}' | b']' | b')', None) => {
                open -= 1;
                if open == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
    }
    Some(text.len())
}
