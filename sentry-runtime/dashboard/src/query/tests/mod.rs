//! Tests of the API's contract: sent items come back in the documented shape.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail with it")]

mod budget;
mod hints;
mod hostile;
mod lists;
mod memory;
mod sdks;
mod speed;
mod summaries;
mod waterfall;

use serde_json::{Value, json};

use super::{Facts, Store, answer_at};
use crate::model::{Ingested, Limits, Received};

/// 2026-11-20T06:13:20Z.
pub(crate) const NOW: f64 = 1_795_155_200.0;

pub(crate) const TRACE: &str = "11111111111111111111111111111111";

/// A store, and the time at which it answers.
pub(crate) struct Lab {
    pub(crate) store: Store,
    pub(crate) now: f64,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with_memory(64 << 20)
    }

    pub(crate) fn with_memory(memory: usize) -> Self {
        Self { store: Store::new(Limits { memory }), now: NOW }
    }

    /// Sends an envelope of one item.
    pub(crate) fn send(&mut self, kind: &str, payload: &Value) -> Ingested {
        self.send_bytes(&envelope(&json!({}), &[(json!({ "type": kind }), payload.to_string().into_bytes())]))
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> Ingested {
        self.store.ingest(bytes, Received { at: self.now, project: Some("1".to_owned()), file: None })
    }

    /// Returns the answer of an address that has to exist.
    pub(crate) fn get(&self, address: &str) -> Value {
        let (status, value) = self.ask(address);
        assert_eq!(status, 200, "{address}: {value}");
        value
    }

    pub(crate) fn ask(&self, address: &str) -> (u16, Value) {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let answer = answer_at(&self.store, &Facts::default(), path, query, self.now);
        let value = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&answer.body).into_owned()));
        (answer.status, value)
    }

    pub(crate) fn text(&self, address: &str) -> String {
        self.get(address).as_str().unwrap_or_default().to_owned()
    }
}

/// Returns the bytes of an envelope with this header and these items.
pub(crate) fn envelope(header: &Value, items: &[(Value, Vec<u8>)]) -> Vec<u8> {
    let mut out = header.to_string().into_bytes();
    out.push(b'\n');
    for (header, payload) in items {
        let mut header = header.clone();
        header["length"] = payload.len().into();
        out.extend(header.to_string().into_bytes());
        out.push(b'\n');
        out.extend(payload);
        out.push(b'\n');
    }
    out
}

/// Returns a span of a transaction. The arguments are its id, parent, operation, description, and its start and
/// duration in milliseconds; the start counts from the start of the trace.
pub(crate) fn span(id: &str, parent: &str, op: &str, description: &str, start: f64, duration: f64) -> Value {
    json!({
        "trace_id": TRACE, "span_id": id, "parent_span_id": parent, "op": op, "description": description, "status": "ok",
        "start_timestamp": NOW + start / 1e3, "timestamp": NOW + (start + duration) / 1e3,
    })
}

/// Returns a transaction that begins with the trace and has these spans.
pub(crate) fn transaction(name: &str, id: &str, duration: f64, spans: Value) -> Value {
    json!({
        "type": "transaction", "transaction": name, "start_timestamp": NOW, "timestamp": NOW + duration / 1e3,
        "release": "shop@1.0", "environment": "test", "platform": "rust",
        "contexts": { "trace": { "trace_id": TRACE, "span_id": id, "op": "http.server", "status": "ok" } },
        "spans": spans,
    })
}

/// Returns an error event in the trace.
pub(crate) fn error(id: &str, kind: &str, value: &str) -> Value {
    json!({
        "event_id": format!("{id:0>32}"), "timestamp": NOW, "level": "error", "release": "shop@1.0", "transaction": "GET /",
        "contexts": { "trace": { "trace_id": TRACE, "span_id": "000000000000000b" } },
        "exception": { "values": [
            { "type": "Cause", "value": "deep" },
            { "type": kind, "value": value, "mechanism": { "type": "panic", "handled": false }, "stacktrace": { "frames": [
                { "function": "main", "module": "std", "in_app": false },
                { "function": "load", "module": "shop::orders", "filename": "orders.rs", "abs_path": "/src/orders.rs",
                  "lineno": 7, "colno": 3, "in_app": true, "pre_context": ["fn load() {"], "context_line": "  panic!()",
                  "post_context": ["}"], "vars": { "id": 7 } },
            ] } },
        ] },
        "tags": { "shard": "7", "empty": "" },
        "user": { "id": "u1" }, "request": { "url": "http://shop/", "method": "GET" },
        "breadcrumbs": { "values": [{ "timestamp": "2026-11-20T06:13:19Z", "message": "before" }] },
        "extra": { "k": [1] }, "sdk": { "name": "sentry.rust", "version": "1" },
    })
}
