//! What takes one line: check-ins, logs, metrics, feedback.

use serde_json::Value;

use super::model::{attributes, text};
use super::style::{Line, Paint, Style, clock, duration};

/// A check-in: the monitor, its status, how long it took, and its schedule where it was sent.
pub(super) fn check_in(payload: &Value, style: &Style) -> Vec<Line> {
    let status = text(&payload["status"]).unwrap_or_default();
    let (sign, paint) = match status.as_str() {
        "ok" => ("✓ ", Paint::Green),
        "in_progress" => ("◷ ", Paint::Cyan),
        _ => ("✗ ", Paint::Red),
    };
    let slug = text(&payload["monitor_slug"]).unwrap_or_default();
    let mut line = Line::new().with(paint, sign).with(Paint::Bold, &slug);
    line.push(Paint::Dim, "  check-in  ");
    line.push(paint, &status);
    if let Some(seconds) = payload["duration"].as_f64() {
        line.push(Paint::Plain, &format!("  {}", duration(seconds)));
    }
    if let Some(schedule) = schedule(&payload["monitor_config"]) {
        line.push(Paint::Dim, &format!("  {schedule}"));
    }
    line.cut(style.width);
    vec![line]
}

fn schedule(config: &Value) -> Option<String> {
    let schedule = &config["schedule"];
    let when = match schedule["value"].as_u64() {
        Some(1) => format!("every {}", schedule["unit"].as_str()?),
        Some(number) => format!("every {number} {}s", schedule["unit"].as_str()?),
        None => schedule["value"].as_str()?.to_owned(),
    };
    Some(match config["timezone"].as_str() {
        Some(zone) => format!("{when} ({zone})"),
        None => when,
    })
}

/// A batch of logs, one line each.
pub(super) fn logs(payload: &Value, style: &Style) -> Vec<Line> {
    let items = payload["items"].as_array().into_iter().flatten();
    items
        .map(|log| {
            let level = text(&log["level"]).unwrap_or_default();
            let paint = match level.as_str() {
                "error" | "fatal" => Paint::Red,
                "warn" | "warning" => Paint::Yellow,
                "info" => Paint::Green,
                _ => Paint::Dim,
            };
            let mut line = Line::new()
                .with(Paint::Dim, &clock(log["timestamp"].as_f64().unwrap_or_default()))
                .with(paint, &format!("  {level:<5}  "))
                .with(Paint::Plain, &text(&log["body"]).unwrap_or_default());
            let attributes = attributes(log["attributes"].as_object(), |attribute| &attribute["value"]);
            if !attributes.is_empty() {
                line.push(Paint::Dim, &format!("  {}", attributes.join(" ")));
            }
            line.cut(style.width);
            line
        })
        .collect()
}

/// A batch of metrics in one line.
pub(super) fn metrics(payload: &Value, style: &Style) -> Vec<Line> {
    let items = payload["items"].as_array().into_iter().flatten();
    let metrics: Vec<_> = items
        .filter_map(|metric| {
            let unit = metric["unit"].as_str().map(|unit| format!(" {unit}")).unwrap_or_default();
            Some(format!("{}={}{unit}", metric["name"].as_str()?, metric["value"]))
        })
        .collect();
    if metrics.is_empty() {
        return Vec::new();
    }
    let mut line = Line::new().with(Paint::Cyan, "∿ ").with(Paint::Dim, &metrics.join(", "));
    line.cut(style.width);
    vec![line]
}

/// A user's feedback.
pub(super) fn feedback(payload: &Value, style: &Style) -> Vec<Line> {
    let feedback = &payload["contexts"]["feedback"];
    let mut line = Line::new().with(Paint::Cyan, "✉ ");
    line.push(Paint::Bold, feedback["name"].as_str().unwrap_or("feedback"));
    line.push(Paint::Plain, &format!("  {}", feedback["message"].as_str().unwrap_or_default()));
    line.cut(style.width);
    vec![line]
}
