//! The cookies that are collected.
//!
//! [Spec, "Cookies and Query
//! Params"](https://develop.sentry.dev/sdk/foundations/client/data-collection/#sensitive-denylist)

use std::borrow::Cow;

use crate::options::{CollectBehavior, FILTERED};

/// Returns what is collected of the cookies in a `cookie` header; an empty text if there is none.
pub(super) fn kept_cookies(header: &str, behavior: &CollectBehavior) -> String {
    let pairs = header.split(';').map(|pair| kept_cookie(pair.trim(), behavior));
    pairs.filter(|pair| !pair.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Returns what is collected of the cookie in a `set-cookie` header, without its attributes, such as `Path`.
pub(super) fn kept_set_cookie<'a>(header: &'a str, behavior: &CollectBehavior) -> Cow<'a, str> {
    kept_cookie(header.split(';').next().unwrap_or_default().trim(), behavior)
}

fn kept_cookie<'a>(pair: &'a str, behavior: &CollectBehavior) -> Cow<'a, str> {
    match pair.split_once('=') {
        _ if behavior.is_off() => Cow::Borrowed(""),
        _ if pair.is_empty() || behavior.shows_all() => Cow::Borrowed(pair),
        Some((name, _)) if behavior.shows(name) => Cow::Borrowed(pair),
        Some((name, _)) if !name.is_empty() => Cow::Owned(format!("{name}={FILTERED}")),
        // Without a name, the text is the value.
        _ => Cow::Borrowed(FILTERED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cookie_is_judged_by_its_name() {
        let header = "theme=dark;lang=de; =opaque; opaque";
        for (behavior, kept) in [
            (CollectBehavior::default(), "theme=dark; lang=de; =opaque; opaque"),
            (CollectBehavior::Off, ""),
            (CollectBehavior::allow(["THEME"]), "theme=dark; lang=[Filtered]; [Filtered]; [Filtered]"),
            (CollectBehavior::deny(["theme"]), "theme=[Filtered]; lang=de; =opaque; [Filtered]"),
        ] {
            assert_eq!(kept_cookies(header, &behavior), kept, "{behavior:?}");
        }
        assert_eq!(kept_set_cookie("a=b; Path=/", &CollectBehavior::default()), "a=b");
        assert_eq!(kept_set_cookie("a=b; Path=/", &CollectBehavior::Harmless), "a=[Filtered]");
    }
}
