//! Values behind a name and a colon, without quotes around the name: the output of `Debug`
//! (`Login { password: "x", api_key: Some("y") }`), YAML (`password: x`), headers (`x-api-key: x`); and values wrapped
//! in a type that is named for them (`Password("x")`).
//!
//! People write colons too: `the password: prompt was shown`. What is in quotes or brackets is a value, and so is a
//! single word up to the end of the line or the next separator. The first of several words is a value only when it
//! does not look like a word: `password: hunter2 was refused`.

use std::borrow::Cow;

use super::extents::{MAX_WORD, ends_value, group, is_alone, quoted, two_words_before, word_before};
use super::fields::{is_boolean, is_number};
use super::names::is_secret;
use super::rewrite::Rewrite;
use super::wording::{is_of_statement, is_placeholder, looks_like_a_word};
use super::yaml::{block, in_mapping};
use super::{FILTERED, Scrubber, Verdict};

/// A name before a colon.
struct Label<'a> {
    name: &'a str,
    /// Whether the name is where a field would be: at the beginning of a line, or behind a bracket or separator.
    is_field: bool,
    /// Whether nothing but space or the dash of a list is before the name on its line.
    begins_line: bool,
}

impl Scrubber {
    /// Filters the values behind sensitive names and a colon.
    pub(super) fn scrub_labels<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut rewrite = Rewrite::new(text);
        let mut at = 0;
        while let Some(found) = text[at..].find([':', '(']).map(|found| at + found) {
            at = found + 1;
            let value = match text.as_bytes()[found] {
                b'(' => self.wrapped(text, found, rewrite.replaced_to()),
                // The path of an item. The last of several colons has no name before it.
                _ if text[at..].starts_with(':') => None,
                _ => self.labelled(text, found, rewrite.replaced_to()),
            };
            if let Some((start, end)) = value {
                let end = self.end_behind_names(text, start, end);
                if end > start && &text[start..end] != FILTERED {
                    rewrite.replace(start..end, FILTERED);
                }
                at = end.max(at);
            }
        }
        rewrite.finish()
    }

    /// The value of a newtype that is named for a secret. The names of errors say what is wrong with one instead.
    fn wrapped(&self, text: &str, bracket: usize, from: usize) -> Option<(usize, usize)> {
        let name = word_before(&text[from..bracket]);
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase());
        if !is_type || ERRORS.iter().any(|word| name.starts_with(word)) || !is_secret_type(name) {
            return None;
        }
        quoted(text, bracket + 1)
    }

    /// The value behind a colon, if the name before it is sensitive and the value looks like one.
    fn labelled(&self, text: &str, colon: usize, from: usize) -> Option<(usize, usize)> {
        let label = Label::before(text, colon, from)?;
        let mut name = label.name;
        let mut verdict = self.names.verdict(name);
        if verdict == Verdict::Harmless {
            // `Pass Word: x`, where neither word says it alone.
            let (first, both) = two_words_before(&text[from..colon])?;
            name = both;
            verdict = self.names.verdict(both);
            if self.names.verdict(first) == Verdict::Sensitive {
                return None;
            }
        }
        // The filter of headers recognises the kind of credential that follows.
        if verdict == Verdict::Harmless || name.ends_with("uthorization") || name.ends_with("UTHORIZATION") {
            return None;
        }
        let is_apart = text[colon + 1..].starts_with(|c: char| c.is_whitespace());
        let start =
            colon + 1 + text[colon + 1..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if let Some(inside) = quoted(text, start) {
            return Some(inside);
        }
        if let Some((inside, end)) = open_line(text, start) {
            let is_value = is_secret(name) || !text[inside..end].split(' ').all(looks_like_a_word);
            return is_value.then_some((inside, end));
        }
        if let Some(end) = group(text, start) {
            let value = &text[start..end];
            let is_harmless =
                is_boolean(value) || is_placeholder(value) || (verdict == Verdict::Count && is_number(value));
            // A longer value is not read again from the next colon inside it.
            return (!is_harmless || value.len() > MAX_WORD).then_some((start, end));
        }
        if label.begins_line
            && let Some(block) = block(text, start)
        {
            return Some(block);
        }
        self.bare(text, start, &label, verdict, is_secret(name), is_apart)
    }

    /// A value without quotes or brackets.
    fn bare(
        &self,
        text: &str,
        start: usize,
        label: &Label<'_>,
        verdict: Verdict,
        is_secret: bool,
        is_apart: bool,
    ) -> Option<(usize, usize)> {
        let rest = &text[start..];
        let end = start + rest.find(ends_value).unwrap_or(rest.len());
        let word = &text[start..end];
        let trimmed = word.trim_end_matches(['.', '!', '?']);
        if word.len() > MAX_WORD {
            return Some((start, end));
        }
        let is_label = word.ends_with(':');
        if trimmed.is_empty()
            || is_label
            || word.starts_with("//")
            || is_placeholder(word)
            || is_of_statement(trimmed)
        {
            return None;
        }
        if verdict == Verdict::Count && is_number(trimmed) {
            return None;
        }
        if label.begins_line && is_apart && in_mapping(text, start) {
            let line = rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())].trim_end();
            if is_secret || !line.split(' ').all(looks_like_a_word) {
                return Some((start, start + line.len()));
            }
        }
        let is_number = trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
        let is_word = looks_like_a_word(trimmed);
        let is_value = if !is_apart {
            // `password:x`, but not `auth:read`, `session:42`, `auth.rs:10:5`, `secrets:8080`.
            is_secret || !(is_word || is_number)
        } else if is_number && trimmed.len() <= 3 && !is_secret {
            false
        } else if is_alone(&text[end..]) {
            is_secret || label.is_field || !is_word
        } else {
            !is_word
        };
        is_value.then_some((start, start + trimmed.len()))
    }
}

impl<'a> Label<'a> {
    /// The name before a colon, in quotes of another language or in none.
    fn before(text: &'a str, colon: usize, from: usize) -> Option<Self> {
        let before = text[from..colon].trim_end_matches(['\'', '`']);
        let name = word_before(before);
        if name.is_empty() || name.len() > MAX_WORD {
            return None;
        }
        let before = before[..before.len() - name.len()].trim_end_matches(['\'', '`']);
        let indent = before.trim_end_matches([' ', '\t', '-']);
        let begins_line = match indent.chars().next_back() {
            Some(c) => c == '\n',
            None => from == 0,
        };
        let last = before.trim_end_matches([' ', '\t']).chars().next_back();
        let is_field =
            begins_line || last.is_some_and(|c| matches!(c, '{' | '[' | '(' | ',' | ';' | '&' | '|' | '"'));
        Some(Self { name, is_field, begins_line })
    }
}

/// The rest of the line behind a single quote or a backtick that begins here and is not closed on its line.
fn open_line(text: &str, start: usize) -> Option<(usize, usize)> {
    let inside = text[start..]
        .trim_start_matches(['&', 'b', 'r', '#'])
        .trim_start_matches('\\')
        .strip_prefix(['\'', '`'])?;
    let line = inside[..inside.find(['\n', '\r']).unwrap_or(inside.len())].trim_end();
    let from = text.len() - inside.len();
    Some((from, from + line.len()))
}

/// The names of errors and other things that are not the secret itself.
#[rustfmt::skip]
const ERRORS: [&str; 12] = [
    "Invalid", "Missing", "Unknown", "Expired", "Bad", "Wrong", "No", "Unsupported", "Duplicate", "Unexpected", "Empty",
    "Weak",
];

/// Returns whether a type is named for a secret.
fn is_secret_type(name: &str) -> bool {
    let is = |end: &str| name.ends_with(end);
    is_secret(name) || ["Token", "SessionId", "Jwt", "Bearer", "Secret", "ApiKey"].iter().any(|end| is(end))
}

#[cfg(test)]
mod tests;
