//! Tolerant reading of raw envelopes.
//!
//! SDKs of many languages and ages send here, so that whatever can be understood is: an item without a length ends at
//! the line's end, a damaged item is counted and the others are kept. [`decode`] undoes compression, [`reader`] finds
//! the envelopes in a file of many.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/envelopes/)

pub(crate) mod decode;
pub(crate) mod reader;

use serde_json::{Map, Value};

/// The maximum number of items in an envelope; the rest is counted as damage.
const MAX_ITEMS: usize = 2_000;

/// An envelope that borrows the payloads of its items.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    /// The header; empty if it could not be read.
    pub(crate) header: Map<String, Value>,
    /// The items in the order in which they were sent.
    pub(crate) items: Vec<Item<'a>>,
    /// The number of parts that could not be read.
    pub(crate) damage: u32,
}

/// An item of an envelope.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    /// The header of the item, which always has a `type`.
    pub(crate) header: Map<String, Value>,
    /// The payload as it was sent.
    pub(crate) payload: &'a [u8],
}

impl Item<'_> {
    /// Returns the type, such as `transaction`.
    pub(crate) fn kind(&self) -> &str {
        self.header.get("type").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Reads an envelope. It never fails: what cannot be read is counted in [`Envelope::damage`].
pub(crate) fn parse(bytes: &[u8]) -> Envelope<'_> {
    let mut envelope = Envelope::default();
    let (line, mut rest) = split_line(bytes);
    match object(line) {
        Some(header) => envelope.header = header,
        None => {
            envelope.damage = 1;
            return envelope;
        }
    }
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let header = object(line).filter(is_item_header);
        let (Some(mut header), true) = (header, envelope.items.len() < MAX_ITEMS) else {
            // Where the next item begins is unknown.
            envelope.damage += 1;
            return envelope;
        };
        let payload = match header.get("length").and_then(Value::as_u64) {
            Some(length) => {
                let Some((payload, after)) =
                    usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length))
                else {
                    envelope.damage += 1;
                    return envelope;
                };
                rest = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).unwrap_or(after);
                payload
            }
            None => {
                let (payload, after) = split_line(rest);
                rest = after;
                header.insert("length".to_owned(), payload.len().into());
                payload
            }
        };
        envelope.items.push(Item { header, payload });
    }
    envelope
}

impl Envelope<'_> {
    /// Returns the envelope in the form in which files hold it: every item with its length, and nothing that could not
    /// be read.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.items.iter().map(|item| item.payload.len() + 256).sum());
        let mut header = self.header.clone();
        // A reader of files tells items from envelopes by it.
        header.remove("type");
        write_line(&mut out, &header);
        for item in &self.items {
            write_line(&mut out, &item.header);
            out.extend_from_slice(item.payload);
            out.push(b'\n');
        }
        out
    }
}

/// Returns the envelope that an SDK of today would send for an event of the old endpoint `store`. Returns `None` if the
/// event is not a JSON object.
pub(crate) fn of_event(event: &[u8]) -> Option<Vec<u8>> {
    let fields = object(event)?;
    let mut header = Map::new();
    for name in ["event_id", "sdk"] {
        if let Some(value) = fields.get(name) {
            header.insert(name.to_owned(), value.clone());
        }
    }
    let kind = if fields.get("type").and_then(Value::as_str) == Some("transaction") {
        "transaction"
    } else {
        "event"
    };
    let item = Map::from_iter([("type".to_owned(), kind.into()), ("length".to_owned(), event.len().into())]);
    let item = Item { header: item, payload: event };
    Some(Envelope { header, items: vec![item], damage: 0 }.to_bytes())
}

/// Returns whether a JSON object is the header of an item, and not of an envelope.
pub(crate) fn is_item_header(header: &Map<String, Value>) -> bool {
    header.get("type").is_some_and(Value::is_string)
}

/// Reads a JSON object.
pub(crate) fn object(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) => {
            let line = &bytes[..end];
            (line.strip_suffix(b"\r").unwrap_or(line), &bytes[end + 1..])
        }
        None => (bytes, &[]),
    }
}

fn write_line(out: &mut Vec<u8>, header: &Map<String, Value>) {
    // A map of JSON values always serialises.
    let _ = serde_json::to_writer(&mut *out, header);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds<'a>(envelope: &'a Envelope<'_>) -> Vec<(&'a str, &'a [u8])> {
        envelope.items.iter().map(|item| (item.kind(), item.payload)).collect()
    }

    #[test]
    fn items_with_and_without_a_length_are_read() {
        let bytes = b"{\"event_id\":\"a\"}\n{\"type\":\"event\",\"length\":3}\n{\n}\n\n{\"type\":\"attachment\"}\r\nabc\r\n{\"type\":\"log\",\"length\":2}\n[]";
        let envelope = parse(bytes);
        assert_eq!(envelope.damage, 0);
        assert_eq!(kinds(&envelope), [("event", &b"{\n}"[..]), ("attachment", b"abc"), ("log", b"[]")]);
        let written = envelope.to_bytes();
        let again = parse(&written);
        assert_eq!((kinds(&again), again.damage), (kinds(&envelope), 0));
    }

    #[test]
    fn damage_costs_what_is_damaged_and_is_counted() {
        for (bytes, items) in [
            (&b""[..], 0),
            (b"nonsense", 0),
            (b"{}\n{\"type\":\"event\",\"length\":99}\nshort", 0),
            (b"{}\n{\"type\":\"event\",\"length\":2}\n{}\nnonsense", 1),
            (b"{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}", 0),
            (b"{}\n{\"type\":7}\n{}", 0),
        ] {
            let envelope = parse(bytes);
            assert_eq!(
                (envelope.items.len(), envelope.damage),
                (items, 1),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn an_event_of_the_old_endpoint_becomes_an_envelope() {
        let bytes = of_event(br#"{"event_id":"abc","message":"hello"}"#).unwrap();
        let envelope = parse(&bytes);
        assert_eq!(envelope.header["event_id"], "abc");
        assert_eq!(envelope.items[0].kind(), "event");
        assert!(of_event(b"[1]").is_none());
    }
}
