//! Spans as JSON, written by hand: there are hundreds in a transaction, and this is most of what the pipeline does.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::scrub::Scrubber;
use crate::protocol::json::{write_micros, write_str};
use crate::protocol::limits::truncated;
use crate::protocol::{
    AttributeValue, Span, SpanId, SpanLink, SpanStatus, TraceId, Transaction, TransactionSource, Value,
};

/// A span, ready to be written.
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
    pub(super) tags: Vec<(String, String)>,
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
            tags: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl SpanData {
    /// Filters sensitive attributes and cuts long texts.
    pub(super) fn scrub(&mut self, scrubber: &Scrubber, max_text: usize) {
        for (key, value) in &mut self.attributes {
            scrubber.scrub_attribute(key, value);
            if let AttributeValue::String(text) = value
                && text.len() > max_text
            {
                *text = truncated(text, max_text).into_owned().into();
            }
        }
        if let Cow::Owned(url) = scrubber.scrub_url(&self.name) {
            self.name = Cow::Owned(url);
        }
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
            tags: self.tags.iter().cloned().collect(),
            data: self.attributes.iter().map(|(key, of)| (key.clone().into_owned(), value(of))).collect(),
            links: self.links.clone(),
            ..Span::default()
        }
    }

    fn write(&self, trace_id: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"span_id\":\"");
        self.id.write_hex(out);
        if let Some(parent) = self.parent {
            out.extend_from_slice(b"\",\"parent_span_id\":\"");
            parent.write_hex(out);
        }
        out.extend_from_slice(b"\",\"trace_id\":\"");
        out.extend_from_slice(trace_id);
        if !self.op.is_empty() {
            out.extend_from_slice(b"\",\"op\":");
            write_str(out, &self.op);
            out.extend_from_slice(b",\"description\":");
        } else {
            out.extend_from_slice(b"\",\"description\":");
        }
        write_str(out, &self.name);
        out.extend_from_slice(b",\"start_timestamp\":");
        write_micros(out, micros(self.start));
        out.extend_from_slice(b",\"timestamp\":");
        write_micros(out, micros(self.end));
        out.extend_from_slice(b",\"status\":\"");
        out.extend_from_slice(self.status.as_str().as_bytes());
        out.extend_from_slice(b"\",\"origin\":");
        write_str(out, &self.origin);
        write_object(out, b",\"data\":{", &self.attributes, |out, value| value.write_json(out));
        write_object(out, b",\"tags\":{", &self.tags, |out, value| write_str(out, value));
        if !self.links.is_empty()
            && let Ok(links) = serde_json::to_vec(&self.links)
        {
            out.extend_from_slice(b",\"links\":");
            out.extend_from_slice(&links);
        }
        out.push(b'}');
    }
}

fn write_object<K: AsRef<str>, V>(
    out: &mut Vec<u8>,
    opening: &[u8],
    entries: &[(K, V)],
    write_value: impl Fn(&mut Vec<u8>, &V),
) {
    if entries.is_empty() {
        return;
    }
    out.extend_from_slice(opening);
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_str(out, key.as_ref());
        out.push(b':');
        write_value(out, value);
    }
    out.push(b'}');
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// A transaction with further spans that are written by hand. `None` when it cannot be serialised.
pub(super) fn write_transaction(
    transaction: &Transaction<'_>,
    trace_id: TraceId,
    spans: &[SpanData],
) -> Option<Vec<u8>> {
    let mut out = serde_json::to_vec(transaction).ok()?;
    if spans.is_empty() {
        return Some(out);
    }
    // The typed transaction ends with its (empty) list of spans or another field; ours takes the list's place.
    const EMPTY: &[u8] = b"\"spans\":[]";
    let at = out.windows(EMPTY.len()).position(|window| window == EMPTY)?;
    let tail = out.split_off(at + EMPTY.len() - 1);
    out.reserve(spans.len() * 320 + tail.len());
    let mut hex = Vec::with_capacity(32);
    trace_id.write_hex(&mut hex);
    for (at, span) in spans.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        span.write(&hex, &mut out);
    }
    out.extend_from_slice(&tail);
    Some(out)
}

/// An attribute as a JSON value.
pub(super) fn value(attribute: &AttributeValue) -> Value {
    serde_json::to_value(attribute).unwrap_or(Value::Null)
}

/// The source of a transaction's name.
pub(super) fn source(name: &str) -> TransactionSource {
    match name {
        "url" => TransactionSource::Url,
        "route" => TransactionSource::Route,
        "view" => TransactionSource::View,
        "component" => TransactionSource::Component,
        "task" => TransactionSource::Task,
        _ => TransactionSource::Custom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Map;

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
            tags: vec![("k".into(), "v".into())],
            ..SpanData::default()
        };
        let trace_id = TraceId::from_u128(5);
        let transaction = Transaction::default();
        let by_hand = write_transaction(&transaction, trace_id, std::slice::from_ref(&span)).unwrap();
        let by_hand: Value = serde_json::from_slice(&by_hand).unwrap();
        let typed = Transaction { spans: vec![span.to_protocol(trace_id)], ..transaction };
        assert_eq!(by_hand, serde_json::to_value(&typed).unwrap());
    }

    #[test]
    fn a_name_that_looks_like_the_list_of_spans_does_no_harm() {
        let transaction = Transaction { name: Some("\"spans\":[]".into()), ..Transaction::default() };
        let spans = [SpanData::default()];
        let json = write_transaction(&transaction, TraceId::from_u128(1), &spans).unwrap();
        let json: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["spans"].as_array().map(Vec::len), Some(1));
        let _: Map<String, Value> = serde_json::from_value(json).unwrap();
    }
}
