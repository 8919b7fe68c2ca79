//! The rules for batches of spans, protocol version 2.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/spans/#wire-format)

use serde_json::Value;

use crate::envelope::is_hex;

const CONTENT_TYPE: &str = "application/vnd.sentry.items.span.v2+json";
/// The maximum number of spans in one item.
const MOST: usize = 1000;
/// The attributes that every span must have.
const COMMON: [&str; 4] =
    ["sentry.segment.name", "sentry.segment.id", "sentry.sdk.name", "sentry.sdk.version"];

/// Reports broken rules of an item of spans, given the headers around it.
pub(crate) fn check(envelope: &Value, header: &Value, payload: &Value, violation: &mut dyn FnMut(String)) {
    if header["content_type"] != CONTENT_TYPE {
        violation(format!("content_type {}, not {CONTENT_TYPE}", header["content_type"]));
    }
    if payload["version"] != 2 {
        violation(format!("version {}", payload["version"]));
    }
    let items = payload["items"].as_array().map_or(&[][..], Vec::as_slice);
    if items.is_empty() || items.len() > MOST {
        violation(format!("{} spans, not 1 to {MOST}", items.len()));
    }
    for (at, span) in items.iter().enumerate() {
        check_span(envelope, span, &mut |what| violation(format!("span {at}: {what} in {span}")));
    }
}

fn check_span(envelope: &Value, span: &Value, violation: &mut dyn FnMut(&str)) {
    if !is_hex(&span["trace_id"], 32) || span["trace_id"] != envelope["trace"]["trace_id"] {
        violation("a trace_id that is not the envelope's");
    }
    if !is_hex(&span["span_id"], 16) {
        violation("a bad span_id");
    }
    if span.get("parent_span_id").is_some_and(|parent| !is_hex(parent, 16) || parent == &span["span_id"]) {
        violation("a bad parent_span_id");
    }
    if span["name"].as_str().is_none_or(str::is_empty) {
        violation("no name");
    }
    if !matches!(span["status"].as_str(), Some("ok" | "error")) {
        violation("a bad status");
    }
    let attributes = &span["attributes"];
    let text = |name: &str| attributes[name]["value"].as_str().unwrap_or_default();
    match span["is_segment"].as_bool() {
        None => violation("no is_segment"),
        Some(true) if text("sentry.segment.id") != span["span_id"] => violation("another segment's id"),
        Some(is_segment) if text("sentry.segment.name.source").is_empty() == is_segment => {
            violation("a segment without the source of its name, or another span with one")
        }
        Some(_) => {}
    }
    // Only AI spans travel in an envelope with an event, beside their transaction.
    let op = text("sentry.op");
    match envelope["event_id"].is_null() {
        true if text("sentry.trace_lifecycle") != "stream" => violation("another lifecycle"),
        false if span["is_segment"] != false || !op.starts_with("gen_ai.") => {
            violation("no AI span, in an envelope with an event_id")
        }
        _ => {}
    }
    match (span["start_timestamp"].as_f64(), span["end_timestamp"].as_f64()) {
        (Some(start), Some(end)) if 1e9 < start && start <= end => {}
        _ => violation("bad times"),
    }
    if COMMON.iter().any(|name| text(name).is_empty()) {
        violation("a common attribute is missing");
    }
    check_attributes(attributes, violation);
    let known = ["trace_id", "span_id", "parent_span_id", "name", "status", "is_segment", "start_timestamp"];
    let known = [&known[..], &["end_timestamp", "attributes", "links"]].concat();
    if span.as_object().into_iter().flatten().any(|(name, _)| !known.contains(&name.as_str())) {
        violation("an unknown field");
    }
    for link in span["links"].as_array().into_iter().flatten() {
        if !is_hex(&link["trace_id"], 32) || !is_hex(&link["span_id"], 16) {
            violation("a bad link");
        }
        check_attributes(&link["attributes"], violation);
    }
}

fn check_attributes(attributes: &Value, violation: &mut dyn FnMut(&str)) {
    for (name, attribute) in attributes.as_object().into_iter().flatten() {
        let value = &attribute["value"];
        let fits = match attribute["type"].as_str() {
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64(),
            Some("double") => value.is_f64() || value.is_i64(),
            Some("array") => value.is_array(),
            _ => false,
        };
        if !fits || attribute.as_object().is_some_and(|fields| fields.len() != 2) {
            violation(&format!("the attribute {name}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn violations(change: impl FnOnce(&mut Value, &mut Value)) -> Vec<String> {
        let trace = "6cf173d587eb48568a9b2e12dcfbea52";
        let text = |value: &str| json!({"type": "string", "value": value});
        let mut span = json!({
            "trace_id": trace, "span_id": "438f40bd3b4a41ee", "name": "GET /users", "status": "ok",
            "is_segment": true, "start_timestamp": 1_742_921_669.15, "end_timestamp": 1_742_921_669.18,
            "attributes": {
                "sentry.segment.name.source": text("route"), "sentry.trace_lifecycle": text("stream"),
                "n": {"type": "integer", "value": 1},
            },
        });
        for name in COMMON {
            span["attributes"][name] = text("438f40bd3b4a41ee");
        }
        let mut header = json!({"content_type": CONTENT_TYPE});
        change(&mut header, &mut span);
        let mut violations = Vec::new();
        let payload = json!({"version": 2, "items": [span]});
        check(&json!({"trace": {"trace_id": trace}}), &header, &payload, &mut |what| violations.push(what));
        violations
    }

    #[test]
    fn a_good_span_has_no_violations_and_every_broken_rule_is_named() {
        assert_eq!(violations(|_, _| {}), [""; 0]);
        assert!(violations(|header, _| header["content_type"] = json!("x"))[0].contains("content_type"));
        for (field, value, expected) in [
            ("trace_id", json!("00000000000000000000000000000001"), "not the envelope's"),
            ("span_id", json!("438F40BD3B4A41EE"), "span_id"),
            ("parent_span_id", json!("438f40bd3b4a41ee"), "parent_span_id"),
            ("name", json!(""), "no name"),
            ("status", json!("internal_error"), "status"),
            ("is_segment", json!(null), "is_segment"),
            ("end_timestamp", json!(1_742_921_669.1), "times"),
            ("op", json!("db"), "unknown field"),
            ("links", json!([{"trace_id": "1"}]), "link"),
        ] {
            let found = violations(|_, span| span[field] = value);
            assert!(found.iter().any(|what| what.contains(expected)), "{field}: {found:?}");
        }
        for attribute in
            [json!(1), json!({"type": "integer", "value": "1"}), json!({"type": "int", "value": 1})]
        {
            let found = violations(|_, span| span["attributes"]["n"] = attribute);
            assert!(found[0].contains("the attribute n"), "{found:?}");
        }
    }
}
