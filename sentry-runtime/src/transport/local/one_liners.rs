//! Items that take one line: check-ins, sessions, logs, metrics, feedback.

use serde_json::Value;

use super::model::{attributes, text};
use super::style::{Line, Paint, Style, clock, duration};

/// Formats a check-in: the monitor, its status, its duration, and its schedule if it was sent.
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

/// Formats a batch of logs, one line each.
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

/// Formats a batch of metrics in one line.
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

/// Formats a user's feedback.
pub(super) fn feedback(payload: &Value, style: &Style) -> Vec<Line> {
    let feedback = &payload["contexts"]["feedback"];
    let mut line = Line::new().with(Paint::Cyan, "✉ ");
    line.push(Paint::Bold, feedback["name"].as_str().unwrap_or("feedback"));
    line.push(Paint::Plain, &format!("  {}", feedback["message"].as_str().unwrap_or_default()));
    line.cut(style.width);
    vec![line]
}

/// Formats an update of a session: its status, its errors, its duration.
pub(super) fn session(payload: &Value, style: &Style) -> Vec<Line> {
    let Some(status) = text(&payload["status"]) else { return Vec::new() };
    let errors = payload["errors"].as_u64().unwrap_or_default();
    let mut line = Line::new();
    let paint = match (status.as_str(), errors) {
        ("ok" | "exited", 0) => Paint::Green,
        ("ok" | "exited", _) => Paint::Yellow,
        _ => Paint::Red,
    };
    line.push(paint, "◉ ");
    line.push(Paint::Dim, "session  ");
    line.push(paint, &status);
    match errors {
        0 => {}
        1 => line.push(Paint::Plain, "  1 error"),
        _ => line.push(Paint::Plain, &format!("  {errors} errors")),
    }
    if let Some(seconds) = payload["duration"].as_f64() {
        line.push(Paint::Plain, &format!("  {}", duration(seconds)));
    }
    line.cut(style.width);
    vec![line]
}

/// Formats the numbers of request sessions by status, in one line.
pub(super) fn sessions(payload: &Value, style: &Style) -> Vec<Line> {
    let groups = || payload["aggregates"].as_array().into_iter().flatten();
    let sum = |name: &str| groups().filter_map(|group| group[name].as_u64()).fold(0, u64::saturating_add);
    let counts = ["exited", "errored", "crashed", "abnormal"].map(|name| (name, sum(name)));
    let shown: Vec<_> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let paint = if counts[2].1 > 0 { Paint::Red } else { Paint::Green };
    let mut line = Line::new().with(paint, "◉ ").with(Paint::Dim, "sessions  ");
    line.push(Paint::Plain, &shown.join(", "));
    line.cut(style.width);
    vec![line]
}
