//! The headers and cookies of a request and of its response, according to the option `data_collection`.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

use crate::integrations::cookies::{kept_cookies, kept_set_cookie};
use crate::integrations::url::{MAX_ENTRIES, is_header_with_url, kept_url};
use crate::options::{CollectBehavior, Collected, FILTERED, shows_header};
use crate::protocol::limits::truncated;
use crate::protocol::{AttributeValue, Map};

/// The maximum length of each value.
pub(super) const MAX_VALUE: usize = 1024;

/// Returns the headers of a request, without cookies, which have a field of their own. Names are in lower case.
pub(super) fn of_request(headers: &[(&str, &[u8])], collected: Collected<'_>) -> Map<String, String> {
    let behavior = collected.request_headers();
    let mut kept: Map<String, String> = Map::new();
    if behavior.is_off() {
        return kept;
    }
    for &(name, value) in headers.iter().take(MAX_ENTRIES).filter(|(name, _)| *name != "cookie") {
        // Without its query, the page from which a request came shows nothing about the sender.
        let is_page = name == "referer" && *behavior == CollectBehavior::Harmless;
        let query = if is_page { &CollectBehavior::Off } else { collected.url_query_params() };
        let value = kept_value(name, value, is_page || shows_header(behavior, name), query);
        match kept.get_mut(name) {
            Some(known) if known == FILTERED => {}
            Some(known) => *known = truncated(&format!("{known}, {value}"), MAX_VALUE).into_owned(),
            None => drop(kept.insert(name.to_owned(), value)),
        }
    }
    kept
}

/// Returns all cookies of a request: HTTP/2 may spread them over several headers.
pub(super) fn cookies_of_request(headers: &[(&str, &[u8])], behavior: &CollectBehavior) -> Option<String> {
    if behavior.is_off() {
        return None;
    }
    let of_cookies = headers.iter().take(MAX_ENTRIES).filter(|(name, _)| *name == "cookie");
    let values: Vec<_> = of_cookies.filter_map(|(_, value)| std::str::from_utf8(value).ok()).collect();
    let kept = kept_cookies(&values.join(";"), behavior);
    (!kept.is_empty()).then(|| truncated(&kept, MAX_VALUE).into_owned())
}

/// Returns the headers and cookies of a response as attributes of its span. Names are in lower case.
pub(super) fn of_response<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    collected: Collected<'_>,
) -> Vec<(String, AttributeValue)> {
    let (behavior, cookies) = (collected.response_headers(), collected.cookies());
    let mut kept: Vec<(String, Vec<AttributeValue>)> = Vec::new();
    if behavior.is_off() && cookies.is_off() {
        return Vec::new();
    }
    for (name, value) in headers.take(MAX_ENTRIES) {
        let is_cookie = name == "set-cookie";
        let value = match is_cookie {
            true if cookies.is_off() => continue,
            false if behavior.is_off() => continue,
            true => {
                let text = String::from_utf8_lossy(value);
                truncated(&kept_set_cookie(&text, cookies), MAX_VALUE).into_owned()
            }
            false => kept_value(name, value, behavior.shows(name), collected.url_query_params()),
        };
        let key = format!("http.response.header.{name}");
        match kept.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value.into()),
            None => kept.push((key, vec![value.into()])),
        }
    }
    kept.into_iter().map(|(key, values)| (key, AttributeValue::Array(values.into()))).collect()
}

fn kept_value(name: &str, value: &[u8], shown: bool, query: &CollectBehavior) -> String {
    if !shown {
        return FILTERED.to_owned();
    }
    let text = String::from_utf8_lossy(value);
    let text = if is_header_with_url(name) { kept_url(&text, query) } else { text };
    truncated(&text, MAX_VALUE).into_owned()
}
