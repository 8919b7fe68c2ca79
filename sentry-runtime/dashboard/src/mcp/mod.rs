//! The MCP endpoint.

use crate::model::Store;
use crate::query::{Answer, Facts};

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
