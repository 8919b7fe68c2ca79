//! The header lines of an envelope and of its items, written by hand: they are made anew for every request.

use std::time::SystemTime;

use super::{Envelope, EnvelopeItem, SDK};
use crate::protocol::json::ObjectWriter;
use crate::protocol::time::date_text;

/// Writes the header of an envelope that is sent now, or at another time; `dsn` is for a tunnel.
pub(super) fn write(out: &mut Vec<u8>, envelope: &Envelope, sent_at: SystemTime, dsn: Option<&str>) {
    let mut header = ObjectWriter::new(out);
    if let Some(id) = envelope.event_id {
        let mut digits = [0; 32];
        id.simple().encode_lower(&mut digits);
        header.plain_text("event_id", &digits);
    }
    header.plain_text("sent_at", &date_text(sent_at));
    header.raw("sdk", |out| {
        let mut sdk = ObjectWriter::new(out);
        sdk.text("name", SDK.name);
        sdk.text("version", SDK.version);
        sdk.end();
    });
    header.some_text("dsn", dsn);
    if let Some(trace) = &envelope.trace {
        header.raw("trace", |out| {
            let mut context = ObjectWriter::new(out);
            trace.iter().for_each(|(key, value)| context.text(key, value));
            context.end();
        });
    }
    header.end();
    out.push(b'\n');
}

/// Writes the header of an item.
pub(super) fn write_of_item(out: &mut Vec<u8>, item: &EnvelopeItem) {
    let mut header = ObjectWriter::new(out);
    match item.foreign.as_ref().and_then(|foreign| foreign.ty.as_deref()) {
        Some(ty) => header.text("type", ty),
        None => header.field("type", &item.ty),
    }
    header.number("length", item.payload.len() as u64);
    if !item.content_type.is_empty() {
        header.text("content_type", &item.content_type);
    }
    if let Some(count) = item.item_count {
        header.number("item_count", count as u64);
    }
    header.some_text("filename", item.filename.as_deref());
    header.some_text("attachment_type", item.attachment_type.as_deref());
    for (name, value) in item.foreign.iter().flat_map(|foreign| &foreign.attributes) {
        header.field(name, value);
    }
    header.end();
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::protocol::{DataCategory, DynamicSamplingContext, ItemType, Uuid};

    #[test]
    fn headers_are_one_line_each_and_texts_are_escaped() {
        let mut trace = DynamicSamplingContext::default();
        trace.set("transaction", "a \"quoted\"\nname");
        let envelope = Envelope::new().with_event_id(Uuid::from_u128(0xab)).with_trace(trace.into());
        let mut out = Vec::new();
        write(&mut out, &envelope, UNIX_EPOCH, Some("http://key@host/1"));
        let version = SDK.version;
        let expected = format!(
            "{}{}{}{}",
            r#"{"event_id":"000000000000000000000000000000ab","sent_at":"1970-01-01T00:00:00.000Z","#,
            format_args!(r#""sdk":{{"name":"sentry.rust.runtime","version":"{version}"}},"#),
            r#""dsn":"http://key@host/1","trace":{"transaction":"a \"quoted\"\nname"}}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn an_item_has_what_it_needs() {
        let written = |item: EnvelopeItem| {
            let mut out = Vec::new();
            write_of_item(&mut out, &item);
            String::from_utf8(out).unwrap()
        };
        let logs = EnvelopeItem::container(ItemType::Log, "a/b", *b"[]", 2, DataCategory::LogItem);
        assert_eq!(
            written(logs),
            "{\"type\":\"log\",\"length\":2,\"content_type\":\"a/b\",\"item_count\":2}\n"
        );
        let file = EnvelopeItem::attachment("a\nb", Some("event.minidump".into()), "", *b"xyz");
        let file = written(file);
        assert_eq!(
            file,
            "{\"type\":\"attachment\",\"length\":3,\"filename\":\"a\\nb\",\"attachment_type\":\"event.minidump\"}\n"
        );
    }
}
