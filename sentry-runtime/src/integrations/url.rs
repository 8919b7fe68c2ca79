//! What is kept of a URL, whether it came in or went out.
//!
//! Spec: `foundations/client/data-collection/index.mdx`.

use crate::protocol::limits::truncated;

pub(super) const FILTERED: &str = "[Filtered]";
/// How many headers and query parameters are kept.
pub(super) const MAX_ENTRIES: usize = 64;
/// How much is kept of a path, and of a query string.
pub(super) const MAX_PATH: usize = 2048;

/// A query string, without its values unless they may be told.
pub(super) fn kept_query(query: &str, pii: bool) -> String {
    if pii {
        return truncated(query, MAX_PATH).into_owned();
    }
    let pairs = query.split('&').take(MAX_ENTRIES).filter(|pair| !pair.is_empty());
    let names = pairs.map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{}={FILTERED}", truncated(name, 64)),
        // Nobody knows whether a lone word is a name.
        None => FILTERED.to_owned(),
    });
    names.collect::<Vec<_>>().join("&")
}
