//! Tolerant reading of JSON: a field of a wrong type is a field that is missing.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// The latest time that is believed, in seconds: the year 2200. A greater number is in milliseconds or wrong.
const LATEST: f64 = 7_258_118_400.0;

/// Parses JSON. Python writes `NaN` and `Infinity`, which JSON does not have: they are read as null.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Some(value),
        Err(_) => serde_json::from_slice(&repaired(bytes)?).ok(),
    }
}

/// Returns the JSON with bare words that are no JSON replaced by `null`, and damaged UTF-8 by the replacement
/// character; `None` if there is nothing to repair.
fn repaired(bytes: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let text = String::from_utf8_lossy(bytes);
    let mut changed = matches!(text, std::borrow::Cow::Owned(_));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut in_string) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => {
                out.extend_from_slice(&bytes[at..bytes.len().min(at + 2)]);
                at += 2;
                continue;
            }
            b'"' => in_string = !in_string,
            b'-' | b'I' | b'N' if !in_string => {
                if let Some(word) = WORDS.iter().find(|word| bytes[at..].starts_with(word)) {
                    out.extend_from_slice(b"null");
                    at += word.len();
                    changed = true;
                    continue;
                }
            }
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
    changed.then_some(out)
}

/// Returns a text that is not empty.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// Returns a finite number; a number within a string counts.
pub(crate) fn number(value: &Value, key: &str) -> Option<f64> {
    as_number(value.get(key)?)
}

pub(crate) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// Returns a list: the value itself, or its `values`. SDKs write both for exceptions and breadcrumbs.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    match value.get(key) {
        Some(Value::Array(list)) => list,
        Some(Value::Object(object)) => {
            object.get("values").and_then(Value::as_array).map_or(&[], Vec::as_slice)
        }
        _ => &[],
    }
}

/// Returns a time as Unix seconds: a number of seconds (or milliseconds), or a date of RFC 3339.
pub(crate) fn time(value: &Value, key: &str) -> Option<f64> {
    let value = value.get(key)?;
    if let Value::String(text) = value
        && let Some(time) = date(text)
    {
        return plausible(time);
    }
    plausible(as_number(value)?)
}

fn date(text: &str) -> Option<f64> {
    let in_utc = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let time = text.parse::<Timestamp>().ok().or_else(in_utc)?;
    Some(time.as_second() as f64 + f64::from(time.subsec_nanosecond()) / 1e9)
}

fn plausible(time: f64) -> Option<f64> {
    let time = if time > LATEST { time / 1e3 } else { time };
    (time.is_finite() && (0.0..=LATEST).contains(&time)).then_some(time)
}

/// Returns the id of a trace, an event, or a check-in: 32 hexadecimal digits, with or without dashes.
pub(crate) fn id128(value: &Value, key: &str) -> Option<u128> {
    parse_id128(value.get(key)?.as_str()?)
}

pub(crate) fn parse_id128(text: &str) -> Option<u128> {
    let digits: String = text.bytes().take(40).filter(|byte| *byte != b'-').map(char::from).collect();
    if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().filter(|id| *id != 0)
}

/// Returns the id of a span: 16 hexadecimal digits. Another text is hashed, so that spans that refer to each other
/// by it still do. Zero is no id.
pub(crate) fn id64(value: &Value, key: &str) -> Option<u64> {
    let text = value.get(key)?.as_str()?;
    parse_id64(text).or_else(|| {
        if text.is_empty() || text.bytes().all(|byte| byte == b'0') {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Some(hasher.finish().max(1))
    })
}

pub(crate) fn parse_id64(text: &str) -> Option<u64> {
    let is_hex = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { u64::from_str_radix(text, 16).ok().filter(|id| *id != 0) } else { None }
}

pub(crate) fn hex128(id: u128) -> String {
    format!("{id:032x}")
}

pub(crate) fn hex64(id: u64) -> String {
    format!("{id:016x}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{id64, parse, parse_id128, time};

    #[test]
    fn words_of_python_are_null_outside_of_strings_only() {
        let value = parse(br#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \" NaN"}"#).expect("repaired");
        assert_eq!(value, json!({"a": null, "b": [null, null], "c": "NaN \" NaN"}));
        assert_eq!(parse(br#"{"a": Nothing}"#), None);
    }

    #[test]
    fn times_are_numbers_or_dates() {
        let at = |value| time(&json!({ "t": value }), "t");
        assert_eq!(at(json!(1_795_239_251.5)), Some(1_795_239_251.5));
        assert_eq!(at(json!(1_795_239_251_500_u64)), Some(1_795_239_251.5));
        assert_eq!(at(json!("2026-11-21T05:34:11.5Z")), Some(1_795_239_251.5));
        assert_eq!(at(json!("2026-11-21T05:34:11.5")), Some(1_795_239_251.5));
        for wrong in [json!(-1), json!(1e300), json!("yesterday"), json!(null), json!([])] {
            assert_eq!(at(wrong), None);
        }
    }

    #[test]
    fn ids_are_hexadecimal_and_other_texts_of_spans_are_hashed() {
        assert_eq!(parse_id128("00000000-0000-0000-0000-00000000000A"), Some(10));
        assert_eq!(parse_id128("00000000000000000000000000000000"), None);
        assert_eq!(parse_id128("xyz"), None);
        assert_eq!(id64(&json!({"id": "00000000000000ff"}), "id"), Some(255));
        assert_eq!(id64(&json!({"id": "abc-1"}), "id"), id64(&json!({"id": "abc-1"}), "id"));
        assert_eq!(id64(&json!({"id": "0000"}), "id"), None);
    }
}
