//! Items that take one line: check-ins, sessions, logs, metrics, feedback.

use serde_json::Value;

use super::model::{attributes, text};
use super::style::{Line, Paint, Style, clock, duration, width, wrapped};

/// The maximum number of lines printed of a log's text.
const LOG_LINES: usize = 12;

/// The parts of a check-in that are printed.
#[derive(Debug, Clone)]
pub(super) struct CheckIn {
    pub(super) trace_id: Option<String>,
    id: String,
    slug: String,
    status: String,
    duration: Option<f64>,
    schedule: Option<String>,
}

impl CheckIn {
    pub(super) fn read(payload: &Value) -> Self {
        Self {
            trace_id: text(&payload["contexts"]["trace"]["trace_id"]),
            id: text(&payload["check_in_id"]).unwrap_or_default(),
            slug: text(&payload["monitor_slug"]).unwrap_or_default(),
            status: text(&payload["status"]).unwrap_or_default(),
            duration: payload["duration"].as_f64(),
            schedule: schedule(&payload["monitor_config"]),
        }
    }

    /// Adds a check-in to those of its trace. The end of a run replaces its beginning, which has the schedule.
    pub(super) fn join(mut self, others: &mut Vec<Self>) {
        match others.iter_mut().find(|other| other.id == self.id && other.is_running()) {
            Some(beginning) => {
                self.schedule = self.schedule.or_else(|| beginning.schedule.take());
                *beginning = self;
            }
            None => others.push(self),
        }
    }

    pub(super) fn slug(&self) -> &str {
        &self.slug
    }

    /// Returns how long the job ran.
    pub(super) fn seconds(&self) -> Option<f64> {
        self.duration
    }

    pub(super) fn is_running(&self) -> bool {
        self.status == "in_progress"
    }

    pub(super) fn is_failure(&self) -> bool {
        !self.is_running() && self.status != "ok"
    }

    /// Formats the check-in: the monitor, its status, its duration, and its schedule if it was sent.
    pub(super) fn line(&self, style: &Style) -> Line {
        let (sign, paint) = match self.status.as_str() {
            "ok" => ("✓ ", Paint::Green),
            "in_progress" => ("◷ ", Paint::Cyan),
            _ => ("✗ ", Paint::Red),
        };
        let mut line = Line::new().with(paint, sign).with(Paint::Bold, &self.slug);
        line.push(Paint::Dim, "  check-in  ");
        line.push(paint, &self.status);
        if let Some(seconds) = self.duration {
            line.push(Paint::Plain, &format!("  {}", duration(seconds)));
        }
        if let Some(schedule) = &self.schedule {
            line.push(Paint::Dim, &format!("  {schedule}"));
        }
        line.cut(style.width);
        line
    }
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

/// Formats a batch of logs: time, level, text, then the attributes and the place in the source. The text is never cut;
/// a text that is longer than a line has the rest below it. `failures` leaves out what is less than a warning.
pub(super) fn logs(payload: &Value, failures: bool, style: &Style) -> Vec<Line> {
    let items = payload["items"].as_array().into_iter().flatten();
    let mut lines = Vec::new();
    for item in items {
        let level = text(&item["level"]).unwrap_or_default();
        let paint = match level.as_str() {
            "error" | "fatal" => Paint::Red,
            "warn" | "warning" => Paint::Yellow,
            _ if failures => continue,
            "info" => Paint::Green,
            _ => Paint::Dim,
        };
        log(&mut lines, item, Line::new().with(paint, &format!("  {level:<5}  ")), style);
    }
    lines
}

fn log(lines: &mut Vec<Line>, item: &Value, level: Line, style: &Style) {
    let mut line = Line::new().with(Paint::Dim, &clock(item["timestamp"].as_f64().unwrap_or_default()));
    line.append(level);
    let indent = line.width();
    let body = text(&item["body"]).unwrap_or_default();
    let parts = body.lines().flat_map(|text| wrapped(text, style.width.saturating_sub(indent)));
    for (number, part) in parts.take(LOG_LINES).enumerate() {
        if number > 0 {
            lines.push(line);
            line = Line::new().with(Paint::Plain, &" ".repeat(indent));
        }
        line.push(Paint::Plain, part);
        line.cut(style.width);
    }
    let known = item["attributes"].as_object();
    let mut attributes = attributes(known, |attribute| &attribute["value"]);
    // The machine that writes the log.
    attributes.retain(|attribute| !attribute.starts_with("server.address="));
    let value = |key: &str| known.and_then(|known| known.get(key)).map(|attribute| &attribute["value"]);
    let file = value("code.file.path").and_then(text);
    let place = match (&file, value("code.line.number").and_then(Value::as_u64)) {
        (Some(file), Some(number)) => format!("  {file}:{number}"),
        (Some(file), None) => format!("  {file}"),
        (None, _) => String::new(),
    };
    let mut rest = Line::new();
    if !attributes.is_empty() {
        rest.push(Paint::Dim, &format!("  {}", attributes.join(" ")));
    }
    let beside = style.width.saturating_sub(line.width());
    if rest.width() + width(&place) > beside && rest.width() + width(&place) > 0 {
        lines.push(line);
        line = Line::new().with(Paint::Plain, &" ".repeat(indent.saturating_sub(2)));
    }
    rest.cut(style.width.saturating_sub(line.width() + width(&place)));
    line.append(rest);
    line.push(Paint::Dim, &place);
    line.cut(style.width);
    lines.push(line);
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
