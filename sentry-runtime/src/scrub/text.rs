//! Secrets inside texts: URLs, query strings, forms, cookies, and JSON in a string.
//!
//! Each function returns the text unchanged and borrowed when it holds no secret, which is nearly always the case.

use std::borrow::Cow;

use serde_json::Value;

use super::rewrite::{Rewrite, then};
use super::user_info::{ends_url, scrub_user_infos};
use super::{FILTERED, Scrubber, shapes};

impl Scrubber {
    /// Filters the user info and the values of sensitive query parameters of every URL in a text.
    ///
    /// `https://me:pw@host/?token=x&page=2` becomes `https://[Filtered]:[Filtered]@host/?token=[Filtered]&page=2`.
    pub(crate) fn scrub_url<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains(['/', '@', '?', '#']) {
            return Cow::Borrowed(text);
        }
        // Two passes, because one URL may be part of the query of another.
        let without_users = scrub_user_infos(text);
        let mut rewrite = Rewrite::new(&without_users);
        let mut start = 0;
        for chunk in without_users.split(ends_url) {
            // A fragment may carry parameters too: implicit grants hand over their tokens in it.
            if let Some(query) = chunk.find(['?', '#']) {
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

    /// Filters any text. This is the one filter that every text passes before it leaves the process: it finds JSON
    /// (whole or in part), the output of `Debug`, YAML, `name=value`, arguments of commands, credentials in headers,
    /// URLs, private keys and card numbers.
    pub(crate) fn scrub_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.scrub_text_at(text, 0)
    }

    /// Like [`scrub_text`](Self::scrub_text), for a text at this depth of a value.
    pub(super) fn scrub_text_at<'a>(&self, text: &'a str, depth: usize) -> Cow<'a, str> {
        // What is harmless in a shallow place may be too deep in another one.
        if depth > 0 {
            return self.scrub_new_text(text, depth);
        }
        if self.memory.is_harmless(text) {
            return Cow::Borrowed(text);
        }
        let filtered = self.scrub_new_text(text, depth);
        if matches!(filtered, Cow::Borrowed(_)) {
            self.memory.keep_harmless(text);
        }
        filtered
    }

    fn scrub_new_text<'a>(&self, text: &'a str, depth: usize) -> Cow<'a, str> {
        if let filtered @ Cow::Owned(_) = self.scrub_text_json(text, depth) {
            return filtered;
        }
        let text = shapes::scrub_private_keys(text);
        // Before the labels, which take the first group of digits for the whole value.
        let text = then(text, shapes::scrub_card_numbers);
        let text = then(text, |text| self.scrub_fields(text));
        let text = then(text, |text| self.scrub_labels(text));
        let text = then(text, |text| self.scrub_elements(text));
        let text = then(text, |text| self.scrub_words(text));
        then(text, |text| self.scrub_url(text))
    }

    /// Filters a line of source code, which is full of sensitive names and rarely of secrets.
    pub(crate) fn scrub_source<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let line = then(shapes::scrub_private_keys(line), scrub_user_infos);
        then(line, shapes::scrub_card_numbers)
    }

    /// Filters the values of sensitive parameters of a query string or a form.
    pub(crate) fn scrub_query<'a>(&self, query: &'a str) -> Cow<'a, str> {
        let mut rewrite = Rewrite::new(query);
        self.scrub_pairs(0, query, &['&', ';'], &mut rewrite);
        let query = then(rewrite.finish(), scrub_user_infos);
        then(query, shapes::scrub_card_numbers)
    }

    fn scrub_pairs(&self, mut start: usize, text: &str, separators: &[char], rewrite: &mut Rewrite<'_>) {
        for pair in text.split(separators) {
            if let Some((name, value)) = pair.split_once('=')
                && !value.is_empty()
                && value != FILTERED
                && (self.is_sensitive_parameter(&percent_decoded(name)) || self.hides_secret(value))
            {
                rewrite.replace(start + name.len() + 1..start + pair.len(), FILTERED);
            }
            start += pair.len() + 1;
        }
    }

    /// Returns whether a parameter is sensitive: beyond what is sensitive anywhere, the signature of a URL, with which
    /// whoever reads it may use the URL.
    fn is_sensitive_parameter(&self, name: &str) -> bool {
        let last = name.rsplit('-').next().unwrap_or(name);
        last.eq_ignore_ascii_case("sig") || last.eq_ignore_ascii_case("signature") || self.is_sensitive(name)
    }

    /// Returns whether a percent-encoded value holds a secret: a URL with a password, a form with a sensitive field, a key.
    /// It is decoded once; deeper encodings are not looked into.
    fn hides_secret(&self, value: &str) -> bool {
        if !value.contains('%') {
            return false;
        }
        let decoded = percent_decoded(value);
        let is_sensitive = |pair: &str| {
            pair.split_once('=').is_some_and(|(name, value)| !value.is_empty() && self.is_sensitive(name))
        };
        matches!(scrub_user_infos(&decoded), Cow::Owned(_))
            || matches!(shapes::scrub_card_numbers(&decoded), Cow::Owned(_))
            || matches!(self.scrub_fields(&decoded), Cow::Owned(_))
            || decoded.split(['&', ';', '?', '#']).any(is_sensitive)
    }

    /// Filters the values of query parameters of every URL in a text, except those that are kept by their name.
    pub(crate) fn scrub_query_values<'a>(&self, text: &'a str) -> Cow<'a, str> {
        without_query_values(text, |name| {
            self.keeps_query_value.as_ref().is_some_and(|keeps| (keeps.0)(name))
        })
    }

    /// Filters the values of sensitive cookies in a `Cookie` or `Set-Cookie` header. A cookie without a name cannot be
    /// judged and is filtered whole.
    pub(crate) fn scrub_cookies<'a>(&self, header: &'a str) -> Cow<'a, str> {
        let mut rewrite = Rewrite::new(header);
        let mut start = 0;
        for piece in header.split(';') {
            let inner = piece.trim();
            let begin = start + (piece.len() - piece.trim_start().len());
            let is_flag =
                ["httponly", "secure", "partitioned"].iter().any(|flag| inner.eq_ignore_ascii_case(flag));
            match inner.split_once('=') {
                Some((name, value))
                    if !value.is_empty() && (self.is_sensitive(name) || is_secret_cookie(name)) =>
                {
                    rewrite.replace(begin + name.len() + 1..begin + inner.len(), FILTERED);
                }
                None if !inner.is_empty() && !is_flag => {
                    rewrite.replace(begin..begin + inner.len(), FILTERED)
                }
                _ => {}
            }
            start += piece.len() + 1;
        }
        then(rewrite.finish(), shapes::scrub_card_numbers)
    }

    /// Filters a text that is a JSON object or an array of objects or lists. A text that looks like one, mentions a
    /// sensitive name and cannot be read, for example because it was cut, is filtered whole.
    pub(super) fn scrub_text_json<'a>(&self, text: &'a str, depth: usize) -> Cow<'a, str> {
        if !looks_like_json(text) {
            return Cow::Borrowed(text);
        }
        let mentions = self.is_sensitive(text);
        match serde_json::from_slice::<Value>(text.as_bytes()) {
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

    /// Filters the body of a request: JSON or a form. Any other body that mentions a sensitive name is filtered whole.
    pub(crate) fn scrub_body<'a>(&self, body: &'a str) -> Cow<'a, str> {
        if looks_like_json(body) {
            return self.scrub_text(body);
        }
        let is_form = body.contains('=') && !body.contains([' ', '\n', '\t', '<', '{']);
        if is_form {
            return self.scrub_query(body);
        }
        if self.is_sensitive(body) { Cow::Owned(FILTERED.to_owned()) } else { self.scrub_text(body) }
    }
}

/// Parts of the names of cookies that hold secrets of frameworks, identity providers and load balancers. Other values with
/// such names are harmless. The list is that of the JavaScript SDK.
#[rustfmt::skip]
const SECRET_COOKIES: [&str; 14] = [
    "remember", "oidc", "pkce", "nonce", "__secure-", "__host-", "awsalb", "awselb", "akamai", "__stripe", "cognito",
    "firebase", "supabase", "sb-",
];

/// Returns whether a cookie holds a secret although its name says so to those only who know who sets it.
fn is_secret_cookie(name: &str) -> bool {
    let contains = |part: &&str| {
        name.as_bytes().windows(part.len()).any(|piece| piece.eq_ignore_ascii_case(part.as_bytes()))
    };
    ["symfony", "sudo", "su"].iter().any(|cookie| name.eq_ignore_ascii_case(cookie))
        || SECRET_COOKIES.iter().any(contains)
}

/// Filters the values of query parameters of every URL in a text, except those whose name is kept. What names a URL may
/// be sent without personal data being allowed; what a user typed into it may not.
pub(crate) fn without_query_values(text: &str, keeps: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let mut rewrite = Rewrite::new(text);
    let mut searched = 0;
    while let Some(start) = text[searched..].find("://").map(|at| searched + at + 3) {
        let end = text[start..].find(ends_url).map_or(text.len(), |len| start + len);
        searched = end;
        let Some(query) = text[start..end].find('?').map(|at| start + at + 1) else { continue };
        let mut at = query;
        for pair in text[query..end].split(['&', '#']) {
            let name = pair.split_once('=').map(|(name, _)| name);
            let value = name.map_or(at, |name| at + name.len() + 1);
            let is_kept = keeps(&percent_decoded(name.unwrap_or(pair)));
            at += pair.len();
            // The end of the sentence does not belong to the URL.
            let to = value + text[value..at].trim_end_matches([',', '.', ':', ';', '!']).len();
            if to > value && !is_kept && &text[value..to] != FILTERED {
                rewrite.replace(value..to, FILTERED);
            }
            at += 1;
        }
    }
    rewrite.finish()
}

fn looks_like_json(text: &str) -> bool {
    let mut bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    match bytes.next() {
        Some(b'{') => bytes.next() == Some(b'"'),
        // A list of texts has no names, and a log line may begin with `["`.
        Some(b'[') => matches!(bytes.next(), Some(b'{' | b'[')),
        _ => false,
    }
}

/// Decodes a parameter as the server does, so that `p%61ssword` does not slip through.
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
mod tests;
