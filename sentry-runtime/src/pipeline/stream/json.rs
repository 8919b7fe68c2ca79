//! The common attributes of streamed spans as JSON: release, environment, segment, user, thread.
//!
//! Most of them are the same for all spans of a segment, so they are written once and copied.
//!
//! [Spec, "Common Attribute Keys"](https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/)

use std::borrow::Cow;
use std::thread::{Thread, ThreadId};

use crate::client::Client;
use crate::pipeline::client_state::ClientState;
use crate::pipeline::contexts;
use crate::pipeline::span::record::{Call, SpanData, SpanRecord};
use crate::protocol::envelope::SDK;
use crate::protocol::limits::truncated;
use crate::protocol::span_v2::{Attributes, SpanV2};
use crate::protocol::{AttributeValue, SpanStatus, TraceId, User};
use crate::scope::{Scope, Scopes};
use crate::scrub::Scrubber;
use crate::trace::clock::Anchor;
use crate::trace::ids;
use crate::trace::segment::Segment;

/// The attributes that all spans of a segment share.
#[derive(Debug, Default)]
pub(crate) struct Common {
    pairs: Vec<(&'static str, AttributeValue)>,
    /// The same attributes as JSON.
    written: Vec<u8>,
}

impl Common {
    /// Returns the current common attributes of a segment's spans.
    pub(crate) fn of(segment: &Segment, name: &str, scopes: &Scopes) -> Self {
        let options = segment.client.options();
        let mut pairs = Vec::with_capacity(12);
        let mut put = |key, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                pairs.push((key, AttributeValue::from(value)));
            }
        };
        put("sentry.segment.name", Some(name));
        put("sentry.segment.id", Some(&ids::wire(segment.key).to_string()));
        put("sentry.release", options.release.as_deref());
        put("sentry.environment", options.environment.as_deref());
        put("sentry.sdk.name", Some(SDK.name));
        put("sentry.sdk.version", Some(SDK.version));
        put("sentry.trace_lifecycle", Some("stream"));
        put("os.name", contexts::facts().os.get("name").and_then(|name| name.as_str()));
        // What is in a scope was put there by the program, or was allowed when it was collected.
        if let Some(user) = user(scopes) {
            put("user.id", user.id.as_deref());
            put("user.email", user.email.as_deref());
            put("user.name", user.username.as_deref());
            put("user.ip_address", user.ip_address.map(|address| address.to_string()).as_deref());
        }
        Self { pairs, written: Vec::new() }
    }

    /// Returns the attributes as pairs.
    pub(crate) fn pairs(&self) -> &[(&'static str, AttributeValue)] {
        &self.pairs
    }

    /// Removes the user: a callback has seen the user on every span, and may have removed it. The other attributes are
    /// required on every span, and are added again if a callback removes them.
    pub(crate) fn leave_out_persons(&mut self) {
        self.pairs.retain(|(key, _)| !key.starts_with("user."));
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

/// Returns the user of the innermost scope that has one.
fn user(scopes: &Scopes) -> Option<&User> {
    [&scopes.current, &scopes.isolation, &scopes.global].into_iter().find_map(|scope| scope.user())
}

/// Returns the transaction name that the scopes set, if one of them does.
pub(crate) fn name_by_scope(scopes: &Scopes) -> Option<&str> {
    [&scopes.current, &scopes.isolation, &scopes.global]
        .into_iter()
        .find_map(|scope| scope.transaction.as_deref())
}

/// The attributes for the source of a segment's name. The first is the name in the specification, the second the newer
/// one that servers accept.
const NAME_SOURCES: [&str; 2] = ["sentry.span.source", "sentry.segment.name.source"];

/// Adds the attributes that only the root span of a segment carries: the fields that a transaction has beside its spans.
pub(crate) fn of_segment(
    client: &Client,
    state: &ClientState,
    source: &'static str,
    scope: &Scope,
    root: &mut SpanData,
) {
    say_source(source, root);
    let options = client.options();
    let facts = contexts::facts();
    let text = |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).map(str::to_owned);
    let mut request = scope.request.as_deref().cloned();
    if let Some(request) = &mut request {
        state.scrubber.scrub_request(request);
    }
    let (url, method) = request.map_or((None, None), |request| (request.url, request.method));
    let facts = [
        ("sentry.platform", Some("native".to_owned())),
        ("sentry.dist", options.dist.as_deref().map(str::to_owned)),
        ("server.address", state.server_name.clone()),
        ("os.version", text(facts.os.get("version"))),
        ("process.runtime.name", text(facts.runtime.get("name"))),
        ("process.runtime.version", text(facts.runtime.get("version"))),
        ("http.request.method", method),
        ("url.full", url),
    ];
    let facts = facts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let tags = scope.tags.iter().map(|(key, value)| (key.clone(), value.clone()));
    let tags = tags.map(|(key, value)| (Cow::Owned(key), AttributeValue::from(value)));
    let facts = facts.map(|(key, value)| (Cow::Owned(key), AttributeValue::from(value)));
    let attributes = scope.attributes.iter().map(|(key, value)| (key.clone(), value.clone()));
    for (key, value) in attributes.chain(facts).chain(tags) {
        let empty = value.is_null() || value.as_str() == Some("");
        if !empty && !root.attributes.iter().any(|(known, _)| *known == key) {
            root.attributes.push((key, value));
        }
    }
}

/// Sets the source of a segment's name, which the protocol requires, unless it is set.
pub(crate) fn say_source(source: &'static str, root: &mut SpanData) {
    for key in NAME_SOURCES {
        if !root.attributes.iter().any(|(known, _)| known == key) {
            root.attributes.push((Cow::Borrowed(key), AttributeValue::from_static(source)));
        }
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
        let micros = |time: std::time::SystemTime| {
            let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        };
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
        let said = |key: &str| span.attributes.iter().any(|(known, _)| known == key);
        let meddled = span.attributes.iter().any(|(key, _)| is_ours(key));
        head.write(out, |attributes| {
            if meddled {
                let own = [
                    ("sentry.op", AttributeValue::from(&*span.op)),
                    ("sentry.origin", AttributeValue::from(&*span.origin)),
                ];
                let common = self.common.pairs.iter().map(|(key, value)| (*key, value.clone()));
                for (key, value) in own.into_iter().chain(common) {
                    if !said(key) && value.as_str() != Some("") {
                        attributes.put(key, &value);
                    }
                }
                if !said("sentry.status.message") {
                    put_status(attributes, span.status);
                }
                if !said("thread.id") && !said("thread.name") {
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

/// Whether an attribute of this name may be set by the toolkit.
fn is_ours(key: &str) -> bool {
    ["sentry.", "user.", "thread.", "os."].iter().any(|prefix| key.starts_with(prefix))
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
