//! Stands for the rooms above until they are there.
use std::sync::Arc;

pub(crate) struct Limits {
    pub(crate) memory: usize,
}

pub(crate) struct Received {
    pub(crate) at: f64,
    pub(crate) project: Option<String>,
    pub(crate) file: Option<Arc<str>>,
}

#[derive(Default)]
pub(crate) struct Ingested {
    pub(crate) changed: Vec<&'static str>,
}

pub(crate) struct Store {
    seq: u64,
}

impl Store {
    pub(crate) fn new(_limits: Limits) -> Self {
        Self { seq: 0 }
    }
    pub(crate) fn ingest(&mut self, _envelope: &[u8], _received: Received) -> Ingested {
        self.seq += 1;
        Ingested { changed: vec!["traces"] }
    }
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }
    pub(crate) fn pin(&mut self, _trace_id: &str, _pinned: bool) -> bool {
        false
    }
    pub(crate) fn clear(&mut self) {
        self.seq += 1;
    }
}
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
pub(crate) enum Outcome {
    Answer(Answer),
    Wait { id: serde_json::Value, kind: String, q: String, after: Option<u64>, timeout_s: f64 },
}

pub(crate) fn call(_store: &Store, _facts: &Facts, _request: &[u8]) -> Outcome {
    Outcome::Answer(Answer { status: 200, content_type: "application/json", body: b"{}".to_vec() })
}

pub(crate) fn waited(_id: serde_json::Value, _found: Option<serde_json::Value>) -> Answer {
    Answer { status: 200, content_type: "application/json", body: b"{}".to_vec() }
}
