//! The recorded parts of a URL, for incoming and outgoing requests.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::options::{CollectBehavior, FILTERED};
use crate::protocol::limits::truncated;

/// The maximum number of headers and query parameters.
pub(super) const MAX_ENTRIES: usize = 64;
/// The maximum length of a path, and of a query string.
pub(super) const MAX_PATH: usize = 2048;

/// Returns what is collected of a query string.
pub(super) fn kept_query(query: &str, behavior: &CollectBehavior) -> Option<String> {
    if behavior.is_off() || query.is_empty() {
        return None;
    }
    if behavior.shows_all() {
        return Some(truncated(query, MAX_PATH).into_owned());
    }
    let pairs = query.split('&').take(MAX_ENTRIES).filter(|pair| !pair.is_empty());
    let kept = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        let shown = behavior.shows(&percent_decode_str(name).decode_utf8_lossy());
        match value {
            _ if shown => truncated(pair, MAX_PATH),
            Some(_) => Cow::Owned(format!("{}={FILTERED}", truncated(name, 64))),
            // A lone word may be a name or a value.
            None => Cow::Borrowed(FILTERED),
        }
    });
    let kept = kept.collect::<Vec<_>>().join("&");
    Some(truncated(&kept, MAX_PATH).into_owned())
}

/// Returns whether the value of a header is a URL. The name is in lower case.
#[cfg(any(feature = "_http-server", feature = "_foreign"))]
pub(super) fn is_header_with_url(name: &str) -> bool {
    // Proxies write the URL of the request into those with `x-`.
    matches!(
        name,
        "referer"
            | "location"
            | "content-location"
            | "x-forwarded-uri"
            | "x-original-uri"
            | "x-original-url"
            | "x-rewrite-url"
    )
}

/// Returns a URL with what is collected of its query; without its fragment, unless everything is collected.
#[cfg(any(feature = "_http-server", feature = "_foreign"))]
pub(super) fn kept_url<'a>(url: &'a str, query: &CollectBehavior) -> Cow<'a, str> {
    if query.shows_all() {
        return Cow::Borrowed(url);
    }
    let url = url.split('#').next().unwrap_or_default();
    match url.split_once('?') {
        Some((page, pairs)) => match kept_query(pairs, query) {
            Some(pairs) => Cow::Owned(format!("{page}?{pairs}")),
            None => Cow::Borrowed(page),
        },
        None => Cow::Borrowed(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behavior_shows_what_it_says() {
        let query = "page=2&q=ada&x%2Duser=7&lone&&";
        for (behavior, kept) in [
            (CollectBehavior::default(), Some(query)),
            (CollectBehavior::Off, None),
            (CollectBehavior::Harmless, Some("page=[Filtered]&q=[Filtered]&x%2Duser=[Filtered]&[Filtered]")),
            (CollectBehavior::allow(["PAGE"]), Some("page=2&q=[Filtered]&x%2Duser=[Filtered]&[Filtered]")),
            (CollectBehavior::deny(["-user", "lo"]), Some("page=2&q=ada&x%2Duser=[Filtered]&[Filtered]")),
        ] {
            assert_eq!(kept_query(query, &behavior).as_deref(), kept, "{behavior:?}");
        }
        assert_eq!(kept_query("", &CollectBehavior::default()), None);
    }

    #[test]
    #[cfg(any(feature = "_http-server", feature = "_foreign"))]
    fn a_url_has_its_query_as_the_behavior_says() {
        let url = "https://shop.example/a?page=2&q=ada#part";
        for (behavior, kept) in [
            (CollectBehavior::default(), url),
            (CollectBehavior::Off, "https://shop.example/a"),
            (CollectBehavior::Harmless, "https://shop.example/a?page=[Filtered]&q=[Filtered]"),
            (CollectBehavior::allow(["page"]), "https://shop.example/a?page=2&q=[Filtered]"),
        ] {
            assert_eq!(kept_url(url, &behavior), kept, "{behavior:?}");
        }
        assert_eq!(kept_url("/a#part", &CollectBehavior::Off), "/a");
    }

    #[test]
    fn a_long_query_is_cut() {
        let query = format!("{}=1&", "a".repeat(100_000)).repeat(200);
        for behavior in [CollectBehavior::default(), CollectBehavior::Harmless, CollectBehavior::deny(["b"])]
        {
            assert!(kept_query(&query, &behavior).is_some_and(|kept| kept.len() <= MAX_PATH + 3));
        }
    }
}
