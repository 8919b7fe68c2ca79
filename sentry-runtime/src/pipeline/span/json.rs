//! Spans as JSON, written by hand: a transaction has hundreds, and this is most of the pipeline's work.
//!
//! Nearly all of them are calls of annotated functions without further data: those are written directly from their
//! records, with fields that their callsite holds as JSON already.

use std::time::SystemTime;

use super::record::{Call, SpanData, SpanRecord};
use crate::protocol::json::{TimeWriter, write_micros, write_str};
use crate::protocol::time::since_epoch;
use crate::protocol::{SpanId, SpanStatus, TraceId};
use crate::trace::callsite::Callsite;
use crate::trace::clock::Anchor;
use crate::trace::ids::{self, LocalId};
use crate::trace::record::SpanOutcome;

/// A comma and the beginning of a successful call. Everything that differs between calls has a fixed position and length.
const CALL: [u8; 192] =
    *b",{\"trace_id\":\"00000000000000000000000000000000\",\"span_id\":\"0000000000000000\",\
    \"parent_span_id\":\"0000000000000000\",\"start_timestamp\":0000000000.000000,\
    \"timestamp\":0000000000.000000,\"status\":\"ok\"";
const TRACE_ID: usize = behind(b"\"trace_id\":\"");
const SPAN_ID: usize = behind(b",\"span_id\":\"");
const PARENT_ID: usize = behind(b"\"parent_span_id\":\"");
const START: usize = behind(b"\"start_timestamp\":");
const END: usize = behind(b",\"timestamp\":");

/// Returns the position after a piece of [`CALL`].
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
pub(crate) struct SpanWriter<'a> {
    out: &'a mut Vec<u8>,
    anchor: &'a Anchor,
    /// A copy of [`CALL`] with the values of the current span, followed by the fields of its callsite.
    call: Vec<u8>,
    start: TimeWriter,
    end: TimeWriter,
    /// The parent whose id is in `call`; zero for none.
    parent: LocalId,
    /// The callsite whose fields are in `call`.
    site: Option<&'static Callsite>,
}

impl<'a> SpanWriter<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, anchor: &'a Anchor, trace_id: TraceId) -> Self {
        let mut call = Vec::with_capacity(2 * CALL.len());
        call.extend_from_slice(&CALL);
        call[TRACE_ID..TRACE_ID + 32].copy_from_slice(&trace_id.hex());
        Self { out, anchor, call, start: TimeWriter::new(), end: TimeWriter::new(), parent: 0, site: None }
    }

    /// Writes a comma and a span.
    #[inline]
    pub(crate) fn write(&mut self, row: &SpanRecord) {
        match row {
            SpanRecord::Call(call) => self.call(call),
            SpanRecord::Full(span) => self.full(span),
        }
    }

    #[inline]
    fn call(&mut self, call: &Call) {
        let start = self.anchor.micros(call.start);
        let end = self.anchor.micros(call.end).max(start);
        if call.outcome == SpanOutcome::Ok && self.prepare(call, start, end) {
            self.out.extend_from_slice(&self.call);
        } else {
            let (id, parent) = (ids::wire(call.id), ids::wire(call.parent));
            self.head(id, Some(parent), start, end, call.outcome.status());
            self.out.extend_from_slice(call.site.json_fields());
            self.out.push(b'}');
        }
    }

    /// Puts those values of a call into `call` that differ from the previous one. Returns `false` if a time does not
    /// fit.
    #[inline]
    fn prepare(&mut self, call: &Call, start: u64, end: u64) -> bool {
        // Consecutive spans are often calls of the same function.
        if !self.site.is_some_and(|site| std::ptr::eq(site, call.site)) {
            self.site = Some(call.site);
            self.call.truncate(CALL.len());
            self.call.extend_from_slice(call.site.json_fields());
            self.call.push(b'}');
        }
        let Some(text) = self.call.first_chunk_mut::<{ CALL.len() }>() else { return false };
        if let Some(text) = text[START..].first_chunk_mut()
            && !self.start.write(text, start)
        {
            return false;
        }
        if let Some(text) = text[END..].first_chunk_mut()
            && !self.end.write(text, end)
        {
            return false;
        }
        text[SPAN_ID..SPAN_ID + 16].copy_from_slice(&ids::wire(call.id).hex());
        if self.parent != call.parent {
            self.parent = call.parent;
            text[PARENT_ID..PARENT_ID + 16].copy_from_slice(&ids::wire(call.parent).hex());
        }
        true
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::protocol::{AttributeValue, Map, Value};
    use crate::trace::callsite::CallsiteOptions;

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
        SpanWriter::new(&mut out, &anchor, trace_id).write(&SpanRecord::Full(Box::new(span)));
        assert_eq!(serde_json::from_slice::<Value>(&out[1..]).unwrap(), typed);
    }

    #[test]
    fn a_call_is_written_like_the_same_span_with_room_for_more() {
        static SITE: Callsite = Callsite {
            path: || "shop::pay::__SentryFunction",
            module: "shop",
            location: "src/pay.rs:7",
            options: &CallsiteOptions::new().op("bank"),
        };
        let (trace_id, anchor) = (TraceId::from_u128(5), Anchor::take());
        let write = |row: &SpanRecord| {
            let mut out = Vec::new();
            SpanWriter::new(&mut out, &anchor, trace_id).write(row);
            serde_json::from_slice::<Value>(&out[1..]).unwrap()
        };
        let outcomes = [SpanOutcome::Ok, SpanOutcome::Failed, SpanOutcome::Cancelled];
        // A counter that goes back gives no span that ends before its start.
        let times = [(10, 1000), (1 << 40, 10)];
        for (outcome, (start, end)) in
            outcomes.into_iter().flat_map(|outcome| times.map(|times| (outcome, times)))
        {
            let call = Call { id: 5, parent: 6, site: &SITE, start, end, outcome };
            let mut full = write(&SpanRecord::Full(Box::new(call.with_room(&anchor))));
            let mut short = write(&SpanRecord::Call(call));
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

    #[test]
    fn each_call_has_its_own_parent_and_fields_whatever_was_written_before() {
        static ONE: Callsite = site(&CallsiteOptions::new().name("one"));
        static OTHER: Callsite = site(&CallsiteOptions::new().name("other"));
        const fn site(options: &'static CallsiteOptions) -> Callsite {
            Callsite {
                path: || "shop::pay::__SentryFunction",
                module: "shop",
                location: "src/pay.rs:7",
                options,
            }
        }
        let anchor = Anchor::take();
        let call = |id, parent, site: &'static Callsite, outcome| {
            SpanRecord::Call(Call { id, parent, site, start: 10, end: 1000, outcome })
        };
        let calls = [
            call(5, 1, &ONE, SpanOutcome::Ok),
            call(6, 1, &OTHER, SpanOutcome::Ok),
            call(7, 2, &OTHER, SpanOutcome::Failed),
            call(8, 2, &ONE, SpanOutcome::Ok),
            call(9, 1, &ONE, SpanOutcome::Ok),
        ];
        let (mut out, trace_id) = (Vec::new(), TraceId::from_u128(5));
        let mut writer = SpanWriter::new(&mut out, &anchor, trace_id);
        calls.iter().for_each(|call| writer.write(call));
        out[0] = b'[';
        let together: Vec<Value> =
            serde_json::from_str(&format!("{}]", String::from_utf8(out).unwrap())).unwrap();
        for (call, written) in calls.iter().zip(&together) {
            let mut alone = Vec::new();
            SpanWriter::new(&mut alone, &anchor, trace_id).write(call);
            assert_eq!(serde_json::from_slice::<Value>(&alone[1..]).unwrap(), *written);
        }
    }
}
