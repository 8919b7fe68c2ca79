//! Logs and metrics.

use std::sync::Arc;

use serde_json::Value;

use super::{Changes, Frame, LOGS, METRICS, TRACES, entries};
use crate::model::index::Index;
use crate::model::json::{as_number, id64, id128, number, text, time};
use crate::model::metric::Key;
use crate::model::rows::{Level, Log, Resource};
use crate::model::text::{Text, cut};
use crate::model::value::{Value as Attribute, typed};

/// The longest text of a log that is kept, in bytes.
const MAX_BODY: usize = 64 * 1024;

impl Index {
    pub(super) fn read_logs(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let mut count = 0;
        for entry in entries(payload) {
            let Some(body) = entry.get("body").map(typed) else {
                self.damaged += 1;
                continue;
            };
            let body = match body {
                Value::String(text) => cut(text, MAX_BODY).into(),
                other => cut(&other.to_string(), MAX_BODY).into(),
            };
            let Origin { at, resource, own } = self.origin(entry, frame, count == 0);
            count += 1;
            let level = text(entry, "level").and_then(Level::read);
            let level = level.or_else(|| number(entry, "severity_number").map(severity));
            let span = id64(entry, "span_id").or_else(|| {
                let (_, parent) = own.iter().find(|(key, _)| **key == *"sentry.trace.parent_span_id")?;
                crate::model::json::parse_id64(parent.as_text()?)
            });
            self.add_log(Log {
                at,
                level: level.unwrap_or(Level::Info),
                trace: id128(entry, "trace_id").unwrap_or_default(),
                span: span.unwrap_or_default(),
                body,
                resource,
                attributes: own.into(),
            });
        }
        self.accept("log_item", count);
        if count > 0 { LOGS | TRACES } else { 0 }
    }

    pub(super) fn read_metrics(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let mut count = 0;
        for entry in entries(payload) {
            let value = entry.get("value").map(typed).and_then(as_number).filter(|value| value.is_finite());
            let (Some(name), Some(value)) = (text(entry, "name"), value) else {
                self.damaged += 1;
                continue;
            };
            let Origin { at, resource, .. } = self.origin(entry, frame, count == 0);
            count += 1;
            let key = Key {
                name: self.texts.get(cut(name, 200)),
                kind: self.texts.get(cut(text(entry, "type").unwrap_or("gauge"), 40)),
                unit: text(entry, "unit").map(|unit| self.texts.get(cut(unit, 40))),
                service: resource.service.clone(),
            };
            self.metrics.add(key, at, value, self.seq);
        }
        self.metric_bytes = self.metrics.bytes();
        self.accept("trace_metric", count);
        if count > 0 { METRICS } else { 0 }
    }
}

/// The time and the program of a log or a metric, and its own attributes.
struct Origin {
    at: f64,
    resource: Arc<Resource>,
    own: Vec<(Text, Attribute)>,
}

impl Index {
    /// Reads the origin of an entry. The first one of a payload shows that its program runs.
    fn origin(&mut self, entry: &Value, frame: &Frame<'_>, is_first: bool) -> Origin {
        let (mut own, mut shared) = (Vec::new(), Vec::new());
        if let Some(Value::Object(attributes)) = entry.get("attributes") {
            self.split(attributes, &mut own, &mut shared);
        }
        let source = self.source_of_attributes(&shared);
        let (resource, seen) = self.place(source, shared, frame);
        let at = time(entry, "timestamp").unwrap_or(frame.at);
        if is_first {
            self.see(&resource, seen, at, frame);
        }
        Origin { at, resource, own }
    }
}

/// The level of OpenTelemetry's number.
fn severity(number: f64) -> Level {
    match number as u32 {
        0..=4 => Level::Trace,
        5..=8 => Level::Debug,
        9..=12 => Level::Info,
        13..=16 => Level::Warning,
        17..=20 => Level::Error,
        _ => Level::Fatal,
    }
}
