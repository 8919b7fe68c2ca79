//! Secrets in what a person wrote for a person: behind `name=`, and behind the words before a credential.

use std::borrow::Cow;

use super::text::Rewrite;
use super::{FILTERED, Scrubber};

impl Scrubber {
    /// Filters what a person wrote for a person: JSON, URLs, and beyond them the values of `name=value` and what
    /// follows `Bearer` and `Basic`.
    pub(crate) fn scrub_message<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.scrub_text(text, 0) {
            Cow::Borrowed(text) => self.scrub_words(text),
            Cow::Owned(text) => Cow::Owned(self.scrub_words(&text).into_owned()),
        }
    }

    fn scrub_words<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains('=') && !CREDENTIALS.iter().chain(&HEADER).any(|word| text.contains(word)) {
            return Cow::Borrowed(text);
        }
        let mut rewrite = Rewrite::new(text);
        let mut at = 0;
        while let Some(start) = text[at..].find(|c: char| !ends_pair(c)).map(|found| at + found) {
            let end = text[start..].find(ends_pair).map_or(text.len(), |found| start + found);
            at = end;
            let word = &text[start..end];
            if is_announcement(word) || is_header(word) {
                let (mut next, mut value) = value_behind(text, end);
                if is_header(word) && is_scheme(&text[next..value]) {
                    (next, value) = value_behind(text, value);
                }
                let credential = &text[next..value];
                let has_name = credential.split_once('=').is_some_and(|(name, _)| self.is_sensitive(name));
                if has_name || is_announcement(credential) {
                    // It is no credential, but says where one stands.
                    at = next;
                    continue;
                }
                if value > next && credential != FILTERED {
                    rewrite.replace(next..value, FILTERED);
                }
                at = value.max(end);
            } else if let Some(sign) = word.find('=')
                && !word.contains("://")
                && self.is_sensitive(&word[..sign])
            {
                let value = start + sign + 1;
                let (from, to) = quoted(text, value).unwrap_or_else(|| {
                    (value, text[value..end].find(ends_value).map_or(end, |found| value + found))
                });
                if to > from && &text[from..to] != FILTERED {
                    rewrite.replace(from..to, FILTERED);
                }
                at = to.max(end);
            }
        }
        rewrite.finish()
    }
}

/// The words before a credential.
const CREDENTIALS: [&str; 2] = ["Bearer", "Basic"];

/// How the name of the header ends that holds one, in either case.
const HEADER: [&str; 2] = ["uthorization:", "UTHORIZATION:"];

/// Whether a word is the name of a header with a credential.
fn is_header(word: &str) -> bool {
    HEADER.iter().any(|name| word.ends_with(name))
}

/// Whether a word behind that says what kind of credential follows; headers are written in any case.
fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "digest", "negotiate", "token", "apikey"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Where the value stands that follows behind some space.
fn value_behind(text: &str, end: usize) -> (usize, usize) {
    let next = text[end..].find(|c: char| !c.is_whitespace()).map_or(text.len(), |found| end + found);
    (next, text[next..].find(ends_value).map_or(text.len(), |found| next + found))
}

fn is_announcement(word: &str) -> bool {
    CREDENTIALS.iter().any(|credential| word.ends_with(credential))
}

/// What stands between pairs of name and value in a text: words, the fields of a form, of a connection string.
fn ends_pair(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '&')
}

/// Where a value that stands in a text ends.
fn ends_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | ')' | '}')
}

/// The inside of a value in quotes that begins here.
fn quoted(text: &str, start: usize) -> Option<(usize, usize)> {
    let quote = text[start..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = start + 1;
    let len = text[inside..].find(quote).unwrap_or(text.len() - inside);
    Some((inside, inside + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_what_stands_behind_a_sensitive_name() {
        let scrubber = Scrubber::new(&[]);
        for (text, expected) in [
            ("login failed password=x, user=ada", "login failed password=[Filtered], user=ada"),
            ("pwd='a b' then token=\"c\"", "pwd='[Filtered]' then token=\"[Filtered]\""),
            ("posted user=ada&password=x&page=2", "posted user=ada&password=[Filtered]&page=2"),
            (
                "Server=db;User Id=sa;Password=x;Timeout=5",
                "Server=db;User Id=sa;Password=[Filtered];Timeout=5",
            ),
            (
                "at http://h/?a=1&key=2&b=3, user=ada,pwd=x",
                "at http://h/?a=1&key=[Filtered]&b=3, user=ada,pwd=[Filtered]",
            ),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [Filtered]"),
            ("authorization: bearer abc.def, accept: */*", "authorization: bearer [Filtered], accept: */*"),
            ("got PROXY-AUTHORIZATION: abc", "got PROXY-AUTHORIZATION: [Filtered]"),
            ("Bearer Basic abc=", "Bearer Basic [Filtered]"),
            ("Bearer password='a b'", "Bearer password='[Filtered]'"),
            (
                r#"posted {"password":"x"} to http://h/?key=1 with pwd=y"#,
                r#"posted {"password":"[Filtered]"} to http://h/?key=[Filtered] with pwd=[Filtered]"#,
            ),
        ] {
            assert_eq!(scrubber.scrub_message(text), expected);
        }
        for text in ["a = b", "x=1 monkey=2", "the bearer of this", "Bearer", "password="] {
            assert!(matches!(scrubber.scrub_message(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
