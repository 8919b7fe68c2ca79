//! Entries of lists as lines of text.

use std::fmt::Write as _;

use serde_json::Value;

use crate::analysis::rules::ms;
use crate::model::text::cut;

/// Frames of a stack that are written.
const FRAMES: usize = 6;

/// Writes a short line for an entry of any list.
pub(super) fn brief(row: &Value) -> String {
    let text = |key: &str| row[key].as_str();
    if let Some(slug) = text("slug") {
        let mut out = format!("{slug} {}", text("status").unwrap_or("no run"));
        if let Some(schedule) = text("schedule_text") {
            let _ = write!(out, ", {schedule}");
        }
        if let Some(zone) = text("timezone") {
            let _ = write!(out, " ({zone})");
        }
        let stats = &row["stats"];
        let _ = write!(
            out,
            "; ok {} error {} missed {} timeout {}",
            stats["ok"], stats["error"], stats["missed"], stats["timeout"]
        );
        return out;
    }
    if let Some(kind) = text("kind") {
        let detail = one_line(text("detail").unwrap_or_default(), 500);
        let title = one_line(text("title").unwrap_or_default(), 200);
        return format!(
            "{kind} ({}, {} traces) {title}{}\n  {detail}\n  trace {} span {}",
            text("severity").unwrap_or_default(),
            row["count"],
            place(&row["code"]),
            text("trace_id").unwrap_or_default(),
            text("span_id").unwrap_or_default(),
        );
    }
    if text("body").is_some() {
        let body = one_line(text("body").unwrap_or_default(), 400);
        let level = text("level").unwrap_or_default();
        return format!(
            "{level} [{}] {body}{}",
            text("service").unwrap_or_default(),
            labelled(" trace ", &row["trace_id"])
        );
    }
    if text("event_id").is_some() {
        let mut out = format!("{} {}", text("level").unwrap_or_default(), title(row));
        if let Some(file) = text("file") {
            let _ = write!(out, " @ {file}:{}", row["line"]);
        }
        let _ = write!(
            out,
            " event {}{}",
            text("event_id").unwrap_or_default(),
            labelled(" trace ", &row["trace_id"])
        );
        return out;
    }
    let mut out = format!(
        "{} {} {}",
        text("trace_id").unwrap_or_default(),
        one_line(text("name").unwrap_or("<no root yet>"), 160),
        ms(row["duration_ms"].as_f64().unwrap_or(0.0)),
    );
    if let Some(status) = text("status").filter(|status| *status != "ok") {
        let _ = write!(out, " {status}");
    }
    if let Some(code) = row["http_status"].as_u64() {
        let _ = write!(out, " {code}");
    }
    for (key, word) in [("spans", "spans"), ("errors", "errors"), ("hints", "hints")] {
        if let Some(count) = row[key].as_u64().filter(|count| *count > 0) {
            let _ = write!(out, " {count} {word}");
        }
    }
    let _ = write!(out, " [{}]", names(&row["services"]));
    out
}

pub(super) fn title(row: &Value) -> String {
    let value = one_line(row["value"].as_str().unwrap_or_default(), 300);
    match row["type"].as_str() {
        Some(kind) if value.is_empty() => kind.to_owned(),
        Some(kind) => format!("{kind}: {value}"),
        None => value,
    }
}

pub(super) fn write_exception(out: &mut String, exception: &Value) {
    let _ = writeln!(out, "  {}", title(exception));
    let frames = exception["frames"].as_array().map_or(&[][..], Vec::as_slice);
    let is_ours = |frame: &&Value| frame["in_app"] == true;
    let any_ours = frames.iter().any(|frame| is_ours(&frame));
    for frame in frames.iter().filter(|frame| !any_ours || is_ours(frame)).take(FRAMES) {
        let file = frame["abs_path"].as_str().or(frame["filename"].as_str()).unwrap_or("?");
        let _ = write!(out, "    at {}", one_line(frame["function"].as_str().unwrap_or("?"), 120));
        let _ = write!(out, " {}:{}", cut(file, 200), frame["lineno"].as_u64().unwrap_or(0));
        match frame["context_line"].as_str().map(str::trim).filter(|line| !line.is_empty()) {
            Some(line) => _ = writeln!(out, "  {}", one_line(line, 160)),
            None => out.push('\n'),
        }
        write_vars(out, &frame["vars"]);
    }
}

/// Writes the values of a frame in one line.
fn write_vars(out: &mut String, vars: &Value) {
    let Some(vars) = vars.as_object().filter(|vars| !vars.is_empty()) else { return };
    let value = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name} = {}", one_line(&text, 80))
    };
    let all: Vec<_> = vars.iter().map(value).collect();
    let _ = writeln!(out, "      with {}", one_line(&all.join(", "), 400));
}

pub(super) fn head(shown: usize, total: u64, what: &str) -> String {
    match total {
        total if total > shown as u64 => format!("{shown} of {total} {what}\n"),
        1 => format!("1 {}\n", what.strip_suffix('s').unwrap_or(what)),
        total => format!("{total} {what}\n"),
    }
}

pub(super) fn labelled(label: &str, text: &Value) -> String {
    text.as_str().map(|text| format!("{label}{text}")).unwrap_or_default()
}

/// The first digits of an id: enough to ask for it.
pub(super) fn short(label: &str, id: &Value) -> String {
    id.as_str().map(|id| format!("{label}{}", cut(id, 12))).unwrap_or_default()
}

pub(super) fn names(list: &Value) -> String {
    let names = list.as_array().map_or(&[][..], Vec::as_slice);
    names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn place(code: &Value) -> String {
    match (code["file"].as_str(), code["line"].as_u64()) {
        (Some(file), Some(line)) => format!(" @ {file}:{line}"),
        (Some(file), None) => format!(" @ {file}"),
        _ => String::new(),
    }
}

pub(super) fn one_line(text: &str, limit: usize) -> String {
    cut(text, limit).replace(['\n', '\r'], " ")
}

pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
