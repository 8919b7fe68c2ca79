//! Spans: inside transactions, alone, and in containers of the streamed kind.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::source::is_of_program;
use super::{Changes, FUNCTIONS, Frame, HEALTH, TRACES, entries};
use crate::model::index::{Draft, Index};
use crate::model::json::{as_number, id64, id128, list, text, time};
use crate::model::rows::{Status, microseconds};
use crate::model::text::{Text, cut};
use crate::model::value::{MAX_ATTRIBUTES, Value as Attribute, first_text, read_object, typed};

/// The most spans of one item that are read.
const MAX_SPANS: usize = 200_000;

impl Index {
    /// Reads a transaction: its root and the spans within.
    pub(super) fn read_transaction(
        &mut self,
        payload: &Value,
        frame: &Frame<'_>,
        event_id: &mut Option<u128>,
    ) -> Changes {
        let id = id128(payload, "event_id").or(*event_id);
        *event_id = id;
        let trace = payload.pointer("/contexts/trace").unwrap_or(&Value::Null);
        let (Some(trace_id), Some(span_id)) = (id128(trace, "trace_id"), id64(trace, "span_id")) else {
            return 0;
        };
        if id.is_some_and(|id| self.is_repeated(id)) {
            return HEALTH;
        }
        let source = self.source_of_event(payload);
        let shared = self.attributes_of(&source);
        let (resource, seen) = self.place(source, shared, frame);
        let (start, duration) = span_times(payload, frame);
        let run = self.see(&resource, seen, start + duration, frame);
        let mut attributes = Vec::new();
        if let Some(Value::Object(data)) = trace.get("data") {
            read_object(data, &mut self.texts, &mut attributes);
        }
        self.read_root(payload, trace, &mut attributes);
        let op = self.op(trace, &attributes);
        let mut drafts = vec![Draft {
            id: span_id,
            parent: id64(trace, "parent_span_id").unwrap_or_default(),
            start,
            duration,
            name: text(payload, "transaction").unwrap_or("<unnamed>").to_owned(),
            op,
            status: text(trace, "status").map(Status::read).unwrap_or_default(),
            is_segment: true,
            attributes,
        }];
        for span in list(payload, "spans").iter().take(MAX_SPANS) {
            let mut attributes = Vec::new();
            if let Some((_, draft)) = self.draft(span, &mut attributes, frame) {
                drafts.push(draft);
            } else {
                self.damaged += 1;
            }
        }
        self.accept("transaction", 1);
        self.accept("span", drafts.len() as u64);
        self.add_spans(trace_id, &resource, run, drafts);
        TRACES | FUNCTIONS
    }

    /// Adds to the attributes of a transaction's root what the transaction tells outside of them.
    fn read_root(&mut self, payload: &Value, trace: &Value, attributes: &mut Vec<(Text, Attribute)>) {
        const FIELDS: [(&str, &str); 8] = [
            ("/request/method", "http.request.method"),
            ("/request/url", "url.full"),
            ("/contexts/response/status_code", "http.response.status_code"),
            ("/user/id", "user.id"),
            ("/user/email", "user.email"),
            ("/user/username", "user.name"),
            ("/contexts/runtime/name", "process.runtime.name"),
            ("/contexts/runtime/version", "process.runtime.version"),
        ];
        for (pointer, key) in FIELDS {
            if let Some(value) = payload.pointer(pointer).filter(|value| !value.is_null()) {
                self.push(key, value, attributes);
            }
        }
        for (key, name) in [("origin", "sentry.origin")] {
            if let Some(value) = trace.get(key) {
                self.push(name, value, attributes);
            }
        }
        self.read_tags(payload, attributes);
        if let Some(Value::Object(measurements)) = payload.get("measurements") {
            for (name, measurement) in measurements.iter().take(32) {
                self.push(&format!("measurement.{}", cut(name, 100)), measurement, attributes);
            }
        }
    }

    pub(super) fn read_tags(&mut self, payload: &Value, attributes: &mut Vec<(Text, Attribute)>) {
        match payload.get("tags") {
            Some(Value::Object(tags)) => read_object(tags, &mut self.texts, attributes),
            _ => {
                for pair in list(payload, "tags").iter().take(MAX_ATTRIBUTES) {
                    if let (Some(Value::String(key)), Some(value)) = (pair.get(0), pair.get(1)) {
                        self.push(cut(key, 200), value, attributes);
                    }
                }
            }
        }
    }

    fn push(&mut self, key: &str, value: &Value, attributes: &mut Vec<(Text, Attribute)>) {
        if attributes.len() < MAX_ATTRIBUTES && !attributes.iter().any(|(known, _)| **known == *key) {
            let value = Attribute::read(value, &mut self.texts);
            attributes.push((self.texts.get(key), value));
        }
    }

    fn op(&mut self, span: &Value, attributes: &[(Text, Attribute)]) -> Text {
        match text(span, "op") {
            Some(op) => self.texts.get(cut(op, 200)),
            None => match first_text(attributes, &["sentry.op"]) {
                Some(op) => Text::clone(op),
                None => self.texts.get(""),
            },
        }
    }

    /// Reads a span of any kind; `None` if it has no id. What describes the program is put into `shared`. Also returns
    /// the trace.
    fn draft(
        &mut self,
        span: &Value,
        shared: &mut Vec<(Text, Attribute)>,
        frame: &Frame<'_>,
    ) -> Option<(Option<u128>, Draft)> {
        let id = id64(span, "span_id")?;
        let mut attributes = Vec::new();
        for key in ["attributes", "data"] {
            if let Some(Value::Object(data)) = span.get(key) {
                self.split(data, &mut attributes, shared);
            }
        }
        self.read_tags(span, &mut attributes);
        if let Some(origin) = span.get("origin") {
            self.push("sentry.origin", origin, &mut attributes);
        }
        if let Some(links) =
            span.get("links").filter(|links| links.as_array().is_some_and(|links| !links.is_empty()))
        {
            self.push("sentry.links", links, &mut attributes);
        }
        let op = self.op(span, &attributes);
        attributes.retain(|(key, _)| **key != *"sentry.op");
        let name = text(span, "name").or_else(|| text(span, "description"));
        let (start, duration) = span_times(span, frame);
        // A streamed span says `error`, and which one in an attribute.
        let precise = first_text(&attributes, &["sentry.status.message", "sentry.status_code"])
            .map(|text| Status::read(text));
        let status = text(span, "status").map(Status::read).unwrap_or_default();
        let status = match precise {
            Some(precise) if status == Status::read("error") && precise.is_failed() => precise,
            Some(precise) if precise.is_cancelled() => precise,
            _ => status,
        };
        let is_segment = span.get("is_segment") == Some(&Value::Bool(true));
        let name = match name {
            Some(name) => name.to_owned(),
            None if op.is_empty() => "<unnamed>".to_owned(),
            None => op.to_string(),
        };
        let parent = id64(span, "parent_span_id").unwrap_or_default();
        let draft = Draft { id, parent, start, duration, name, op, status, is_segment, attributes };
        Some((id128(span, "trace_id"), draft))
    }

    /// Sorts attributes by whether they describe the operation or the program.
    pub(super) fn split(
        &mut self,
        data: &Map<String, Value>,
        own: &mut Vec<(Text, Attribute)>,
        shared: &mut Vec<(Text, Attribute)>,
    ) {
        for (key, value) in data.iter().take(MAX_ATTRIBUTES) {
            if key == "sentry.timestamp.sequence" || key == "sentry.trace_lifecycle" {
                continue;
            }
            let into = if is_of_program(key) { &mut *shared } else { &mut *own };
            let value = Attribute::read(value, &mut self.texts);
            into.push((self.texts.get(cut(key, 200)), value));
        }
    }

    /// Reads spans that came without a transaction.
    pub(super) fn read_spans(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let mut groups = Vec::new();
        let mut places: HashMap<(u128, usize), usize> = HashMap::new();
        let mut count = 0;
        for span in entries(payload).iter().take(MAX_SPANS) {
            let mut shared = Vec::new();
            let Some((Some(trace_id), draft)) = self.draft(span, &mut shared, frame) else {
                self.damaged += 1;
                continue;
            };
            count += 1;
            let source = self.source_of_attributes(&shared);
            let (resource, seen) = self.place(source, shared, frame);
            let place = *places.entry((trace_id, Arc::as_ptr(&resource) as usize)).or_insert_with(|| {
                groups.push((trace_id, resource, seen, Vec::new()));
                groups.len() - 1
            });
            if let Some((.., drafts)) = groups.get_mut(place) {
                drafts.push(draft);
            }
        }
        for (trace_id, resource, seen, drafts) in groups {
            let at = drafts.iter().map(|draft| draft.start + draft.duration).fold(0.0, f64::max);
            let run = self.see(&resource, seen, at, frame);
            self.add_spans(trace_id, &resource, run, drafts);
        }
        self.accept("span", count);
        if count > 0 { TRACES | FUNCTIONS } else { 0 }
    }
}

/// Returns start and duration in seconds. A span without a plausible time is put where its envelope is.
fn span_times(span: &Value, frame: &Frame<'_>) -> (f64, f64) {
    let end = time(span, "end_timestamp").or_else(|| time(span, "timestamp"));
    let start = time(span, "start_timestamp").or(end).unwrap_or(frame.at);
    let told = span.get("exclusive_time").map(typed).and_then(as_number).map(|ms| ms / 1e3);
    let duration = end.map_or(told.unwrap_or(0.0), |end| end - start);
    (start, microseconds(duration.max(0.0)))
}
