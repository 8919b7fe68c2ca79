//! From the items of an envelope to rows. Whatever is of a wrong type or missing is left out; what cannot be understood
//! at all is counted.

mod check_in;
mod event;
mod report;
mod session;
mod source;
mod span;
mod telemetry;

use serde_json::Value;

use super::index::Index;
use super::json::{self, id128, time};
use super::{Ingested, Received};
use crate::envelope;

/// The facts that all items of an envelope have in common.
struct Frame<'a> {
    header: Value,
    meta: &'a Received,
    /// The time for items that tell none.
    at: f64,
}

/// Bits of the lists that changed, in the order of [`LISTS`].
type Changes = u16;
const TRACES: Changes = 1;
const ISSUES: Changes = 1 << 1;
const LOGS: Changes = 1 << 2;
const METRICS: Changes = 1 << 3;
const JOBS: Changes = 1 << 4;
const SESSIONS: Changes = 1 << 5;
const FUNCTIONS: Changes = 1 << 6;
const HEALTH: Changes = 1 << 7;
const OVERVIEW: Changes = 1 << 8;
const LISTS: [&str; 9] =
    ["traces", "issues", "logs", "metrics", "jobs", "sessions", "functions", "health", "overview"];

impl Index {
    /// Takes an envelope in and drops the oldest rows if there is no room. Never fails.
    pub(crate) fn ingest(&mut self, bytes: &[u8], meta: &Received) -> Ingested {
        self.seq += 1;
        self.envelopes += 1;
        let envelope = envelope::parse(bytes);
        self.damaged += u64::from(envelope.damage);
        let header = Value::Object(envelope.header);
        let at = time(&header, "sent_at").unwrap_or(meta.at);
        let mut event_id = id128(&header, "event_id");
        let frame = Frame { header, meta, at };
        let mut changes = OVERVIEW | HEALTH;
        for item in &envelope.items {
            let changed = self.read_item(item, &frame, &mut event_id);
            if changed == 0 {
                self.damaged += 1;
            }
            changes |= changed;
        }
        self.keep_budget();
        let changed = LISTS.iter().enumerate().filter(|(bit, _)| changes & (1 << bit) != 0);
        Ingested { changed: changed.map(|(_, list)| *list).collect() }
    }

    /// Reads an item; 0: nothing of it could be understood.
    fn read_item(
        &mut self,
        item: &envelope::Item<'_>,
        frame: &Frame<'_>,
        event_id: &mut Option<u128>,
    ) -> Changes {
        let kind = item.kind();
        if kind == "attachment" {
            self.accept("attachment", 1);
            self.read_attachment(&item.header, item.payload.len(), *event_id);
            return HEALTH;
        }
        let known = matches!(
            kind,
            "event"
                | "transaction"
                | "feedback"
                | "user_report"
                | "span"
                | "log"
                | "trace_metric"
                | "check_in"
                | "session"
                | "sessions"
                | "client_report"
                | "sdk_stats"
        );
        if !known {
            // Profiles and replays are binary or large, and nothing here shows them.
            self.accept(category(kind), 1);
            return HEALTH;
        }
        let Some(payload) = json::parse(item.payload) else { return 0 };
        match kind {
            "transaction" => self.read_transaction(&payload, frame, event_id),
            "event" if json::text(&payload, "type") == Some("transaction") => {
                self.read_transaction(&payload, frame, event_id)
            }
            "event" | "feedback" => self.read_event(&payload, item.payload, frame, event_id),
            "user_report" => HEALTH,
            "span" => self.read_spans(&payload, frame),
            "log" => self.read_logs(&payload, frame),
            "trace_metric" => self.read_metrics(&payload, frame),
            "check_in" => self.read_check_in(&payload, frame),
            "session" => self.read_session(&payload, frame),
            "sessions" => self.read_sessions(&payload, frame),
            "sdk_stats" => self.read_stats(&payload, item.payload.len(), frame),
            _ => self.read_report(&payload, frame),
        }
    }

    fn accept(&mut self, category: &'static str, quantity: u64) {
        *self.accepted.entry(category).or_default() += quantity;
    }
}

fn category(kind: &str) -> &'static str {
    match kind {
        "profile" | "profile_chunk" => "profile",
        "replay_event" | "replay_recording" | "replay_video" => "replay",
        "statsd" | "metric_buckets" => "metric_bucket",
        _ => "unknown",
    }
}

/// Returns the entries of an item that holds many (`{"version": 2, "items": […]}`), or the item itself.
fn entries(payload: &Value) -> &[Value] {
    match payload.get("items") {
        Some(Value::Array(items)) => items,
        _ => std::slice::from_ref(payload),
    }
}
