//! The parser of envelopes, for the spool on disk.
//!
//! [Spec, "Parsing"](https://develop.sentry.dev/sdk/foundations/transport/envelopes/).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{IgnoredAny, IntoDeserializer};
use uuid::Uuid;

use super::{Envelope, EnvelopeItem, Foreign, ItemType};
use crate::protocol::client_report::DataCategory;
use crate::protocol::dsc::DynamicSamplingContext;
use crate::protocol::{Map, Value, map_of};

/// The error of bytes that are not a valid envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseEnvelopeError {
    at: usize,
    problem: String,
}

impl fmt::Display for ParseEnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an envelope: {} (at byte {})", self.problem, self.at)
    }
}

impl std::error::Error for ParseEnvelopeError {}

impl ParseEnvelopeError {
    /// The error of a file that cannot be read.
    pub(super) fn unread(error: &std::io::Error) -> Self {
        Self { at: 0, problem: error.to_string() }
    }
}

/// The fields of a header, which are taken out one after the other.
///
/// A header is read as plain JSON, whose reader this crate contains anyway. A derived reader of a type that keeps unknown
/// fields would be a second one, and larger.
struct Fields(serde_json::Map<String, Value>);

impl Fields {
    fn read(line: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(line) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err("a header is not an object".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Takes a field that is not `null`.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("`{name}` is not a string")),
        }
    }

    fn number(&mut self, name: &str) -> Result<Option<usize>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.map(Some).ok_or_else(|| format!("`{name}` is not a number of at most {}", usize::MAX))
    }
}

struct ItemHeader {
    ty: String,
    length: Option<usize>,
    content_type: String,
    item_count: Option<usize>,
    filename: Option<String>,
    attachment_type: Option<String>,
    attributes: Map<String, Value>,
}

impl ItemHeader {
    fn read(line: &[u8]) -> Result<Self, String> {
        let mut fields = Fields::read(line)?;
        Ok(Self {
            ty: fields.text("type")?.ok_or("an item has no type")?,
            length: fields.number("length")?,
            content_type: fields.text("content_type")?.unwrap_or_default(),
            item_count: fields.number("item_count")?,
            filename: fields.text("filename")?,
            attachment_type: fields.text("attachment_type")?,
            attributes: map_of(fields.0),
        })
    }
}

impl Envelope {
    /// Reads an envelope that was written by [`to_bytes`](Self::to_bytes) or by another SDK. The header's sending time
    /// is ignored, because it is written again when the envelope is sent. Items of an unknown type are kept.
    ///
    /// # Errors
    /// A line that is not the expected JSON, or a payload whose length differs from its header.
    ///
    /// ```
    /// use sentry::Envelope;
    /// use sentry::protocol::ItemType;
    ///
    /// let envelope = Envelope::from_slice(b"{}\n{\"type\":\"event\",\"length\":2}\n{}\n")?;
    /// assert_eq!(envelope.items()[0].ty(), ItemType::Event);
    /// # Ok::<(), sentry::protocol::ParseEnvelopeError>(())
    /// ```
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ParseEnvelopeError> {
        let error =
            |rest: &[u8], problem: String| ParseEnvelopeError { at: bytes.len() - rest.len(), problem };
        let (line, mut rest) = split_line(bytes);
        let (event_id, trace) = header(line).map_err(|problem| error(bytes, problem))?;
        let mut envelope = Self { event_id, trace, items: Vec::new(), ack: None };
        while !rest.is_empty() {
            let (line, payload) = split_line(rest);
            if line.is_empty() {
                rest = payload;
                continue;
            }
            let header = ItemHeader::read(line).map_err(|problem| error(rest, problem))?;
            let (payload, after) = match header.length {
                None => split_line(payload),
                Some(length) => {
                    let cut =
                        || error(payload, format!("a payload of {length} bytes has only {}", payload.len()));
                    let (payload, after) = payload.split_at_checked(length).ok_or_else(cut)?;
                    match after.first() {
                        None | Some(b'\n') => (payload, after.get(1..).unwrap_or_default()),
                        Some(_) => {
                            return Err(error(after, "a payload is longer than its header says".to_owned()));
                        }
                    }
                }
            };
            envelope.items.push(EnvelopeItem::read(header, payload));
            rest = after;
        }
        Ok(envelope)
    }

    /// Replaces the quantities by which the loss of each item is counted.
    pub(crate) fn set_quantities(&mut self, quantities: Vec<Vec<(DataCategory, u64)>>) {
        for (item, quantities) in self.items.iter_mut().zip(quantities) {
            item.quantities = quantities;
        }
    }
}

impl EnvelopeItem {
    fn read(header: ItemHeader, payload: &[u8]) -> Self {
        let ty = item_type(&header.ty);
        let foreign = (ty == ItemType::Unknown || !header.attributes.is_empty()).then(|| {
            let ty = (ty == ItemType::Unknown).then(|| header.ty.clone());
            Box::new(Foreign { ty, attributes: header.attributes.clone() })
        });
        Self {
            quantities: quantities(ty, &header, payload),
            ty,
            foreign,
            payload: Arc::new(payload.to_vec().into()),
            content_type: Cow::Owned(header.content_type),
            item_count: header.item_count,
            filename: header.filename,
            attachment_type: header.attachment_type,
            sent: None,
        }
    }
}

fn item_type(name: &str) -> ItemType {
    let name: StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
    ItemType::deserialize(name).unwrap_or(ItemType::Unknown)
}

fn quantities(ty: ItemType, header: &ItemHeader, payload: &[u8]) -> Vec<(DataCategory, u64)> {
    #[derive(Deserialize)]
    struct Spans {
        #[serde(default)]
        spans: Vec<IgnoredAny>,
    }
    let count = header.item_count.unwrap_or(1) as u64;
    match ty {
        ItemType::Unknown => vec![(DataCategory::Default, count)],
        ItemType::Event => vec![(DataCategory::Error, 1)],
        ItemType::Transaction => {
            let spans = serde_json::from_slice(payload).map_or(0, |Spans { spans }| spans.len() as u64);
            vec![(DataCategory::Transaction, 1), (DataCategory::Span, spans + 1)]
        }
        ItemType::Span => vec![(DataCategory::Span, count)],
        ItemType::CheckIn => vec![(DataCategory::Monitor, 1)],
        ItemType::ClientReport => vec![(DataCategory::Internal, 1)],
        ItemType::Session | ItemType::Sessions => vec![(DataCategory::Session, 1)],
        ItemType::Feedback => vec![(DataCategory::Feedback, 1)],
        ItemType::Attachment => vec![(DataCategory::Attachment, payload.len() as u64)],
        ItemType::Log => vec![(DataCategory::LogItem, count), (DataCategory::LogByte, payload.len() as u64)],
        ItemType::TraceMetric => vec![(DataCategory::TraceMetric, count)],
    }
}

/// Returns the id of the event, and the trace, that the header of an envelope contains.
fn header(line: &[u8]) -> Result<(Option<Uuid>, Option<Arc<DynamicSamplingContext>>), String> {
    let mut fields = Fields::read(line)?;
    let id = fields.text("event_id")?;
    let id = id.map(|id| id.parse().map_err(|_| "`event_id` is not a UUID")).transpose()?;
    let trace = match fields.take("trace") {
        None => None,
        Some(Value::Object(entries)) => Some(context(entries)),
        Some(_) => return Err("`trace` is not an object".to_owned()),
    };
    Ok((id, trace))
}

fn context(entries: serde_json::Map<String, Value>) -> Arc<DynamicSamplingContext> {
    let mut context = DynamicSamplingContext::default();
    for (key, value) in entries {
        match value {
            Value::String(value) => context.set(key, value),
            Value::Null => {}
            other => context.set(key, other.to_string()),
        }
    }
    Arc::new(context)
}

/// Returns the first line without its end, and the rest.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut trace = DynamicSamplingContext::default();
        trace.set("trace_id", "771a43a4192642f0b136d5159a501700");
        trace.set("public_key", "abc");
        let mut envelope = Envelope::new().with_event_id(Uuid::from_u128(7)).with_trace(Arc::new(trace));
        envelope.add_item(EnvelopeItem::transaction(*br#"{"spans":[{},{}]}"#, 2));
        envelope.add_item(EnvelopeItem::attachment("a\nb.txt", None, "text/plain", *b"x\ny\n"));
        let log = "application/vnd.sentry.items.log+json";
        envelope.add_item(EnvelopeItem::container(ItemType::Log, log, *b"{}", 5, DataCategory::LogItem));
        let bytes = envelope.to_bytes(UNIX_EPOCH);
        let read = Envelope::from_slice(&bytes).unwrap();
        assert_eq!(read.event_id(), envelope.event_id());
        assert_eq!(read.trace().unwrap().get("public_key"), Some("abc"));
        for (read, written) in read.items().iter().zip(envelope.items()) {
            assert_eq!((read.ty(), read.payload()), (written.ty(), written.payload()));
            assert_eq!(read.quantities(), written.quantities());
        }
        let again = Envelope::from_slice(&read.to_bytes(UNIX_EPOCH)).unwrap();
        assert_eq!(again.to_bytes(UNIX_EPOCH), read.to_bytes(UNIX_EPOCH));
    }

    #[test]
    fn what_this_version_does_not_know_is_kept() {
        let text = concat!(
            "{}\n",
            r#"{"type":"event","length":2,"content_type":"application/json"}"#,
            "\n{}\n",
            r#"{"type":"poem","length":3,"verses":2}"#,
            "\na\nb\n",
            r#"{"type":"log","length":2,"content_type":"x","item_count":4,"meta":{"a":[1]}}"#,
            "\n{}\n",
        );
        let read = Envelope::from_slice(text.as_bytes()).unwrap();
        let types: Vec<_> = read.items().iter().map(EnvelopeItem::ty).collect();
        assert_eq!(types, [ItemType::Event, ItemType::Unknown, ItemType::Log]);
        assert_eq!(read.items()[1].quantities(), [(DataCategory::Default, 1)]);
        let written = String::from_utf8(read.to_bytes(UNIX_EPOCH)).unwrap();
        assert_eq!(written.split_once('\n').unwrap().1, text.split_once('\n').unwrap().1);
    }

    #[test]
    fn what_is_cut_or_malformed_is_an_error() {
        let mut envelope = Envelope::new();
        envelope.add_item(EnvelopeItem::json(ItemType::Event, *br#"{"a":1}"#, DataCategory::Error));
        let bytes = envelope.to_bytes(UNIX_EPOCH);
        let header = bytes.iter().position(|&byte| byte == b'\n').unwrap();
        // The end of the header and the last newline may go; nothing between.
        for length in header + 2..bytes.len() - 1 {
            assert!(Envelope::from_slice(&bytes[..length]).is_err(), "{length}");
        }
        for text in ["", "hello", "[]", "{}\n{\"length\":1}\nx", "{}\n{\"type\":\"event\",\"length\":1}\n{}"]
        {
            assert!(Envelope::from_slice(text.as_bytes()).is_err(), "{text}");
        }
        for header in [r#"{"event_id":7}"#, r#"{"event_id":"x"}"#, r#"{"trace":"x"}"#, r#"{"trace":[]}"#] {
            assert!(Envelope::from_slice(header.as_bytes()).is_err(), "{header}");
        }
        for field in [
            r#""type":1"#,
            r#""type":"event","length":-1"#,
            r#""type":"event","length":"2""#,
            r#""type":"event","length":2.0"#,
            r#""type":"event","content_type":1"#,
            r#""type":"event","item_count":{}"#,
            r#""type":"event","filename":1"#,
            r#""type":"event","attachment_type":[]"#,
        ] {
            assert!(Envelope::from_slice(format!("{{}}\n{{{field}}}\n{{}}").as_bytes()).is_err(), "{field}");
        }
        for fields in [r#""event_id":null"#, r#""trace":null,"dsn":1"#] {
            assert!(Envelope::from_slice(format!("{{{fields}}}").as_bytes()).is_ok(), "{fields}");
        }
        assert!(Envelope::from_slice(b"{}").unwrap().items().is_empty());
    }
}
