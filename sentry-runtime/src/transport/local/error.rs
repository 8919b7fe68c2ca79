//! Error events in the local view: the chain of causes and the in-app frames.

use serde_json::Value;

use super::model::text;
use super::style::{Line, Paint, Style, width};
use super::tree::Mark;

/// The maximum number of frames printed per exception.
const FRAMES: usize = 8;
/// The maximum number of lines printed of an error's message.
const MESSAGE_LINES: usize = 12;

/// The parts of an event that are printed.
#[derive(Debug, Clone)]
pub(super) struct ErrorEvent {
    pub(super) trace_id: Option<String>,
    pub(super) span_id: Option<String>,
    event_id: String,
    level: CauseLevel,
    unhandled: bool,
    /// The exceptions, outermost first; each is caused by the next. Empty for a message.
    exceptions: Vec<Exception>,
    message: String,
}

#[derive(Debug, Clone)]
struct Exception {
    ty: String,
    value: String,
    frames: Vec<Frame>,
}

#[derive(Debug, Clone)]
struct Frame {
    function: String,
    place: String,
    source: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CauseLevel {
    Error,
    Warning,
    Info,
}

impl Exception {
    fn title(&self) -> String {
        match (self.ty.is_empty(), self.value.is_empty()) {
            (false, false) => format!("{}: {}", self.ty, self.value),
            (true, false) => self.value.clone(),
            _ => self.ty.clone(),
        }
    }
}

impl ErrorEvent {
    pub(super) fn read(payload: &Value) -> Self {
        let context = &payload["contexts"]["trace"];
        let values = payload["exception"]["values"].as_array();
        let exceptions: Vec<_> = values.into_iter().flatten().rev().map(read_exception).collect();
        let log = &payload["logentry"];
        let level = match payload["level"].as_str() {
            Some("warning") => CauseLevel::Warning,
            Some("info" | "debug") => CauseLevel::Info,
            _ => CauseLevel::Error,
        };
        Self {
            trace_id: text(&context["trace_id"]),
            span_id: text(&context["span_id"]),
            event_id: text(&payload["event_id"]).unwrap_or_default(),
            level,
            unhandled: values
                .into_iter()
                .flatten()
                .any(|exception| exception["mechanism"]["handled"] == Value::Bool(false)),
            exceptions,
            message: text(&log["formatted"]).or_else(|| text(&log["message"])).unwrap_or_default(),
        }
    }

    /// Returns `type: value` of the outermost exception, or the message, in one line.
    fn title(&self) -> String {
        let title = self.exceptions.first().map_or_else(|| self.message.clone(), Exception::title);
        title.lines().next().unwrap_or_default().to_owned()
    }

    /// Returns the sign printed before the event, by its level.
    pub(super) fn sign(&self) -> (&'static str, Paint) {
        match self.level {
            CauseLevel::Error => ("✗ ", Paint::BoldRed),
            CauseLevel::Warning => ("▲ ", Paint::Yellow),
            CauseLevel::Info => ("● ", Paint::Cyan),
        }
    }

    /// Returns the mark at the span in which the event happened.
    pub(super) fn mark(&self) -> Mark {
        let (sign, paint) = self.sign();
        // The full event follows below.
        let paint = if paint == Paint::BoldRed { Paint::Red } else { paint };
        Mark { title: format!("{sign}{}", self.title()), paint }
    }

    /// Returns the full event; if it has several lines, an empty line follows.
    pub(super) fn lines(&self, style: &Style, trace_id: Option<&str>) -> Vec<Line> {
        let mut lines = Vec::new();
        let (sign, paint) = self.sign();
        let title = self.exceptions.first().map_or_else(|| self.message.clone(), Exception::title);
        let ids = self.ids(trace_id);
        wrap(&mut lines, sign, &title, paint, style, width(&ids) + 2);
        if let Some(first) = lines.first_mut() {
            if self.unhandled {
                first.push(Paint::Dim, "  (unhandled)");
            }
            first.cut(style.width.saturating_sub(width(&ids) + 2));
            first.pad(style.width.saturating_sub(width(&ids)));
            first.push(Paint::Dim, &ids);
        }
        for (number, exception) in self.exceptions.iter().enumerate() {
            if number > 0 {
                wrap(&mut lines, "  caused by ", &exception.title(), Paint::Plain, style, 0);
            }
            frames(&mut lines, &exception.frames, style);
        }
        if lines.len() > 1 {
            lines.push(Line::new());
        }
        lines
    }

    fn ids(&self, trace_id: Option<&str>) -> String {
        let short = |id: &str| id.get(..8).unwrap_or(id).to_owned();
        match trace_id {
            Some(trace_id) => format!("event {} · trace {}", short(&self.event_id), short(trace_id)),
            None => format!("event {}", short(&self.event_id)),
        }
    }
}

fn read_exception(exception: &Value) -> Exception {
    let frames = exception["stacktrace"]["frames"].as_array();
    // The wire has the oldest call first; a person looks for the newest.
    let frames = frames.into_iter().flatten().rev().filter(|frame| frame["in_app"] == Value::Bool(true));
    Exception {
        ty: text(&exception["type"]).unwrap_or_default(),
        value: text(&exception["value"]).unwrap_or_default(),
        frames: frames.map(read_frame).collect(),
    }
}

fn read_frame(frame: &Value) -> Frame {
    let file = text(&frame["filename"]).or_else(|| text(&frame["abs_path"])).unwrap_or_default();
    let place = match frame["lineno"].as_u64() {
        Some(line) if !file.is_empty() => format!("{file}:{line}"),
        _ => file,
    };
    Frame {
        function: text(&frame["function"]).unwrap_or_else(|| "(unknown)".to_owned()),
        place,
        source: text(&frame["context_line"])
            .map(|source| source.trim().to_owned())
            .filter(|source| !source.is_empty()),
    }
}

/// Adds a message of several lines; the later lines are aligned with the beginning of the first.
fn wrap(lines: &mut Vec<Line>, sign: &str, message: &str, paint: Paint, style: &Style, reserve: usize) {
    let mut rest = message.lines();
    let sign_paint = if paint == Paint::Plain { Paint::Dim } else { paint };
    let mut first = Line::new().with(sign_paint, sign).with(paint, rest.next().unwrap_or("(no message)"));
    first.cut(style.width.saturating_sub(reserve));
    lines.push(first);
    for text in rest.take(MESSAGE_LINES - 1) {
        let mut line = Line::new().with(Paint::Plain, &" ".repeat(width(sign)));
        line.push(if paint == Paint::BoldRed { Paint::Red } else { paint }, text);
        line.cut(style.width);
        lines.push(line);
    }
}

fn frames(lines: &mut Vec<Line>, frames: &[Frame], style: &Style) {
    let shown = &frames[..frames.len().min(FRAMES)];
    let column = shown.iter().map(|frame| width(&frame.function)).max().unwrap_or(0).min(style.width / 2);
    for frame in shown {
        let mut line = Line::new().with(Paint::Dim, "    in ").with(Paint::Plain, &frame.function);
        line.cut(7 + column);
        line.pad(7 + column + 2);
        line.push(Paint::Dim, &frame.place);
        line.cut(style.width);
        lines.push(line);
        if let Some(source) = &frame.source {
            let mut line = Line::new().with(Paint::Dim, "       │ ").with(Paint::Yellow, source);
            line.cut(style.width);
            lines.push(line);
        }
    }
    if frames.len() > FRAMES {
        let more = frames.len() - FRAMES;
        lines.push(Line::new().with(Paint::Dim, &format!("    … and {more} more in this program")));
    }
}
