//! The URL of a request: what the filter puts in it has to be valid there.
//!
//! Servers parse this URL to find its query. Brackets in its authority are those of an IPv6 address, so that a parser
//! such as Python's `urlsplit` refuses `https://[Filtered]:[Filtered]@host/?page=2` as a whole.
//!
//! [RFC 3986, "User Information"](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1)

use std::borrow::Cow;

use super::FILTERED;

/// [`FILTERED`], percent-encoded.
const ENCODED: &str = "%5BFiltered%5D";

/// Returns the URL with percent-encoded marks in its user information.
pub(super) fn with_valid_user_info(url: &str) -> Cow<'_, str> {
    let start = url.find("//").map_or(0, |slashes| slashes + 2);
    let authority = url[start..].split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@').filter(|(user, _)| user.contains(FILTERED)) else {
        return Cow::Borrowed(url);
    };
    let user_end = start + user.len();
    Cow::Owned(format!("{}{}{}", &url[..start], user.replace(FILTERED, ENCODED), &url[user_end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_user_information_changes() {
        for (url, valid) in [
            (
                "https://[Filtered]:[Filtered]@h:1/p?a=[Filtered]",
                "https://%5BFiltered%5D:%5BFiltered%5D@h:1/p?a=[Filtered]",
            ),
            ("//[Filtered]@h?a=@", "//%5BFiltered%5D@h?a=@"),
            ("https://[::1]/p?to=[Filtered]@h", "https://[::1]/p?to=[Filtered]@h"),
            ("/p?token=[Filtered]", "/p?token=[Filtered]"),
            ("[Filtered]", "[Filtered]"),
            ("", ""),
        ] {
            assert_eq!(with_valid_user_info(url), valid);
            assert_eq!(with_valid_user_info(valid), valid);
        }
    }
}
