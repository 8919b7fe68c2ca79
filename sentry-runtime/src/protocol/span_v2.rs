//! The writer of spans of protocol version 2: separate spans in batches, with typed attributes.
//!
//! Spans are written without `serde`, because there are thousands per second. This module only knows the names and the
//! order of the fields, not the source of their values.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/).

use super::AttributeValue;
use super::ids::{SpanId, TraceId};
use super::json::{write_micros, write_str};
use super::span::SpanLink;
use super::span_status::SpanStatus;

/// The content type of a batch.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.sentry.items.span.v2+json";
/// The maximum number of spans in a batch.
pub(crate) const MAX_ITEMS: usize = 1000;
/// The beginning of a batch, before its first span; commas separate the spans.
pub(crate) const OPENING: &[u8] = b"{\"version\":2,\"items\":[";
/// The end of a batch.
pub(crate) const CLOSING: &[u8] = b"]}";

/// The fields of a span besides its attributes.
#[derive(Debug)]
pub(crate) struct SpanV2<'a> {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent_span_id: Option<SpanId>,
    pub(crate) name: &'a str,
    pub(crate) status: SpanStatus,
    pub(crate) is_segment: bool,
    /// Microseconds since the Unix epoch.
    pub(crate) start: u64,
    /// Microseconds since the Unix epoch.
    pub(crate) end: u64,
    pub(crate) links: &'a [SpanLink],
}

impl SpanV2<'_> {
    /// Appends the span as JSON; `attributes` writes its attributes.
    pub(crate) fn write(&self, out: &mut Vec<u8>, attributes: impl FnOnce(&mut Attributes<'_>)) {
        out.extend_from_slice(b"{\"trace_id\":\"");
        self.trace_id.write_hex(out);
        out.extend_from_slice(b"\",\"span_id\":\"");
        self.span_id.write_hex(out);
        if let Some(parent) = self.parent_span_id {
            out.extend_from_slice(b"\",\"parent_span_id\":\"");
            parent.write_hex(out);
        }
        out.extend_from_slice(b"\",\"name\":");
        write_str(out, if self.name.is_empty() { "<unlabeled span>" } else { self.name });
        out.extend_from_slice(if is_error(self.status) {
            b",\"status\":\"error\""
        } else {
            b",\"status\":\"ok\""
        });
        out.extend_from_slice(if self.is_segment {
            b",\"is_segment\":true,\"start_timestamp\":"
        } else {
            b",\"is_segment\":false,\"start_timestamp\":"
        });
        write_micros(out, self.start);
        out.extend_from_slice(b",\"end_timestamp\":");
        write_micros(out, self.end.max(self.start));
        out.extend_from_slice(b",\"attributes\":");
        Attributes::object(out, attributes);
        if !self.links.is_empty() {
            out.extend_from_slice(b",\"links\":[");
            for (at, link) in self.links.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_link(out, link);
            }
            out.push(b']');
        }
        out.push(b'}');
    }
}

/// Returns whether a status is `error` in version 2, which only knows `ok` and `error`. Cancelled work is not an error.
fn is_error(status: SpanStatus) -> bool {
    !matches!(status, SpanStatus::Ok | SpanStatus::Cancelled)
}

fn write_link(out: &mut Vec<u8>, link: &SpanLink) {
    out.extend_from_slice(b"{\"span_id\":\"");
    link.span_id.write_hex(out);
    out.extend_from_slice(b"\",\"trace_id\":\"");
    link.trace_id.write_hex(out);
    out.push(b'"');
    if let Some(sampled) = link.sampled {
        out.extend_from_slice(if sampled { b",\"sampled\":true" } else { b",\"sampled\":false" });
    }
    if !link.attributes.is_empty() {
        out.extend_from_slice(b",\"attributes\":");
        Attributes::object(out, |attributes| {
            for (key, value) in &link.attributes {
                attributes.put(key, &AttributeValue::from_json(value));
            }
        });
    }
    out.push(b'}');
}

/// Writes attributes: names with types and values.
pub(crate) struct Attributes<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Attributes<'_> {
    /// Appends an object of attributes.
    pub(crate) fn object(out: &mut Vec<u8>, write: impl FnOnce(&mut Attributes<'_>)) {
        out.push(b'{');
        write(&mut Attributes { out, first: true });
        out.push(b'}');
    }

    /// Writes an attribute, unless it has no value. Numbers too large for receivers become strings.
    pub(crate) fn put(&mut self, key: &str, value: &AttributeValue) {
        match value {
            AttributeValue::Null => return,
            AttributeValue::F64(number) if !number.is_finite() => return,
            AttributeValue::U64(number) if i64::try_from(*number).is_err() => {
                let text = AttributeValue::from(number.to_string());
                return self.put(key, &text);
            }
            _ => {}
        }
        self.comma();
        write_str(self.out, key);
        self.out.extend_from_slice(b":{\"type\":\"");
        self.out.extend_from_slice(value.type_name().as_bytes());
        self.out.extend_from_slice(b"\",\"value\":");
        value.write_json(self.out);
        self.out.push(b'}');
    }

    /// Copies attributes that were already written: the text between the braces of an object.
    pub(crate) fn copy(&mut self, written: &[u8]) {
        if !written.is_empty() {
            self.comma();
            self.out.extend_from_slice(written);
        }
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::Map;
    use crate::protocol::Value;

    fn read(span: &SpanV2<'_>, attributes: impl FnOnce(&mut Attributes<'_>)) -> Value {
        let mut out = Vec::new();
        span.write(&mut out, attributes);
        serde_json::from_slice(&out).unwrap()
    }

    fn span(status: SpanStatus) -> SpanV2<'static> {
        SpanV2 {
            trace_id: TraceId::from_u128(1),
            span_id: SpanId::from_u64(2),
            parent_span_id: None,
            name: "GET \"/users\"",
            status,
            is_segment: true,
            start: 1_795_239_248_000_042,
            end: 1_795_239_248_500_000,
            links: &[],
        }
    }

    #[test]
    fn a_span_has_the_fields_of_the_protocol() {
        let links = [SpanLink {
            trace_id: TraceId::from_u128(3),
            span_id: SpanId::from_u64(4),
            sampled: Some(true),
            attributes: Map::from([
                ("n".to_owned(), json!(7)),
                ("sentry.link.type".to_owned(), json!("previous_trace")),
            ]),
        }];
        let parent_span_id = Some(SpanId::from_u64(9));
        let read =
            read(&SpanV2 { parent_span_id, links: &links, ..span(SpanStatus::NotFound) }, |attributes| {
                attributes.put("a", &true.into());
                attributes.copy(b"\"b\":{\"type\":\"integer\",\"value\":1}");
                attributes.copy(b"");
            });
        let expected = json!({
            "trace_id": "00000000000000000000000000000001",
            "span_id": "0000000000000002",
            "parent_span_id": "0000000000000009",
            "name": "GET \"/users\"",
            "status": "error",
            "is_segment": true,
            "start_timestamp": 1_795_239_248.000_042,
            "end_timestamp": 1_795_239_248.5,
            "attributes": {"a": {"type": "boolean", "value": true}, "b": {"type": "integer", "value": 1}},
            "links": [{
                "trace_id": "00000000000000000000000000000003",
                "span_id": "0000000000000004",
                "sampled": true,
                "attributes": {
                    "n": {"type": "integer", "value": 7},
                    "sentry.link.type": {"type": "string", "value": "previous_trace"},
                },
            }],
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn attributes_carry_their_types_and_what_is_no_value_is_not_written() {
        let read = read(&span(SpanStatus::Ok), |attributes| {
            for (key, value) in [
                ("nothing", AttributeValue::Null),
                ("nan", f64::NAN.into()),
                ("large", u64::MAX.into()),
                ("whole", 3_u64.into()),
                ("part", 0.5.into()),
                ("list", vec!["a", "b"].into()),
                ("text", "ż".into()),
            ] {
                attributes.put(key, &value);
            }
        });
        let expected = json!({
            "large": {"type": "string", "value": "18446744073709551615"},
            "whole": {"type": "integer", "value": 3},
            "part": {"type": "double", "value": 0.5},
            "list": {"type": "array", "value": ["a", "b"]},
            "text": {"type": "string", "value": "ż"},
        });
        assert_eq!(read["attributes"], expected);
    }

    #[test]
    fn only_what_failed_is_an_error_and_no_span_is_without_a_name() {
        for (status, word) in
            [(SpanStatus::Ok, "ok"), (SpanStatus::Cancelled, "ok"), (SpanStatus::DeadlineExceeded, "error")]
        {
            assert_eq!(read(&span(status), |_| {})["status"], word);
        }
        let unnamed = SpanV2 { name: "", start: 2_000_000, end: 1_000_000, ..span(SpanStatus::Ok) };
        let read = read(&unnamed, |_| {});
        assert_eq!(read["name"], "<unlabeled span>");
        assert_eq!(read["end_timestamp"], 2.0, "no span ends before it starts");
    }
}
