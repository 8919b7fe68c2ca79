//! Spans as JSON, written by hand: there are hundreds in a transaction, and this is most of what the pipeline does.
//!
//! Nearly all of them are calls of annotated functions of which nothing else was said: those are written straight
//! from their records, with what their callsite knows already in JSON.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::normalize::normalize_tags;
use super::scrub::Scrubber;
use crate::protocol::json::{TimeWriter, write_micros, write_str};
use crate::protocol::limits::{MAX_HELD, MAX_KEY, MAX_OP, limit_attribute, limit_value, truncated};
use crate::protocol::time::since_epoch;
use crate::protocol::{AttributeValue, Map, Span, SpanId, SpanLink, SpanStatus, TraceId, Value};
use crate::trace::callsite::Callsite;
use crate::trace::clock::{Anchor, Ticks};
use crate::trace::ids::{self, LocalId};
use crate::trace::record::Outcome;

/// A span of a transaction.
#[derive(Debug)]
pub(super) enum Row {
    Call(Call),
    Full(Box<SpanData>),
}

/// A call of an annotated function of which nothing else was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) id: LocalId,
    pub(super) parent: LocalId,
    pub(super) site: &'static Callsite,
    pub(super) start: Ticks,
    pub(super) end: Ticks,
    pub(super) outcome: Outcome,
}

/// A span with everything that was said of it.
#[derive(Debug)]
pub(super) struct SpanData {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: Cow<'static, str>,
    pub(super) op: Cow<'static, str>,
    pub(super) origin: Cow<'static, str>,
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
    pub(super) status: SpanStatus,
    pub(super) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(super) tags: Map<String, String>,
    pub(super) links: Vec<SpanLink>,
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
    /// The same with room for more.
    pub(super) fn with_room(&self, anchor: &Anchor) -> SpanData {
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

impl Row {
    pub(super) fn id(&self) -> SpanId {
        match self {
            Self::Call(call) => ids::wire(call.id),
            Self::Full(span) => span.id,
        }
    }

    pub(super) fn parent(&self) -> Option<SpanId> {
        match self {
            Self::Call(call) => Some(ids::wire(call.parent)),
            Self::Full(span) => span.parent,
        }
    }

    /// Everything that is known of the span.
    pub(super) fn into_full(self, anchor: &Anchor) -> SpanData {
        match self {
            Self::Call(call) => call.with_room(anchor),
            Self::Full(span) => *span,
        }
    }

    /// Filters sensitive attributes and cuts long texts. What the program's text says needs neither.
    pub(super) fn scrub(&mut self, scrubber: &Scrubber, max_text: usize) {
        if let Self::Full(span) = self {
            span.scrub(scrubber, max_text);
        }
    }
}

/// A row, and what goes along with it.
pub(super) trait Carrier {
    fn row(&self) -> &Row;
    fn row_mut(&mut self) -> &mut Row;
}

impl Carrier for Row {
    fn row(&self) -> &Row {
        self
    }

    fn row_mut(&mut self) -> &mut Row {
        self
    }
}

impl<T> Carrier for (Row, T) {
    fn row(&self) -> &Row {
        &self.0
    }

    fn row_mut(&mut self) -> &mut Row {
        &mut self.0
    }
}

impl SpanData {
    fn scrub(&mut self, scrubber: &Scrubber, max_text: usize) {
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
        if let Cow::Owned(url) = scrubber.scrub_url(&self.name) {
            self.name = Cow::Owned(url);
        }
        for (text, max) in [(&mut self.name, max_text), (&mut self.op, MAX_OP)] {
            // Most are shorter in bytes than they may be in characters.
            if text.len() > max {
                *text = Cow::Owned(truncated(text, max).into_owned());
            }
        }
        scrubber.scrub_strings(&mut self.tags);
        normalize_tags(&mut self.tags);
        for link in &mut self.links {
            scrubber.scrub_map(&mut link.attributes);
            link.attributes.values_mut().for_each(|value| limit_value(value, 1, max_text));
        }
    }

    /// Takes over what a callback has made of the span; where it stands stays as it is.
    pub(super) fn take_over(&mut self, changed: Span) {
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

    /// The span as the user's callbacks see it.
    pub(super) fn to_protocol(&self, trace_id: TraceId) -> Span {
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
            data: self.attributes.iter().map(|(key, of)| (key.clone().into_owned(), value(of))).collect(),
            links: self.links.clone(),
            ..Span::default()
        }
    }
}

/// How a call that went well begins. Everything that differs from call to call has its place and its length.
const CALL: [u8; 191] =
    *b"{\"trace_id\":\"00000000000000000000000000000000\",\"span_id\":\"0000000000000000\",\
    \"parent_span_id\":\"0000000000000000\",\"start_timestamp\":0000000000.000000,\
    \"timestamp\":0000000000.000000,\"status\":\"ok\"";
const TRACE_ID: usize = behind(b"\"trace_id\":\"");
const SPAN_ID: usize = behind(b",\"span_id\":\"");
const PARENT_ID: usize = behind(b"\"parent_span_id\":\"");
const START: usize = behind(b"\"start_timestamp\":");
const END: usize = behind(b",\"timestamp\":");

/// Where a piece of [`CALL`] ends.
const fn behind(piece: &[u8]) -> usize {
    let mut start = 0;
    loop {
        let mut same = 0;
        while same < piece.len() && CALL[start + same] == piece[same] {
            same += 1;
        }
        if same == piece.len() {
            return start + same;
        }
        start += 1;
    }
}

/// Writes spans of one trace.
pub(super) struct SpanWriter<'a> {
    out: &'a mut Vec<u8>,
    anchor: &'a Anchor,
    /// [`CALL`], filled in.
    call: [u8; CALL.len()],
    start: TimeWriter,
    end: TimeWriter,
}

impl<'a> SpanWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, anchor: &'a Anchor, trace_id: TraceId) -> Self {
        let mut call = CALL;
        call[TRACE_ID..TRACE_ID + 32].copy_from_slice(&trace_id.hex());
        Self { out, anchor, call, start: TimeWriter::new(), end: TimeWriter::new() }
    }

    /// Parts two spans.
    pub(super) fn comma(&mut self) {
        self.out.push(b',');
    }

    pub(super) fn write(&mut self, row: &Row) {
        match row {
            Row::Call(call) => self.call(call),
            Row::Full(span) => self.full(span),
        }
    }

    fn call(&mut self, call: &Call) {
        let (start, end) = (self.anchor.micros(call.start), self.anchor.micros(call.end));
        let (id, parent) = (ids::wire(call.id), ids::wire(call.parent));
        let fields = call.site.json_fields();
        self.out.reserve(CALL.len() + fields.len() + 2);
        match (call.outcome, self.start.text(start), self.end.text(end.max(start))) {
            (Outcome::Ok, Some(start), Some(end)) => {
                self.call[SPAN_ID..SPAN_ID + 16].copy_from_slice(&id.hex());
                self.call[PARENT_ID..PARENT_ID + 16].copy_from_slice(&parent.hex());
                self.call[START..START + 17].copy_from_slice(start);
                self.call[END..END + 17].copy_from_slice(end);
                self.out.extend_from_slice(&self.call);
            }
            _ => self.head(id, Some(parent), start, end, call.outcome.status()),
        }
        self.out.extend_from_slice(fields);
        self.out.push(b'}');
    }

    fn head(&mut self, id: SpanId, parent: Option<SpanId>, start: u64, end: u64, status: SpanStatus) {
        self.out.extend_from_slice(&self.call[..SPAN_ID]);
        id.write_hex(self.out);
        if let Some(parent) = parent {
            self.out.extend_from_slice(b"\",\"parent_span_id\":\"");
            parent.write_hex(self.out);
        }
        self.out.extend_from_slice(b"\",\"start_timestamp\":");
        write_micros(self.out, start);
        self.out.extend_from_slice(b",\"timestamp\":");
        write_micros(self.out, end.max(start));
        self.out.extend_from_slice(b",\"status\":\"");
        self.out.extend_from_slice(status.as_str().as_bytes());
        self.out.push(b'"');
    }

    fn full(&mut self, span: &SpanData) {
        self.head(span.id, span.parent, micros(span.start), micros(span.end), span.status);
        let out = &mut *self.out;
        for (key, value) in [
            (&b",\"op\":"[..], &span.op),
            (b",\"description\":", &span.name),
            (b",\"origin\":", &span.origin),
        ] {
            if !value.is_empty() {
                out.extend_from_slice(key);
                write_str(out, value);
            }
        }
        let attributes = span.attributes.iter().map(|(key, value)| (&**key, value));
        write_object(out, b",\"data\":{", attributes, |out, value| value.write_json(out));
        let tags = span.tags.iter().map(|(key, value)| (&**key, value));
        write_object(out, b",\"tags\":{", tags, |out, value| write_str(out, value));
        if !span.links.is_empty()
            && let Ok(links) = serde_json::to_vec(&span.links)
        {
            out.extend_from_slice(b",\"links\":");
            out.extend_from_slice(&links);
        }
        out.push(b'}');
    }
}

fn write_object<'a, V: 'a>(
    out: &mut Vec<u8>,
    opening: &[u8],
    entries: impl ExactSizeIterator<Item = (&'a str, &'a V)>,
    write_value: impl Fn(&mut Vec<u8>, &V),
) {
    if entries.len() == 0 {
        return;
    }
    out.extend_from_slice(opening);
    for (at, (key, value)) in entries.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_str(out, key);
        out.push(b':');
        write_value(out, value);
    }
    out.push(b'}');
}

fn micros(time: SystemTime) -> u64 {
    let since = since_epoch(time);
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// An attribute as a JSON value.
pub(super) fn value(attribute: &AttributeValue) -> Value {
    serde_json::to_value(attribute).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn both_ways_of_writing_a_span_agree() {
        let span = SpanData {
            parent: Some(SpanId::from_u64(7)),
            name: Cow::Borrowed("a \"quoted\" name\n"),
            op: Cow::Borrowed("db.query"),
            start: UNIX_EPOCH + Duration::from_micros(1_795_239_248_123_456),
            end: UNIX_EPOCH + Duration::from_micros(1_795_239_248_223_456),
            attributes: vec![
                (Cow::Borrowed("n"), AttributeValue::from(1)),
                (Cow::Borrowed("text"), AttributeValue::from("ż")),
            ],
            tags: Map::from([("k".into(), "v".into())]),
            ..SpanData::default()
        };
        let trace_id = TraceId::from_u128(5);
        let typed = serde_json::to_value(span.to_protocol(trace_id)).unwrap();
        let (mut out, anchor) = (Vec::new(), Anchor::take());
        SpanWriter::new(&mut out, &anchor, trace_id).write(&Row::Full(Box::new(span)));
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), typed);
    }

    #[test]
    fn a_call_is_written_like_the_same_span_with_room_for_more() {
        static SITE: Callsite = Callsite::new(|| "shop::pay::__SentryFunction", "shop").op("bank");
        let (trace_id, anchor) = (TraceId::from_u128(5), Anchor::take());
        let write = |row: &Row| {
            let mut out = Vec::new();
            SpanWriter::new(&mut out, &anchor, trace_id).write(row);
            serde_json::from_slice::<Value>(&out).unwrap()
        };
        for outcome in [Outcome::Ok, Outcome::Failed, Outcome::Cancelled] {
            let call = Call { id: 5, parent: 6, site: &SITE, start: 10, end: 1000, outcome };
            let mut full = write(&Row::Full(Box::new(call.with_room(&anchor))));
            let mut short = write(&Row::Call(call));
            for time in ["start_timestamp", "timestamp"] {
                let read = |span: &mut Value| span[time].take().as_f64().unwrap();
                assert!((read(&mut full) - read(&mut short)).abs() < 2e-6);
            }
            assert_eq!(short, full);
            assert_eq!(
                (&short["description"], &short["status"]),
                (&"pay".into(), &outcome.status().as_str().into())
            );
        }
    }
}
