//! Client reports: the items that a client did not send.

use serde_json::Value;

use super::{Changes, Frame, HEALTH};
use crate::model::index::Index;
use crate::model::json::{list, number, text, time};
use crate::model::programs::Programs;
use crate::model::text::cut;

/// The most kinds of losses that are told apart.
const MAX_KINDS: usize = 1000;

impl Index {
    /// Reads what the SDK in a program counts, which it sends only to a page of development.
    pub(super) fn read_stats(&mut self, payload: &Value, bytes: usize, frame: &Frame<'_>) -> Changes {
        if !payload.is_object() || bytes > Programs::MAX_STATS_BYTES {
            return 0;
        }
        let source = self.source_of_event(payload);
        let (resource, seen) = self.place(source, Vec::new(), frame);
        drop(seen);
        let mut stats = payload.clone();
        if text(&stats, "service").is_none() {
            stats["service"] = Value::from(&*resource.service);
        }
        let sdk = frame.header.get("sdk").and_then(|sdk| text(sdk, "name")).unwrap_or_default();
        let process = format!("{sdk} {} {}", stats["service"], stats["pid"]);
        self.programs.tell(process, stats);
        HEALTH
    }

    pub(super) fn read_report(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let source = self.source_of_event(payload);
        // A report often names no program: the header of its envelope is empty.
        let tells_nothing = source.service.is_none() && source.release.is_none() && source.sdk_name.is_none();
        let lone = self.programs.services.len() == 1 && tells_nothing && frame.header.get("sdk").is_none();
        let service = match self.programs.services.keys().next() {
            Some(only) if lone => only.clone(),
            _ => self.place(source, Vec::new(), frame).0.service.clone(),
        };
        let at = time(payload, "timestamp").unwrap_or(frame.at);
        for key in ["discarded_events", "rate_limited_events", "filtered_events", "filtered_sampling_events"]
        {
            for loss in list(payload, key).iter().take(MAX_KINDS) {
                let (Some(reason), Some(category)) = (text(loss, "reason"), text(loss, "category")) else {
                    self.damaged += 1;
                    continue;
                };
                let quantity = number(loss, "quantity").filter(|quantity| (0.0..1e15).contains(quantity));
                let key =
                    [service.clone(), self.texts.get(cut(reason, 100)), self.texts.get(cut(category, 100))];
                if self.losses.len() >= MAX_KINDS && !self.losses.contains_key(&key) {
                    continue;
                }
                let known = self.losses.entry(key).or_default();
                known.quantity = known.quantity.saturating_add(quantity.unwrap_or(1.0) as u64);
                known.last_seen = known.last_seen.max(at);
            }
        }
        HEALTH
    }
}
