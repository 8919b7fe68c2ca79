//! The captured data as a text tree that a test can compare.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::Captured;
use crate::protocol::{Context, Event, MonitorCheckInStatus, SpanId, SpanStatus, TraceId, Transaction};

/// A span of either lifecycle.
struct Line {
    trace: TraceId,
    id: SpanId,
    parent: Option<SpanId>,
    start: SystemTime,
    text: String,
}

pub(super) fn of(captured: &Captured) -> String {
    let mut lines: Vec<Line> = captured
        .transactions
        .iter()
        .flat_map(lines_of)
        .chain(captured.streamed.iter().filter_map(line_of))
        .collect();
    lines.sort_by_key(|line| line.start);
    let mut out = String::new();
    let known =
        |line: &Line, id: SpanId| lines.iter().any(|other| other.trace == line.trace && other.id == id);
    for root in lines.iter().filter(|line| line.parent.is_none_or(|parent| !known(line, parent))) {
        write_span(&mut out, root, &lines, captured, 0);
    }
    for event in &captured.events {
        let of_a_span = span_context(event)
            .is_some_and(|(trace, span)| lines.iter().any(|line| line.trace == trace && line.id == span));
        if !of_a_span {
            write_event(&mut out, event, 0);
        }
    }
    for check_in in &captured.check_ins {
        let status = match check_in.status {
            MonitorCheckInStatus::Ok => "ok",
            MonitorCheckInStatus::Error => "error",
            MonitorCheckInStatus::InProgress => "in_progress",
            MonitorCheckInStatus::Missed => "missed",
            MonitorCheckInStatus::Unknown => "unknown",
        };
        let _ = writeln!(out, "check-in {}: {status}", check_in.monitor_slug);
    }
    out.truncate(out.trim_end().len());
    out
}

fn lines_of(transaction: &Transaction<'static>) -> Vec<Line> {
    let root = match transaction.contexts.get("trace") {
        Some(Context::Trace(root)) => Some(Line {
            trace: root.trace_id,
            id: root.span_id,
            parent: root.parent_span_id,
            start: transaction.start_timestamp,
            text: text(transaction.name.as_deref(), root.op.as_deref(), root.status),
        }),
        _ => None,
    };
    let spans = transaction.spans.iter().map(|span| Line {
        trace: span.trace_id,
        id: span.span_id,
        parent: span.parent_span_id,
        start: span.start_timestamp,
        text: text(span.description.as_deref(), span.op.as_deref(), span.status),
    });
    root.into_iter().chain(spans).collect()
}

/// Returns the line of a streamed span.
fn line_of(span: &Value) -> Option<Line> {
    fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
        serde_json::from_value(value.clone()).ok()
    }
    let attribute = |name: &str| span["attributes"][name]["value"].as_str();
    let status = match attribute("sentry.status.message").and_then(|status| status.parse().ok()) {
        None if span["status"] == "error" => SpanStatus::InternalError,
        status => status.unwrap_or(SpanStatus::Ok),
    };
    let start = Duration::try_from_secs_f64(span["start_timestamp"].as_f64()?).ok()?;
    Some(Line {
        trace: read(&span["trace_id"])?,
        id: read(&span["span_id"])?,
        parent: read(&span["parent_span_id"]),
        start: SystemTime::UNIX_EPOCH.checked_add(start)?,
        text: text(span["name"].as_str(), attribute("sentry.op"), Some(status)),
    })
}

fn text(name: Option<&str>, op: Option<&str>, status: Option<SpanStatus>) -> String {
    let mut text = name.unwrap_or("<unnamed>").to_owned();
    if let Some(op) = op.filter(|op| !matches!(*op, "" | "function" | "default")) {
        let _ = write!(text, " ({op})");
    }
    if let Some(status) = status.filter(|status| *status != SpanStatus::Ok) {
        let _ = write!(text, " [{status}]");
    }
    text
}

fn write_span(out: &mut String, line: &Line, lines: &[Line], captured: &Captured, depth: usize) {
    let _ = writeln!(out, "{:1$}{2}", "", 2 * depth, line.text);
    for child in lines.iter().filter(|child| child.trace == line.trace && child.parent == Some(line.id)) {
        write_span(out, child, lines, captured, depth + 1);
    }
    for event in &captured.events {
        if span_context(event) == Some((line.trace, line.id)) {
            write_event(out, event, depth + 1);
        }
    }
}

fn span_context(event: &Event<'static>) -> Option<(TraceId, SpanId)> {
    match event.contexts.get("trace") {
        Some(Context::Trace(trace)) => Some((trace.trace_id, trace.span_id)),
        _ => None,
    }
}

fn write_event(out: &mut String, event: &Event<'static>, depth: usize) {
    let _ = write!(out, "{:1$}! ", "", 2 * depth);
    // The outermost error of a chain is the last of the values.
    let _ = match (event.exception.last(), &event.logentry) {
        (Some(exception), _) => {
            writeln!(out, "{}: {}", exception.ty, exception.value.as_deref().unwrap_or_default())
        }
        (None, Some(entry)) => writeln!(out, "{}", entry.message),
        (None, None) => writeln!(out, "{}", event.message.as_deref().unwrap_or("<no message>")),
    };
}

/// Returns a text without its surrounding blank lines and without the indentation that all its lines share.
pub(super) fn unindented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let filled = || lines.iter().filter(|line| !line.is_empty());
    let shared = filled().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let stripped: Vec<&str> = lines.iter().map(|line| line.get(shared..).unwrap_or_default()).collect();
    stripped.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_of_the_whole_is_none() {
        assert_eq!(unindented("\n    a\n      b\n\n    c\n    "), "a\n  b\n\nc");
        assert_eq!(unindented("a"), "a");
        assert_eq!(unindented(""), "");
    }
}
