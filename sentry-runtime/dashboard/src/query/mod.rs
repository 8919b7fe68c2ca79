//! The answers of the API.

use crate::model::Store;

/// What the server knows and the store does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) started: f64,
    pub(crate) keep: Option<String>,
    pub(crate) editor: String,
    pub(crate) requests: u64,
    pub(crate) envelopes: u64,
    pub(crate) bytes: u64,
    pub(crate) rejected: Vec<(&'static str, u64)>,
    pub(crate) dropped: u64,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn answer(store: &Store, _facts: &Facts, _path: &str, _query: &str) -> Answer {
    Answer {
        status: 200,
        content_type: "application/json",
        body: format!("{{\"seq\":{}}}", store.seq()).into_bytes(),
    }
}

/// The lists that the live stream names.
pub(crate) const LISTS: [&str; 1] = ["traces"];

pub(crate) fn find(store: &Store, kind: &str, _q: &str, after: u64) -> Option<serde_json::Value> {
    (store.seq() > after).then(|| kind.into())
}
