//! Secrets inside texts: URLs, query strings, forms, cookies, and JSON in a string.
//!
//! Each function answers with the text as it was, borrowed, where there is nothing to filter: nearly always.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::{FILTERED, Scrubber};

/// Collects the pieces of a text; nothing is copied before the first change.
pub(super) struct Rewrite<'a> {
    text: &'a str,
    copied: usize,
    out: String,
}

impl<'a> Rewrite<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, copied: 0, out: String::new() }
    }

    /// Replaces a piece that lies behind all pieces replaced before.
    pub(super) fn replace(&mut self, piece: Range<usize>, with: &str) {
        self.out.push_str(&self.text[self.copied..piece.start]);
        self.out.push_str(with);
        self.copied = piece.end;
    }

    pub(super) fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 && self.out.is_empty() {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }
}

impl Scrubber {
    /// Filters the user info and the values of sensitive query parameters of every URL in a text.
    ///
    /// `https://me:pw@host/?token=x&page=2` becomes `https://[Filtered]:[Filtered]@host/?token=[Filtered]&page=2`.
    pub(crate) fn scrub_url<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains("://") && !text.contains(['?', '#']) {
            return Cow::Borrowed(text);
        }
        // Two passes: one URL may stand in the query of another.
        let without_users = scrub_user_infos(text);
        let mut rewrite = Rewrite::new(&without_users);
        let mut start = 0;
        for chunk in without_users.split(ends_url) {
            // A fragment may carry parameters too: that is how implicit grants hand over their tokens.
            if let Some(query) = chunk.find(['?', '#']).map(|at| at + 1) {
                self.scrub_pairs(start + query, &chunk[query..], &['&', ';', '#', '?'], &mut rewrite);
            }
            start += chunk.len();
            start += without_users[start..].chars().next().map_or(0, char::len_utf8);
        }
        match rewrite.finish() {
            Cow::Owned(filtered) => Cow::Owned(filtered),
            Cow::Borrowed(_) => without_users,
        }
    }

    /// Filters any text: JSON, be it the whole or a part, and URLs.
    pub(crate) fn scrub_text<'a>(&self, text: &'a str, depth: usize) -> Cow<'a, str> {
        let fields = match self.scrub_text_json_at(text, depth) {
            Cow::Borrowed(text) => self.scrub_fields(text),
            filtered => return filtered,
        };
        match fields {
            Cow::Borrowed(text) => self.scrub_url(text),
            Cow::Owned(text) => Cow::Owned(self.scrub_url(&text).into_owned()),
        }
    }

    /// Filters the values of sensitive parameters of a query string or a form.
    pub(crate) fn scrub_query<'a>(&self, query: &'a str) -> Cow<'a, str> {
        let mut rewrite = Rewrite::new(query);
        self.scrub_pairs(0, query, &['&', ';'], &mut rewrite);
        rewrite.finish()
    }

    fn scrub_pairs(&self, mut start: usize, text: &str, separators: &[char], rewrite: &mut Rewrite<'_>) {
        for pair in text.split(separators) {
            if let Some((name, value)) = pair.split_once('=')
                && !value.is_empty()
                && self.is_sensitive(&percent_decoded(name))
            {
                rewrite.replace(start + name.len() + 1..start + pair.len(), FILTERED);
            }
            start += pair.len() + 1;
        }
    }

    /// Filters the values of sensitive cookies of a `Cookie` or `Set-Cookie` header. What is no pair of name and
    /// value cannot be judged and is filtered whole.
    pub(crate) fn scrub_cookies<'a>(&self, header: &'a str) -> Cow<'a, str> {
        let mut rewrite = Rewrite::new(header);
        let mut start = 0;
        for piece in header.split(';') {
            let inner = piece.trim();
            let begin = start + (piece.len() - piece.trim_start().len());
            let is_flag =
                ["httponly", "secure", "partitioned"].iter().any(|flag| inner.eq_ignore_ascii_case(flag));
            match inner.split_once('=') {
                Some((name, value)) if !value.is_empty() && self.is_sensitive(name) => {
                    rewrite.replace(begin + name.len() + 1..begin + inner.len(), FILTERED);
                }
                None if !inner.is_empty() && !is_flag => {
                    rewrite.replace(begin..begin + inner.len(), FILTERED)
                }
                _ => {}
            }
            start += piece.len() + 1;
        }
        rewrite.finish()
    }

    /// Filters a text that itself is a JSON object, or an array of objects. One that looks like it, mentions a
    /// sensitive name and cannot be read, because it was cut for example, is filtered whole.
    pub(crate) fn scrub_text_json<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.scrub_text_json_at(text, 0)
    }

    pub(super) fn scrub_text_json_at<'a>(&self, text: &'a str, depth: usize) -> Cow<'a, str> {
        if !looks_like_json(text) {
            return Cow::Borrowed(text);
        }
        // A name may be written with escapes; only a parser can tell.
        let mentions = self.is_sensitive(text);
        if !(mentions || text.contains("\\u")) {
            return Cow::Borrowed(text);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                if self.scrub_value_at(&mut value, depth + 1) {
                    Cow::Owned(value.to_string())
                } else {
                    Cow::Borrowed(text)
                }
            }
            Err(_) if mentions => Cow::Owned(FILTERED.to_owned()),
            Err(_) => Cow::Borrowed(text),
        }
    }

    /// Filters the body of a request: JSON or a form. Any other that mentions a sensitive name is filtered whole.
    pub(crate) fn scrub_body<'a>(&self, body: &'a str) -> Cow<'a, str> {
        if looks_like_json(body) {
            return self.scrub_text_json(body);
        }
        let is_form = body.contains('=') && !body.contains([' ', '\n', '\t', '<', '{']);
        if is_form {
            return self.scrub_query(body);
        }
        if self.is_sensitive(body) { Cow::Owned(FILTERED.to_owned()) } else { Cow::Borrowed(body) }
    }
}

/// Filters the user info of every URL in a text.
fn scrub_user_infos(text: &str) -> Cow<'_, str> {
    let mut rewrite = Rewrite::new(text);
    let mut searched = 0;
    while let Some(start) = text[searched..].find("://").map(|at| searched + at + 3) {
        let url = text[start..].split(ends_url).next().unwrap_or_default();
        let len = user_info(url).or_else(|| user_info_with_marks(&text[start..])).unwrap_or(0);
        if len > 0 {
            let has_password = text[start..start + len].contains(':');
            rewrite
                .replace(start..start + len, if has_password { "[Filtered]:[Filtered]" } else { FILTERED });
        }
        searched = start + len;
    }
    rewrite.finish()
}

/// How much of a URL behind `://` is the name and the password of a user.
fn user_info(url: &str) -> Option<usize> {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A password may contain what should have been escaped: then what looks like a port is none.
    let (_, port) = authority.rsplit_once(':').filter(|_| !authority.starts_with('['))?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    url.rfind('@').filter(|_| !is_port)
}

/// The same of a password with quotes or brackets in it: a URL may have them there, where a text mostly ends it.
fn user_info_with_marks(text: &str) -> Option<usize> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '/' | '?' | '#' | '\\');
    let authority = text.split(ends).next().unwrap_or_default();
    let at = authority.rfind('@')?;
    authority[..at].contains(':').then_some(at)
}

/// Whether a character cannot be part of a URL in a text.
fn ends_url(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '`')
}

fn looks_like_json(text: &str) -> bool {
    let mut bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    match bytes.next() {
        Some(b'{') => bytes.next() == Some(b'"'),
        // A list of texts has no names, and a log line may well begin with `["`.
        Some(b'[') => matches!(bytes.next(), Some(b'{' | b'[')),
        _ => false,
    }
}

/// The name of a parameter as the server reads it, so that `p%61ssword` does not slip through.
fn percent_decoded(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes
            .get(at + 1..at + 3)
            .filter(|code| bytes[at] == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let decoded = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        out.push(decoded.unwrap_or(bytes[at]));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_user_info_and_sensitive_parameters() {
        let scrubber = Scrubber::new(&[]);
        let cases = [
            (
                "https://me:pw@host/p?token=x&page=2#top",
                "https://[Filtered]:[Filtered]@host/p?token=[Filtered]&page=2#top",
            ),
            ("redis://me@host", "redis://[Filtered]@host"),
            (
                "http://h/?next=http://u:p@x/&key=1",
                "http://h/?next=http://[Filtered]:[Filtered]@x/&key=[Filtered]",
            ),
            ("http://u:p@h,http://v:q@i", "http://[Filtered]:[Filtered]@h,http://[Filtered]:[Filtered]@i"),
            ("pg://u:p/w?x@host:1/db?a=1&pwd=2", "pg://[Filtered]:[Filtered]@host:1/db?a=1&pwd=[Filtered]"),
            ("pg://u:p(1)'x@host/db", "pg://[Filtered]:[Filtered]@host/db"),
            ("/p?user[password]=x&p%61sswd=y&key=", "/p?user[password]=[Filtered]&p%61sswd=[Filtered]&key="),
            ("https://h/cb#access_token=abc&state=1", "https://h/cb#access_token=[Filtered]&state=1"),
            (
                "GET http://a/?jwt=1 then (http://b:c@d/?x=@&sid=żó)",
                "GET http://a/?jwt=[Filtered] then (http://[Filtered]:[Filtered]@d/?x=@&sid=[Filtered])",
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(scrubber.scrub_url(url), expected);
        }
        for url in [
            "https://host/?page=2",
            "no url at all?",
            "a://",
            "http://h:80/@scope/x",
            "http://[::1]:80/@x",
            "?",
            "#=",
            "mail me@host",
            "(http://h:80) of me@host",
            "see 'http://h' or me@host",
        ] {
            assert!(matches!(scrubber.scrub_url(url), Cow::Borrowed(same) if same == url), "{url}");
        }
    }

    #[test]
    fn cookies_are_filtered_by_name_and_whole_when_they_have_none() {
        let scrubber = Scrubber::new(&[]);
        assert_eq!(
            scrubber.scrub_cookies("user_session=abc; theme=dark-mode"),
            "user_session=[Filtered]; theme=dark-mode"
        );
        assert_eq!(scrubber.scrub_cookies("opaque"), "[Filtered]");
        assert_eq!(scrubber.scrub_cookies("sid=1; Path=/; HttpOnly"), "sid=[Filtered]; Path=/; HttpOnly");
    }

    #[test]
    fn json_in_a_text_is_filtered_inside() {
        let scrubber = Scrubber::new(&[]);
        assert_eq!(
            scrubber.scrub_text_json(r#" {"a":1,"password":"x"}"#),
            r#"{"a":1,"password":"[Filtered]"}"#
        );
        assert_eq!(scrubber.scrub_text_json(r#"[{"token":"x"}]"#), r#"[{"token":"[Filtered]"}]"#);
        assert_eq!(scrubber.scrub_text_json(r#"{"password":"hunter2","x":"#), "[Filtered]");
        assert_eq!(scrubber.scrub_text_json(r#"{"p\u0061ssword":"x"}"#), r#"{"password":"[Filtered]"}"#);
        for text in ["[worker] token refreshed", r#"{"b": 1,  "a":2}"#, r#"{"monkey":"#] {
            assert!(matches!(scrubber.scrub_text_json(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn bodies_are_json_forms_or_opaque() {
        let scrubber = Scrubber::new(&[]);
        assert_eq!(scrubber.scrub_body("name=Joe&password=x"), "name=Joe&password=[Filtered]");
        assert_eq!(scrubber.scrub_body(r#"{"password":"x"}"#), r#"{"password":"[Filtered]"}"#);
        assert_eq!(scrubber.scrub_body("my password is x"), "[Filtered]");
        assert_eq!(scrubber.scrub_body("hello there"), "hello there");
    }
}
