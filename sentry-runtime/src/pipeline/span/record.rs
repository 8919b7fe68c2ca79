//! Span records: the spans of a transaction before JSON, either as a compact call or with all their data.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::pipeline::event::normalize::normalize_tags;
use crate::protocol::limits::{MAX_HELD, MAX_KEY, MAX_OP, limit_attribute, limit_value, truncated};
use crate::protocol::{AttributeValue, Map, Span, SpanId, SpanLink, SpanStatus, TraceId, Value, map_of};
use crate::scrub::Scrubber;
use crate::trace::callsite::Callsite;
use crate::trace::clock::{Anchor, Ticks};
use crate::trace::ids::{self, LocalId};
use crate::trace::record::SpanOutcome;

/// A span of a transaction.
#[derive(Debug)]
pub(crate) enum SpanRecord {
    Call(Call),
    Full(Box<SpanData>),
}

/// A call of an annotated function without further data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) id: LocalId,
    pub(crate) parent: LocalId,
    pub(crate) site: &'static Callsite,
    pub(crate) start: Ticks,
    pub(crate) end: Ticks,
    pub(crate) outcome: SpanOutcome,
}

/// A span with all its data.
#[derive(Debug)]
pub(crate) struct SpanData {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) op: Cow<'static, str>,
    pub(crate) origin: Cow<'static, str>,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
    pub(crate) status: SpanStatus,
    pub(crate) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(crate) tags: Map<String, String>,
    pub(crate) links: Vec<SpanLink>,
}

impl Default for SpanData {
    fn default() -> Self {
        Self {
            id: SpanId::from_u64(1),
            parent: None,
            name: Cow::Borrowed(""),
            op: Cow::Borrowed(""),
            origin: Cow::Borrowed("manual"),
            start: UNIX_EPOCH,
            end: UNIX_EPOCH,
            status: SpanStatus::Ok,
            attributes: Vec::new(),
            tags: Map::new(),
            links: Vec::new(),
        }
    }
}

impl Call {
    /// Returns the span's data, with capacity for more attributes.
    pub(crate) fn with_room(&self, anchor: &Anchor) -> SpanData {
        SpanData {
            id: ids::wire(self.id),
            parent: Some(ids::wire(self.parent)),
            name: Cow::Borrowed(self.site.display_name()),
            op: Cow::Borrowed(self.site.operation()),
            origin: Cow::Borrowed(self.site.made_by()),
            start: anchor.wall(self.start),
            end: anchor.wall(self.end),
            status: self.outcome.status(),
            ..SpanData::default()
        }
    }
}

impl SpanRecord {
    pub(crate) fn id(&self) -> SpanId {
        match self {
            Self::Call(call) => ids::wire(call.id),
            Self::Full(span) => span.id,
        }
    }

    pub(crate) fn parent(&self) -> Option<SpanId> {
        match self {
            Self::Call(call) => Some(ids::wire(call.parent)),
            Self::Full(span) => span.parent,
        }
    }

    /// Returns the span's full data.
    pub(crate) fn into_full(self, anchor: &Anchor) -> SpanData {
        match self {
            Self::Call(call) => call.with_room(anchor),
            Self::Full(span) => *span,
        }
    }

    /// Filters sensitive attributes and truncates long texts. Texts from the program's source need neither.
    #[inline]
    pub(crate) fn scrub(&mut self, scrubber: &Scrubber, max_text: usize) {
        if let Self::Full(span) = self {
            span.scrub(scrubber, max_text);
        }
    }
}

/// A span record together with data that belongs to it.
pub(crate) trait Carrier {
    fn row(&self) -> &SpanRecord;
    fn row_mut(&mut self) -> &mut SpanRecord;
}

impl Carrier for SpanRecord {
    fn row(&self) -> &SpanRecord {
        self
    }

    fn row_mut(&mut self) -> &mut SpanRecord {
        self
    }
}

impl<T> Carrier for (SpanRecord, T) {
    fn row(&self) -> &SpanRecord {
        &self.0
    }

    fn row_mut(&mut self) -> &mut SpanRecord {
        &mut self.0
    }
}

impl SpanData {
    // Apart from the calls around it, which need none of its registers.
    #[inline(never)]
    fn scrub(&mut self, scrubber: &Scrubber, max_text: usize) {
        self.status = self.status.sent();
        for (key, value) in &mut self.attributes {
            scrubber.scrub_attribute(key, value);
            limit_attribute(value, max_text);
            if key.len() > MAX_KEY {
                *key = Cow::Owned(truncated(key, MAX_KEY).into_owned());
            }
        }
        if self.name.len() > MAX_HELD {
            self.name = Cow::Owned(truncated(&self.name, MAX_HELD).into_owned());
        }
        if let Cow::Owned(name) = scrubber.scrub_text(&self.name) {
            self.name = Cow::Owned(name);
        }
        for (text, max) in [(&mut self.name, max_text), (&mut self.op, MAX_OP)] {
            // Most texts have fewer bytes than the limit in characters.
            if text.len() > max {
                *text = Cow::Owned(truncated(text, max).into_owned());
            }
        }
        scrubber.scrub_strings(&mut self.tags);
        normalize_tags(&mut self.tags);
        for link in &mut self.links {
            scrubber.scrub_link(link);
            link.attributes.values_mut().for_each(|value| limit_value(value, 1, max_text));
        }
    }

    /// Sets an attribute, whether or not the span has one of that name.
    pub(crate) fn set_attribute(&mut self, key: &'static str, value: AttributeValue) {
        match self.attributes.iter_mut().find(|(known, _)| *known == key) {
            Some((_, slot)) => *slot = value,
            None => self.attributes.push((Cow::Borrowed(key), value)),
        }
    }

    /// Takes over the callback's changes to the span; its position in the trace does not change.
    pub(crate) fn take_over(&mut self, changed: Span) {
        self.name = Cow::Owned(changed.description.unwrap_or_default());
        self.op = Cow::Owned(changed.op.unwrap_or_default());
        self.origin = Cow::Owned(changed.origin.unwrap_or_default());
        self.start = changed.start_timestamp;
        self.end = changed.timestamp.unwrap_or(self.end);
        self.status = changed.status.unwrap_or(self.status);
        let data = changed.data.into_iter();
        let attributes = data.map(|(key, value)| (Cow::Owned(key), AttributeValue::from_json(&value)));
        self.attributes = attributes.filter(|(_, value)| !value.is_null()).collect();
        self.tags = changed.tags;
        self.links = changed.links;
    }

    /// Returns the span as the user's callbacks see it.
    pub(crate) fn to_protocol(&self, trace_id: TraceId) -> Span {
        Span {
            span_id: self.id,
            trace_id,
            parent_span_id: self.parent,
            op: Some(self.op.clone().into_owned()).filter(|op| !op.is_empty()),
            description: Some(self.name.clone().into_owned()),
            start_timestamp: self.start,
            timestamp: Some(self.end),
            status: Some(self.status),
            origin: Some(self.origin.clone().into_owned()),
            tags: self.tags.clone(),
            data: map_of(self.attributes.iter().map(|(key, of)| (key.clone().into_owned(), value(of)))),
            links: self.links.clone(),
            ..Span::default()
        }
    }
}

/// Returns an attribute as a JSON value.
pub(crate) fn value(attribute: &AttributeValue) -> Value {
    serde_json::to_value(attribute).unwrap_or(Value::Null)
}
