//! The parser of envelopes, which records protocol violations.
//!
//! A real server accepts much of what is recorded here (a missing length, for example), but not all servers accept the
//! same.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/envelopes/)

use serde_json::Value;

use crate::telemetry;

/// An envelope as it arrived.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The envelope's headers.
    pub header: Value,
    /// The items, in order.
    pub items: Vec<Item>,
}

/// One item of an envelope.
#[derive(Debug, Clone)]
pub struct Item {
    /// The item's headers.
    pub header: Value,
    /// The payload as it arrived.
    pub bytes: Vec<u8>,
    /// The payload as JSON; `null` if it is not JSON, as an attachment may be.
    pub payload: Value,
}

impl Item {
    /// Returns the type in the item's header; empty if there is none.
    #[must_use]
    pub fn ty(&self) -> &str {
        self.header["type"].as_str().unwrap_or_default()
    }
}

impl Envelope {
    /// Parses the bytes of an envelope. Adds broken rules to `violations`; returns `None` if the bytes cannot be
    /// parsed at all.
    pub fn parse(bytes: &[u8], violations: &mut Vec<String>) -> Option<Self> {
        let mut rest = bytes;
        let header = header(&mut rest, "envelope header", violations)?;
        check_envelope_header(&header, violations);
        let mut items = Vec::new();
        while !rest.is_empty() {
            let number = items.len();
            let Some(item) = item(&mut rest, number, violations) else {
                break;
            };
            check_item(&header, &item, number, violations);
            items.push(item);
        }
        if items.is_empty() {
            violations.push("an envelope without items".to_owned());
        }
        Some(Self { header, items })
    }

    /// Returns the items of a type.
    pub fn items_of(&self, ty: &str) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.ty() == ty)
    }
}

/// Parses a line of headers: one JSON object.
fn header(rest: &mut &[u8], what: &str, violations: &mut Vec<String>) -> Option<Value> {
    let line = match rest.iter().position(|&byte| byte == b'\n') {
        Some(end) => {
            let (line, after) = rest.split_at(end);
            *rest = &after[1..];
            line
        }
        None => std::mem::take(rest),
    };
    match serde_json::from_slice::<Value>(line) {
        Ok(value) if value.is_object() => Some(value),
        _ => {
            violations.push(format!(
                "{what}: not one line with a JSON object: {:?}",
                String::from_utf8_lossy(&line[..line.len().min(200)])
            ));
            None
        }
    }
}

fn item(rest: &mut &[u8], number: usize, violations: &mut Vec<String>) -> Option<Item> {
    let header = header(rest, &format!("header of item {number}"), violations)?;
    let length = match header.get("length").map(Value::as_u64) {
        Some(Some(length)) => usize::try_from(length).ok()?,
        _ => {
            violations.push(format!("item {number}: no length in {header}"));
            rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
        }
    };
    if length > rest.len() {
        violations.push(format!("item {number}: length {length}, but only {} bytes are left", rest.len()));
        return None;
    }
    let (bytes, after) = rest.split_at(length);
    match after.first() {
        None | Some(b'\n') => *rest = after.get(1..).unwrap_or_default(),
        Some(_) => {
            violations.push(format!("item {number}: length {length} does not end at the end of a line"));
            return None;
        }
    }
    let payload = serde_json::from_slice(bytes).unwrap_or_default();
    Some(Item { header, bytes: bytes.to_vec(), payload })
}

fn check_envelope_header(header: &Value, violations: &mut Vec<String>) {
    if let Some(id) = header.get("event_id")
        && !is_hex(id, 32)
    {
        violations.push(format!("envelope header: event_id {id} is not 32 lower-case hex digits"));
    }
    if let Some(trace) = header.get("trace") {
        if !is_hex(&trace["trace_id"], 32) {
            violations.push(format!("envelope header: trace without a trace_id: {trace}"));
        }
        if !trace["public_key"].is_string() {
            violations.push(format!("envelope header: trace without a public_key: {trace}"));
        }
        if trace.as_object().is_some_and(|entries| entries.values().any(|value| !value.is_string())) {
            violations.push(format!("envelope header: a value in trace is not a string: {trace}"));
        }
    }
}

fn check_item(header: &Value, item: &Item, number: usize, violations: &mut Vec<String>) {
    let ty = item.ty();
    let mut violation = |what: String| violations.push(format!("item {number} ({ty}): {what}"));
    if ty.is_empty() {
        violation(format!("no type in {}", item.header));
    }
    if ty != "attachment" && !item.payload.is_object() {
        violation("the payload is not a JSON object".to_owned());
        return;
    }
    match ty {
        "event" | "transaction" | "feedback" => {
            let id = &item.payload["event_id"];
            if !is_hex(id, 32) {
                violation(format!("event_id {id} is not 32 lower-case hex digits"));
            }
            if &header["event_id"] != id {
                violation(format!("event_id {id}, but {} in the envelope header", header["event_id"]));
            }
            if ty == "feedback" {
                for broken in telemetry::feedback(&item.payload) {
                    violation(broken);
                }
            }
        }
        "span" | "log" | "trace_metric" => {
            let count = item.payload["items"].as_array().map(Vec::len);
            let stated = item.header["item_count"].as_u64().and_then(|count| usize::try_from(count).ok());
            if count.is_none() || count != stated {
                violation(format!("item_count says {stated:?}, the payload has {count:?} items"));
            }
            for broken in telemetry::batch(ty, &item.header, &item.payload) {
                violation(broken);
            }
            if ty == "span" {
                crate::spans::check(header, &item.header, &item.payload, &mut violation);
            }
        }
        "session" | "sessions" => {
            for broken in telemetry::session(ty, &item.payload) {
                violation(broken);
            }
        }
        "check_in" => {
            if !is_hex(&item.payload["check_in_id"], 32) {
                violation(format!("check_in_id {} is not 32 hex digits", item.payload["check_in_id"]));
            }
            if !item.payload["monitor_slug"].is_string() {
                violation("no monitor_slug".to_owned());
            }
        }
        "client_report" if !item.payload["discarded_events"].is_array() => {
            violation("no discarded_events".to_owned());
        }
        _ => {}
    }
}

pub(crate) fn is_hex(value: &Value, length: usize) -> bool {
    value.as_str().is_some_and(|text| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Envelope>, Vec<String>) {
        let mut violations = Vec::new();
        let envelope = Envelope::parse(text.as_bytes(), &mut violations);
        (envelope, violations)
    }

    #[test]
    fn a_good_envelope_has_no_violations() {
        let (envelope, violations) = parse(concat!(
            r#"{"event_id":"00000000000000000000000000000001"}"#,
            "\n",
            r#"{"type":"event","length":47}"#,
            "\n",
            r#"{"event_id":"00000000000000000000000000000001"}"#,
            "\n",
            r#"{"type":"attachment","length":3,"filename":"a"}"#,
            "\na\nb",
        ));
        assert_eq!(violations, [""; 0]);
        let envelope = envelope.unwrap();
        assert_eq!(envelope.items[1].bytes, b"a\nb");
        assert_eq!(envelope.items_of("event").count(), 1);
    }

    #[test]
    fn every_broken_rule_is_named() {
        for (text, expected) in [
            ("", "envelope header: not one line"),
            ("{\n}\n", "envelope header: not one line"),
            ("{}\n", "without items"),
            ("{}\n{\"type\":\"session\"}\n{}\n", "no length"),
            ("{}\n{\"type\":\"session\",\"length\":2}\n{}\n", "no release"),
            ("{}\n{\"type\":\"log\",\"length\":2}\n{}\n", "version null"),
            ("{}\n{\"type\":\"session\",\"length\":9}\n{}\n", "only 3 bytes are left"),
            ("{}\n{\"type\":\"session\",\"length\":1}\n{}\n", "does not end at the end of a line"),
            ("{}\n{\"length\":2}\n{}\n", "no type"),
            ("{}\n{\"type\":\"session\",\"length\":2}\n[]\n", "not a JSON object"),
            ("{}\n{\"type\":\"event\",\"length\":2}\n{}\n", "event_id null"),
            ("{}\n{\"type\":\"log\",\"length\":12,\"item_count\":2}\n{\"items\":[]}\n", "item_count"),
            ("{}\n{\"type\":\"check_in\",\"length\":2}\n{}\n", "check_in_id"),
            ("{}\n{\"type\":\"client_report\",\"length\":2}\n{}\n", "discarded_events"),
            ("{\"event_id\":\"AB\"}\n{\"type\":\"session\",\"length\":2}\n{}\n", "lower-case hex"),
            ("{\"trace\":{}}\n{\"type\":\"session\",\"length\":2}\n{}\n", "public_key"),
        ] {
            let (_, violations) = parse(text);
            assert!(
                violations.iter().any(|violation| violation.contains(expected)),
                "{text:?}: {violations:?}"
            );
        }
    }
}
