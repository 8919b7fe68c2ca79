//! The rules for logs, metrics, sessions and feedback.
//!
//! [Spec, logs](https://develop.sentry.dev/sdk/telemetry/logs/),
//! [metrics](https://develop.sentry.dev/sdk/telemetry/metrics/),
//! [sessions](https://develop.sentry.dev/sdk/telemetry/sessions/),
//! [feedback](https://develop.sentry.dev/sdk/telemetry/feedbacks/)

use serde_json::Value;

use crate::envelope::is_hex;

/// Returns the broken rules of a batch of logs or metrics.
pub(crate) fn batch(ty: &str, header: &Value, payload: &Value) -> Vec<String> {
    let content_type = match ty {
        "log" => "application/vnd.sentry.items.log+json",
        "trace_metric" => "application/vnd.sentry.items.trace-metric+json",
        _ => return Vec::new(),
    };
    let mut broken = Vec::new();
    if header["content_type"] != content_type {
        broken.push(format!("content_type {}", header["content_type"]));
    }
    if payload["version"] != 2 {
        broken.push(format!("version {}", payload["version"]));
    }
    let items = payload["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() || items.len() > 100 {
        broken.push(format!("{} items, not 1 to 100", items.len()));
    }
    for item in items {
        let own = if ty == "log" { log(item) } else { metric(item) };
        broken.extend(own.into_iter().chain(common(item)).map(|what| format!("{what} in {item}")));
    }
    broken
}

fn common(item: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if !item["timestamp"].is_number() {
        broken.push(format!("timestamp {}", item["timestamp"]));
    }
    if !is_hex(&item["trace_id"], 32) {
        broken.push(format!("trace_id {}", item["trace_id"]));
    }
    if item.get("span_id").is_some_and(|id| !is_hex(id, 16)) {
        broken.push(format!("span_id {}", item["span_id"]));
    }
    for (name, attribute) in item["attributes"].as_object().into_iter().flatten() {
        let value = &attribute["value"];
        let fits = match attribute["type"].as_str() {
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64(),
            Some("double") => value.is_number(),
            Some("array") => value.is_array(),
            _ => false,
        };
        if !fits || name.is_empty() {
            broken.push(format!("attribute `{name}` is {attribute}"));
        }
    }
    broken
}

fn log(log: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    const NUMBERS: [(&str, u64); 6] =
        [("trace", 1), ("debug", 5), ("info", 9), ("warn", 13), ("error", 17), ("fatal", 21)];
    let level = log["level"].as_str().unwrap_or_default();
    match NUMBERS.into_iter().find(|(name, _)| *name == level) {
        None => broken.push(format!("level {level:?}")),
        Some((_, number)) if log["severity_number"] != number => {
            broken.push(format!("severity_number {} of {level}", log["severity_number"]));
        }
        Some(_) => {}
    }
    if !log["body"].is_string() {
        broken.push(format!("body {}", log["body"]));
    }
    let attributes = log["attributes"].as_object();
    let has = |prefix: &str| attributes.is_some_and(|all| all.keys().any(|key| key.starts_with(prefix)));
    if has("sentry.message.template") && !has("sentry.message.parameter.") {
        broken.push("a template without parameters".to_owned());
    }
    broken
}

fn metric(metric: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if !matches!(metric["type"].as_str(), Some("counter" | "gauge" | "distribution")) {
        broken.push(format!("type {}", metric["type"]));
    }
    if metric["type"] == "counter" && metric.get("unit").is_some() {
        broken.push("a counter with a unit".to_owned());
    }
    if metric["name"].as_str().is_none_or(str::is_empty) {
        broken.push(format!("name {}", metric["name"]));
    }
    if !metric["value"].is_number() {
        broken.push(format!("value {}", metric["value"]));
    }
    broken
}

/// Returns the broken rules of a session update or of session aggregates.
pub(crate) fn session(ty: &str, payload: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if payload["attrs"]["release"].as_str().is_none_or(str::is_empty) {
        broken.push("no release in attrs".to_owned());
    }
    let is_time = |time: &Value| time.as_str().is_some_and(|time| time.contains('T') && time.ends_with('Z'));
    if ty == "session" {
        if payload["sid"].as_str().is_none_or(|id| id.replace('-', "").len() != 32) {
            broken.push(format!("sid {}", payload["sid"]));
        }
        if !is_time(&payload["started"]) {
            broken.push(format!("started {}", payload["started"]));
        }
        let status = payload["status"].as_str();
        if !matches!(status, Some("ok" | "exited" | "crashed" | "abnormal")) {
            broken.push(format!("status {status:?}"));
        }
        if status == Some("crashed") && payload["errors"].as_u64().is_none_or(|errors| errors == 0) {
            broken.push("a crashed session with no errors".to_owned());
        }
        return broken;
    }
    let groups = payload["aggregates"].as_array().map(Vec::as_slice).unwrap_or_default();
    if groups.is_empty() || groups.len() > 100 {
        broken.push(format!("{} aggregates, not 1 to 100", groups.len()));
    }
    for group in groups {
        let started = group["started"].as_str().unwrap_or_default();
        if !is_time(&group["started"]) || !started.ends_with(":00.000Z") {
            broken.push(format!("started {started} is not a whole minute"));
        }
    }
    broken
}

/// Returns the broken rules of feedback.
pub(crate) fn feedback(payload: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if payload["type"] != "feedback" {
        broken.push(format!("type {}", payload["type"]));
    }
    let message = payload["contexts"]["feedback"]["message"].as_str().unwrap_or_default();
    if message.is_empty() || message.chars().count() > 4096 {
        broken.push(format!("a message of {} characters, not 1 to 4096", message.chars().count()));
    }
    let associated = &payload["contexts"]["feedback"]["associated_event_id"];
    if !associated.is_null() && !is_hex(associated, 32) {
        broken.push(format!("associated_event_id {associated}"));
    }
    broken
}
