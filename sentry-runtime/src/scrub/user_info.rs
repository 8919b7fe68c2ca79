//! The user info of URLs: the name and the password before the host.

use std::borrow::Cow;

use super::FILTERED;
use super::text::{Rewrite, boundary, ends_url, then};

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
