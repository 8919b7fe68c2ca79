//! Streamed spans as JSON: the attributes that they share, and the writer of spans of one segment.
//!
//! The shared attributes are written once and copied.

use std::borrow::Cow;
use std::thread::{Thread, ThreadId};

use super::record::{Call, SpanData, SpanRecord};
use crate::pipeline::client_state::ClientState;
use crate::protocol::limits::truncated;
use crate::protocol::span_v2::{Attributes, SpanV2};
use crate::protocol::time::since_epoch;
use crate::protocol::{AttributeValue, SpanStatus, TraceId, User};
use crate::scrub::Scrubber;
use crate::trace::clock::Anchor;
use crate::trace::ids;

/// The names of the attributes that the writer adds.
const OWN: [&str; 5] = ["sentry.op", "sentry.origin", "sentry.status.message", "thread.id", "thread.name"];

/// Adds an attribute with a text, unless the text is missing or empty.
pub(crate) fn put(
    pairs: &mut Vec<(Cow<'static, str>, AttributeValue)>,
    key: &'static str,
    value: Option<&str>,
) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        pairs.push((Cow::Borrowed(key), AttributeValue::from(value)));
    }
}

/// Adds the attributes of a user.
pub(crate) fn put_user(pairs: &mut Vec<(Cow<'static, str>, AttributeValue)>, user: &User) {
    put(pairs, "user.id", user.id.as_deref());
    put(pairs, "user.email", user.email.as_deref());
    put(pairs, "user.name", user.username.as_deref());
    put(pairs, "user.ip_address", user.ip_address.map(|address| address.to_string()).as_deref());
}

/// The attributes that all spans of a segment share.
#[derive(Debug, Default)]
pub(crate) struct Common {
    pairs: Vec<(Cow<'static, str>, AttributeValue)>,
    /// The number of those that the protocol requires, which come first.
    required: usize,
    /// The same attributes as JSON.
    written: Vec<u8>,
}

impl Common {
    /// Creates the list. The protocol requires the first `required` attributes on every span.
    pub(crate) fn new(pairs: Vec<(Cow<'static, str>, AttributeValue)>, required: usize) -> Self {
        Self { pairs, required, written: Vec::new() }
    }

    /// Returns whether an attribute of this name is written for spans that do not have it.
    fn may_have(&self, key: &str) -> bool {
        OWN.contains(&key) || self.pairs.iter().any(|(known, _)| known == key)
    }

    /// Returns the attributes as pairs.
    pub(crate) fn pairs(&self) -> &[(Cow<'static, str>, AttributeValue)] {
        &self.pairs
    }

    /// Removes the user and the attributes of the scopes: a callback has seen them on every span, and may have removed
    /// them. The other attributes are required on every span, and are added again if a callback removes them.
    pub(crate) fn leave_required(&mut self) {
        self.pairs.truncate(self.required);
    }

    /// Filters the values in the same way as those of a span.
    pub(crate) fn complete(&mut self, state: &ClientState, max_text: usize) {
        self.pairs.iter_mut().for_each(|(key, value)| complete(key, value, &state.scrubber, max_text));
    }

    /// Writes the attributes as JSON.
    pub(crate) fn seal(&mut self) {
        let mut object = Vec::new();
        Attributes::object(&mut object, |attributes| {
            self.pairs.iter().for_each(|(key, value)| attributes.put(key, value));
        });
        self.written = object[1..object.len() - 1].to_vec();
    }
}

/// Filters the value of a common attribute and cuts it to its maximum length.
fn complete(key: &str, value: &mut AttributeValue, scrubber: &Scrubber, max_text: usize) {
    scrubber.scrub_attribute(key, value);
    if let Some(text) = value.as_str()
        && let Cow::Owned(cut) = truncated(text, max_text)
    {
        *value = cut.into();
    }
}

/// The thread of the spans that are being written: consecutive spans mostly come from the same thread.
#[derive(Debug)]
pub(crate) struct Label<'a> {
    thread: Option<ThreadId>,
    written: Vec<u8>,
    scrubber: &'a Scrubber,
    max_text: usize,
}

impl<'a> Label<'a> {
    /// Returns a label whose names are filtered, and cut to `max_text` characters.
    pub(crate) fn new(scrubber: &'a Scrubber, max_text: usize) -> Self {
        Self { thread: None, written: Vec::new(), scrubber, max_text }
    }

    /// Returns the attributes of a thread as JSON.
    fn of(&mut self, thread: Option<&Thread>) -> &[u8] {
        let id = thread.map(Thread::id);
        if self.thread != id || self.written.is_empty() {
            self.thread = id;
            self.written.clear();
            if let Some(thread) = thread {
                let digits: String =
                    format!("{:?}", thread.id()).chars().filter(char::is_ascii_digit).collect();
                let mut object = Vec::new();
                Attributes::object(&mut object, |attributes| {
                    if let Ok(id) = digits.parse::<u64>() {
                        attributes.put("thread.id", &id.into());
                    }
                    if let Some(name) = thread.name() {
                        let mut name = AttributeValue::from(name);
                        complete("thread.name", &mut name, self.scrubber, self.max_text);
                        attributes.put("thread.name", &name);
                    }
                });
                self.written.extend_from_slice(&object[1..object.len() - 1]);
            }
        }
        &self.written
    }
}

/// A writer for the spans of one segment.
pub(crate) struct Writer<'a> {
    pub(crate) trace_id: TraceId,
    pub(crate) anchor: &'a Anchor,
    pub(crate) common: &'a Common,
    pub(crate) label: Label<'a>,
}

impl Writer<'_> {
    /// Appends a span; `segment` says whether it is the segment span.
    pub(crate) fn write(
        &mut self,
        out: &mut Vec<u8>,
        row: &SpanRecord,
        segment: bool,
        thread: Option<&Thread>,
    ) {
        match row {
            SpanRecord::Call(call) => self.call(out, call, thread),
            SpanRecord::Full(span) => self.full(out, span, segment, thread),
        }
    }

    fn call(&mut self, out: &mut Vec<u8>, call: &Call, thread: Option<&Thread>) {
        let status = call.outcome.status();
        let span = SpanV2 {
            trace_id: self.trace_id,
            span_id: ids::wire(call.id),
            parent_span_id: Some(ids::wire(call.parent)),
            name: call.site.display_name(),
            status,
            is_segment: false,
            start: self.anchor.micros(call.start),
            end: self.anchor.micros(call.end),
            links: &[],
        };
        span.write(out, |attributes| {
            put_own(attributes, call.site.operation(), call.site.made_by(), status);
            attributes.copy(self.label.of(thread));
            attributes.copy(&self.common.written);
        });
    }

    fn full(&mut self, out: &mut Vec<u8>, span: &SpanData, segment: bool, thread: Option<&Thread>) {
        let micros =
            |time: std::time::SystemTime| u64::try_from(since_epoch(time).as_micros()).unwrap_or(u64::MAX);
        let head = SpanV2 {
            trace_id: self.trace_id,
            span_id: span.id,
            parent_span_id: span.parent,
            name: &span.name,
            status: span.status,
            is_segment: segment,
            start: micros(span.start),
            end: micros(span.end),
            links: &span.links,
        };
        // An attribute that the user has set replaces the common one.
        let has = |key: &str| span.attributes.iter().any(|(known, _)| known == key);
        let meddled = span.attributes.iter().any(|(key, _)| self.common.may_have(key));
        head.write(out, |attributes| {
            if meddled {
                for (key, value) in [("sentry.op", &*span.op), ("sentry.origin", &*span.origin)] {
                    if !has(key) && !value.is_empty() {
                        attributes.put(key, &value.into());
                    }
                }
                for (key, value) in &self.common.pairs {
                    if !has(key) {
                        attributes.put(key, value);
                    }
                }
                if !has("sentry.status.message") {
                    put_status(attributes, span.status);
                }
                if !has("thread.id") && !has("thread.name") {
                    attributes.copy(self.label.of(thread));
                }
            } else {
                put_own(attributes, &span.op, &span.origin, span.status);
                attributes.copy(self.label.of(thread));
                attributes.copy(&self.common.written);
            }
            for (key, value) in &span.attributes {
                attributes.put(key, value);
            }
        });
    }
}

fn put_own(attributes: &mut Attributes<'_>, op: &str, origin: &str, status: SpanStatus) {
    for (key, value) in [("sentry.op", op), ("sentry.origin", origin)] {
        if !value.is_empty() {
            attributes.put(key, &value.into());
        }
    }
    put_status(attributes, status);
}

/// Adds a status that the two values of the protocol cannot express.
fn put_status(attributes: &mut Attributes<'_>, status: SpanStatus) {
    if status != SpanStatus::Ok {
        attributes.put("sentry.status.message", &AttributeValue::from_static(status.as_str()));
    }
}

/// Turns tags into attributes: the protocol has no tags.
pub(crate) fn tags_to_attributes(span: &mut SpanData) {
    for (key, value) in std::mem::take(&mut span.tags) {
        if !span.attributes.iter().any(|(known, _)| *known == *key) {
            span.attributes.push((Cow::Owned(key), value.into()));
        }
    }
}
