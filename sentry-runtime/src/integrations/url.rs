//! The recorded parts of a URL, for incoming and outgoing requests.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

use crate::protocol::limits::truncated;

pub(super) const FILTERED: &str = "[Filtered]";
/// The maximum number of headers and query parameters.
pub(super) const MAX_ENTRIES: usize = 64;
/// The maximum length of a path, and of a query string.
pub(super) const MAX_PATH: usize = 2048;

/// Returns a query string; without its values, unless `pii` allows them.
pub(super) fn kept_query(query: &str, pii: bool) -> String {
    if pii {
        return truncated(query, MAX_PATH).into_owned();
    }
    let pairs = query.split('&').take(MAX_ENTRIES).filter(|pair| !pair.is_empty());
    let names = pairs.map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{}={FILTERED}", truncated(name, 64)),
        // A lone word may be a name or a value.
        None => FILTERED.to_owned(),
    });
    names.collect::<Vec<_>>().join("&")
}
