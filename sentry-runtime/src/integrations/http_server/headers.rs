//! The headers and cookies of a request and of its response, according to the option `data_collection`.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

use std::borrow::Cow;

use crate::integrations::url::{MAX_ENTRIES, kept_query};
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
        let shown =
            shows_header(behavior, name) || (name == "referer" && *behavior == CollectBehavior::Harmless);
        let value = kept_value(name, value, shown, collected.url_query_params());
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
    let pairs =
        values.iter().flat_map(|value| value.split(';')).map(|pair| kept_cookie(pair.trim(), behavior));
    let kept = pairs.filter(|pair| !pair.is_empty()).collect::<Vec<_>>().join("; ");
    (!kept.is_empty()).then(|| truncated(&kept, MAX_VALUE).into_owned())
}

/// Returns the headers and cookies of a response as attributes of its span. Names are in lower case.
pub(super) fn of_response<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    collected: Collected<'_>,
) -> Vec<(String, AttributeValue)> {
    let (behavior, cookies) = (collected.response_headers(), collected.cookies());
    let mut kept: Vec<(String, Vec<AttributeValue>)> = Vec::new();
    for (name, value) in headers.take(MAX_ENTRIES) {
        let is_cookie = name == "set-cookie";
        let value = match is_cookie {
            true if cookies.is_off() => continue,
            false if behavior.is_off() => continue,
            true => set_cookie(&String::from_utf8_lossy(value), cookies),
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
    let text = match name {
        "referer" | "location" => kept_url(&text, query),
        _ => text,
    };
    truncated(&text, MAX_VALUE).into_owned()
}

/// Returns a URL with what is collected of its query; without its fragment, unless everything is collected.
fn kept_url<'a>(url: &'a str, query: &CollectBehavior) -> Cow<'a, str> {
    if query.shows_all() {
        return Cow::Borrowed(url);
    }
    let url = url.split('#').next().unwrap_or_default();
    match url.split_once('?') {
        Some((page, _)) if *query == CollectBehavior::Harmless => Cow::Borrowed(page),
        Some((page, pairs)) => match kept_query(pairs, query) {
            Some(pairs) => Cow::Owned(format!("{page}?{pairs}")),
            None => Cow::Borrowed(page),
        },
        None => Cow::Borrowed(url),
    }
}

/// Returns a cookie with what is collected of it.
fn kept_cookie<'a>(pair: &'a str, behavior: &CollectBehavior) -> Cow<'a, str> {
    match pair.split_once('=') {
        _ if pair.is_empty() || behavior.shows_all() => Cow::Borrowed(pair),
        Some((name, _)) if behavior.shows(name) => Cow::Borrowed(pair),
        Some((name, _)) if !name.is_empty() => Cow::Owned(format!("{name}={FILTERED}")),
        // Without a name, the text is the value.
        _ => Cow::Borrowed(FILTERED),
    }
}

/// Returns the cookie that a response sets, without its attributes, such as `Path`.
fn set_cookie(value: &str, behavior: &CollectBehavior) -> String {
    let pair = value.split(';').next().unwrap_or_default().trim();
    truncated(&kept_cookie(pair, behavior), MAX_VALUE).into_owned()
}
