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
    let mut searched = 0;
    while let Some((slashes, start)) = next_authority(text, searched) {
        let near = &text[start..boundary(text, start + MAX_USER_INFO)];
        let url = near.split(ends_url).next().unwrap_or_default();
        let len = user_info(url).or_else(|| user_info_with_marks(near)).unwrap_or(0);
        let has_password = text[start..start + len].contains(':');
        if len > 0 && (has_password || text[..slashes].ends_with(':')) {
            rewrite
                .replace(start..start + len, if has_password { "[Filtered]:[Filtered]" } else { FILTERED });
        }
        searched = start + len;
    }
    then(rewrite.finish(), scrub_user_info_of_drivers)
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

/// Returns the length of the name and the password of a user with which a URL begins behind its slashes.
fn user_info(url: &str) -> Option<usize> {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A password may contain characters that should have been escaped: then what looks like a port is not one.
    let (_, port) = authority.rsplit_once(':').filter(|_| !authority.starts_with('['))?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    url.rfind('@').filter(|_| !is_port)
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
