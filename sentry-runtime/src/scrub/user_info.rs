//! The user info of URLs: the name and the password before the host.

use std::borrow::Cow;

use super::rewrite::{Rewrite, boundary, then};
use super::{FILTERED, effort};

/// The number of bytes of a URL that are searched for its user info.
const MAX_USER_INFO: usize = 2048;

/// Filters the user info of every URL in a text: of any scheme, of none (`//user:password@host`), with slashes escaped
/// as JSON may have them, and that of the addresses that database drivers of Go take (`user:password@tcp(host)`).
pub(super) fn scrub_user_infos(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut rewrite = Rewrite::new(text);
    let mut urls = Urls { text, read: 0, ends: false, last_at: None };
    let mut searched = 0;
    while let Some((slashes, start)) = next_authority(text, searched) {
        let near = &text[start..boundary(text, start + MAX_USER_INFO)];
        let (url, last_at) = urls.at(start, near.len());
        let len = user_info(url, last_at).or_else(|| user_info_with_marks(near)).unwrap_or(0);
        let has_password = text[start..start + len].contains(':');
        if len > 0 && (has_password || text[..slashes].ends_with(':')) {
            rewrite
                .replace(start..start + len, if has_password { "[Filtered]:[Filtered]" } else { FILTERED });
        }
        searched = start + len;
    }
    then(rewrite.finish(), scrub_user_info_of_drivers)
}

/// The URLs of a text. Slashes may follow each other closely, so that the characters behind them are read once for all of
/// them: otherwise a text of slashes would be read a thousand times.
struct Urls<'a> {
    text: &'a str,
    /// Where the characters end that were read.
    read: usize,
    /// Whether the character there cannot be part of a URL.
    ends: bool,
    /// The last `@` that was read in the URL.
    last_at: Option<usize>,
}

impl<'a> Urls<'a> {
    /// Returns the URL that begins at `start`, as far as it lies within `len` bytes, and its last `@`. Each call begins
    /// behind the former one.
    fn at(&mut self, start: usize, len: usize) -> (&'a str, Option<usize>) {
        if self.read < start {
            *self = Self { text: self.text, read: start, ends: false, last_at: None };
        }
        while !self.ends && self.read < start + len {
            let Some(next) = self.text[self.read..].chars().next() else { break };
            self.ends = ends_url(next);
            if !self.ends {
                self.last_at = if next == '@' { Some(self.read) } else { self.last_at };
                self.read += next.len_utf8();
            }
        }
        (&self.text[start..self.read], self.last_at.and_then(|at| at.checked_sub(start)))
    }
}

/// Where the next slashes before an authority begin and end.
fn next_authority(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    bytes[from..].iter().enumerate().filter(|(_, byte)| **byte == b'/').find_map(|(at, _)| {
        let at = from + at;
        let rest = &bytes[at + 1..];
        if rest.starts_with(b"/") {
            return Some((at, at + 2));
        }
        let is_escaped = at > from && bytes[at - 1] == b'\\' && rest.starts_with(b"\\/");
        is_escaped.then(|| (at - 1, at + 3))
    })
}

fn scrub_user_info_of_drivers(text: &str) -> Cow<'_, str> {
    let mut rewrite = Rewrite::new(text);
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        if !["tcp(", "tcp6(", "unix("].iter().any(|network| rest.starts_with(network)) {
            continue;
        }
        let begin = text[rewrite.replaced_to()..at].rfind(ends_url);
        let start = begin.map_or(rewrite.replaced_to(), |found| {
            let found = rewrite.replaced_to() + found;
            found + text[found..].chars().next().map_or(0, char::len_utf8)
        });
        if text[start..at].contains(':') && !text[start..at].ends_with("[Filtered]") {
            rewrite.replace(start..at, "[Filtered]:[Filtered]");
        }
    }
    rewrite.finish()
}

/// Returns the length of the name and the password of a user with which a URL begins behind its slashes. Reads the URL
/// up to its next slash, thus each character for one URL only.
fn user_info(url: &str, last_at: Option<usize>) -> Option<usize> {
    let ends = |c: char| {
        effort::count();
        matches!(c, '/' | '?' | '#')
    };
    let authority = &url[..url.find(ends).unwrap_or(url.len())];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A password may contain characters that should have been escaped: then what looks like a port is not one.
    let (_, port) = authority.rsplit_once(':').filter(|_| !authority.starts_with('['))?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    last_at.filter(|_| !is_port)
}

/// The same for a password with quotes or brackets in it, which a URL may have there but which mostly end it.
fn user_info_with_marks(text: &str) -> Option<usize> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '/' | '?' | '#' | '\\');
    let authority = text.split(ends).next().unwrap_or_default();
    let at = authority.rfind('@')?;
    authority[..at].contains(':').then_some(at)
}

/// Returns whether a character cannot be part of a URL in a text.
pub(super) fn ends_url(c: char) -> bool {
    effort::count();
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_urls_are_filtered() {
        for (text, expected) in [
            ("http://ada:hunter2@h/p", "http://[Filtered]:[Filtered]@h/p"),
            ("see //ada:hunter2@h/p", "see //[Filtered]:[Filtered]@h/p"),
            ("//ada:hunter2@h", "//[Filtered]:[Filtered]@h"),
            (r"https:\/\/ada:hunter2@h\/", r"https:\/\/[Filtered]:[Filtered]@h\/"),
            (r"https:\/\/ada@h\/", r"https:\/\/[Filtered]@h\/"),
            (r"\/\/ada:hunter2@h\/", r"\/\/[Filtered]:[Filtered]@h\/"),
            ("http://ada@h", "http://[Filtered]@h"),
            ("http://a:b@c@h", "http://[Filtered]:[Filtered]@h"),
            ("pg://a:b(c)'d@h", "pg://[Filtered]:[Filtered]@h"),
            ("pg://a:b[c]{d}@h", "pg://[Filtered]:[Filtered]@h"),
            ("pg://a:x#@h", "pg://[Filtered]:[Filtered]@h"),
            ("x//y http://ada:hunter2@h", "x//y http://[Filtered]:[Filtered]@h"),
        ] {
            assert_eq!(scrub_user_infos(text), expected);
        }
        for text in [
            "see //ada@h",
            "a/b:c@d",
            r"a\/b:c@d",
            r"a\/b\c:d@e",
            "http://h/ of a:b@c",
            "http://@h",
            "http://[Filtered]@h",
        ] {
            assert_eq!(scrub_user_infos(text), text);
        }
    }

    #[test]
    fn urls_that_are_read_once_are_those_that_are_read_anew() {
        let pieces = ["//", "a", "@", ":", "/", " ", "ż", "(", "?"];
        // Texts of all orders of pieces: each number gives one.
        for mut number in 0..9_u32.pow(5) {
            let mut text = String::new();
            for _ in 0..5 {
                text.push_str(pieces[(number % 9) as usize]);
                number /= 9;
            }
            let mut urls = Urls { text: &text, read: 0, ends: false, last_at: None };
            for (slashes, _) in text.match_indices("//") {
                let near = &text[slashes + 2..boundary(&text, slashes + 2 + 4)];
                let url = near.split(ends_url).next().unwrap();
                assert_eq!(urls.at(slashes + 2, near.len()), (url, url.rfind('@')), "{text} at {slashes}");
            }
        }
    }

    #[test]
    fn users_are_looked_for_up_to_a_length() {
        let url = |len: usize| format!("see http://{}:b@h", "a".repeat(len - 2));
        assert_eq!(scrub_user_infos(&url(MAX_USER_INFO - 1)), "see http://[Filtered]:[Filtered]@h");
        assert_eq!(scrub_user_infos(&url(MAX_USER_INFO)), url(MAX_USER_INFO));
    }

    #[test]
    fn users_in_the_addresses_of_drivers_are_filtered() {
        for (text, expected) in [
            ("ada:hunter2@tcp(db:3306)/x", "[Filtered]:[Filtered]@tcp(db:3306)/x"),
            ("dsn 'ada:hunter2@unix(/s)/x'", "dsn '[Filtered]:[Filtered]@unix(/s)/x'"),
            ("dsn\u{a0}ada:hunter2@tcp6([::1])/x", "dsn\u{a0}[Filtered]:[Filtered]@tcp6([::1])/x"),
            ("a:b@tcp(h) c:d@tcp(i)", "[Filtered]:[Filtered]@tcp(h) [Filtered]:[Filtered]@tcp(i)"),
            ("a:b@tcp(hunter2:d@tcp(i)", "[Filtered]:[Filtered]@tcp([Filtered]:[Filtered]@tcp(i)"),
        ] {
            assert_eq!(scrub_user_infos(text), expected);
            assert!(matches!(scrub_user_info_of_drivers(expected), Cow::Borrowed(_)), "{expected}");
        }
        for text in ["ada@tcp(h)", "mail ada:b@c", "a:b @tcp(h)"] {
            assert!(matches!(scrub_user_infos(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
