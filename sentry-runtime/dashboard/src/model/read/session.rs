//! Sessions, one by one and as sums.

use serde_json::Value;

use super::{Changes, Frame, SESSIONS};
use crate::model::index::Index;
use crate::model::json::{id128, list, number, text, time};
use crate::model::session::{Outcome, Release};

/// The most sums of an item.
const MAX_SUMS: usize = 10_000;

impl Index {
    fn release_of(&mut self, payload: &Value, frame: &Frame<'_>) -> Release {
        // The attributes of a session are what an event has as fields.
        let attrs = payload.get("attrs").unwrap_or(&Value::Null);
        let source = self.source_of_event(attrs);
        let shared = self.attributes_of(&source);
        let (resource, seen) = self.place(source, shared, frame);
        let at = time(payload, "timestamp").unwrap_or(frame.at);
        self.see(&resource, seen, at, frame);
        Release {
            service: resource.service.clone(),
            release: resource.release.clone(),
            environment: resource.environment.clone(),
        }
    }

    pub(super) fn read_session(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let Some(id) = id128(payload, "sid") else { return 0 };
        let release = self.release_of(payload, frame);
        let errors = number(payload, "errors").unwrap_or(0.0);
        let outcome = match text(payload, "status") {
            Some("crashed") => Outcome::Crashed,
            Some("abnormal") => Outcome::Abnormal,
            Some("errored" | "unhandled") => Outcome::Errored,
            _ if errors > 0.0 => Outcome::Errored,
            _ => Outcome::Healthy,
        };
        self.sessions.update(id, release, outcome);
        self.accept("session", 1);
        SESSIONS
    }

    pub(super) fn read_sessions(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let release = self.release_of(payload, frame);
        for sum in list(payload, "aggregates").iter().take(MAX_SUMS) {
            for (key, outcome) in [
                ("exited", Outcome::Healthy),
                ("errored", Outcome::Errored),
                ("abnormal", Outcome::Abnormal),
                ("crashed", Outcome::Crashed),
            ] {
                let quantity =
                    number(sum, key).filter(|quantity| (0.0..1e15).contains(quantity)).unwrap_or(0.0) as u64;
                self.sessions.count(release.clone(), outcome, quantity);
                self.accept("session", quantity);
            }
        }
        SESSIONS
    }
}
