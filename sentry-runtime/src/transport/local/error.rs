//! Error events in the local view: the chain of causes and the in-app frames.

use serde_json::Value;

use super::crash::{self, Crash};
use super::model::{attributes, is_readable, short, text};
use super::style::{Line, Paint, Style, end_of, width, wrapped};
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
    /// Seconds since 1970.
    pub(super) timestamp: Option<f64>,
    event_id: String,
    level: CauseLevel,
    unhandled: bool,
    /// The exceptions, outermost first; each is caused by the next. Empty for a message.
    exceptions: Vec<Exception>,
    message: String,
    /// The place of the log record that became this event.
    logged_at: Option<(Frame, usize)>,
    crash: Option<Crash>,
}

#[derive(Debug, Clone)]
struct Exception {
    ty: String,
    value: String,
    /// Each with the number of its repetitions in a row.
    frames: Vec<(Frame, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Frame {
    function: String,
    place: String,
    source: Option<String>,
    /// The fields of a log record.
    fields: Option<String>,
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
            timestamp: payload["timestamp"].as_f64(),
            event_id: text(&payload["event_id"]).unwrap_or_default(),
            level,
            unhandled: values
                .into_iter()
                .flatten()
                .any(|exception| exception["mechanism"]["handled"] == Value::Bool(false)),
            exceptions,
            message: text(&log["formatted"]).or_else(|| text(&log["message"])).unwrap_or_default(),
            logged_at: read_log_record(&payload["contexts"]).map(|frame| (frame, 1)),
            crash: Crash::read(payload),
        }
    }

    /// Returns whether the event reports a failure: an error or a warning.
    pub(super) fn is_failure(&self) -> bool {
        self.level != CauseLevel::Info
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
        let is_broken = wrap(&mut lines, sign, &title, paint, style);
        let (mut note, ids) = (Line::new(), self.ids(trace_id));
        if self.unhandled {
            note.push(Paint::Dim, "  (unhandled)");
        }
        match lines.first_mut() {
            Some(line) if !is_broken && line.width() + note.width() + 2 + width(&ids) <= style.width => {
                line.append(note);
                line.pad(style.width - width(&ids));
                line.push(Paint::Dim, &ids);
            }
            // The text of the error takes the whole width.
            _ => {
                let handling = if self.unhandled { "unhandled · " } else { "" };
                for part in wrapped(&format!("{handling}{ids}"), style.width.saturating_sub(4)) {
                    lines.push(Line::new().with(Paint::Dim, &format!("    {part}")));
                }
            }
        }
        if let Some(place) = &self.logged_at {
            frames(&mut lines, std::slice::from_ref(place), style);
        }
        for (number, exception) in self.exceptions.iter().enumerate() {
            if number > 0 {
                wrap(&mut lines, "  caused by ", &exception.title(), Paint::Plain, style);
            }
            frames(&mut lines, &exception.frames, style);
        }
        lines.extend(self.crash.iter().flat_map(|crash| crash.lines(style)));
        if lines.len() > 1 {
            lines.push(Line::new());
        }
        lines
    }

    fn ids(&self, trace_id: Option<&str>) -> String {
        match trace_id {
            Some(trace_id) => format!("event {} · trace {}", short(&self.event_id), short(trace_id)),
            None => format!("event {}", short(&self.event_id)),
        }
    }
}

fn read_exception(exception: &Value) -> Exception {
    let frames = exception["stacktrace"]["frames"].as_array();
    // The wire has the oldest call first; a person looks for the newest.
    let frames: Vec<_> = frames.into_iter().flatten().rev().collect();
    let crashed = crash::is_crash(exception).then(|| crash::shown_frame(exception, &frames));
    let shown = frames.iter().enumerate().filter(|(place, frame)| {
        is_readable(frame) && (frame["in_app"] == Value::Bool(true) || Some(*place) == crashed)
    });
    Exception {
        ty: text(&exception["type"]).unwrap_or_default(),
        value: text(&exception["value"]).unwrap_or_default(),
        frames: repeated(shown.map(|(_, frame)| read_frame(frame))),
    }
}

/// Counts equal frames in a row: a function that calls itself, or one of its closures.
fn repeated(frames: impl Iterator<Item = Frame>) -> Vec<(Frame, usize)> {
    let mut counted: Vec<(Frame, usize)> = Vec::new();
    for frame in frames {
        match counted.last_mut() {
            Some((last, times)) if *last == frame => *times += 1,
            _ => counted.push((frame, 1)),
        }
    }
    counted
}

/// Returns the place of the log record that became this event, if it was one: `tracing::error!` and the like.
fn read_log_record(contexts: &Value) -> Option<Frame> {
    let context = |end: &str| {
        let mut contexts = contexts.as_object()?.iter();
        contexts
            .find(|(name, _)| name.starts_with("Rust ") && name.ends_with(end))
            .map(|(_, context)| context)
    };
    let place = context(" Location").or_else(|| context(" Log Metadata"))?;
    let function = text(&place["module_path"]).unwrap_or_else(|| "(unknown)".to_owned());
    let fields = context(" Fields").or_else(|| context(" Log Attributes"));
    let fields = fields_of(fields.and_then(Value::as_object));
    let place = place_of(text(&place["file"]), &place["line"]);
    (!place.is_empty()).then_some(Frame { function, place, source: None, fields })
}

/// Returns the fields of an object in one line, if it has any.
fn fields_of(object: Option<&serde_json::Map<String, Value>>) -> Option<String> {
    Some(attributes(object, |field| field).join(" ")).filter(|fields| !fields.is_empty())
}

fn place_of(file: Option<String>, line: &Value) -> String {
    match (file, line.as_u64()) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (file, _) => file.unwrap_or_default(),
    }
}

fn read_frame(frame: &Value) -> Frame {
    let file = text(&frame["filename"]).or_else(|| text(&frame["abs_path"]));
    let place = place_of(file, &frame["lineno"]);
    Frame {
        function: text(&frame["function"]).unwrap_or_else(|| "(unknown)".to_owned()),
        place,
        source: text(&frame["context_line"])
            .map(|source| source.trim().to_owned())
            .filter(|source| !source.is_empty()),
        // The arguments of the function, by `vars`.
        fields: fields_of(frame["vars"].as_object()),
    }
}

/// Adds a message, whose lines may be longer than the terminal is wide; all lines are aligned with the beginning of the
/// first. Returns whether the message's first line takes more than one.
fn wrap(lines: &mut Vec<Line>, sign: &str, message: &str, paint: Paint, style: &Style) -> bool {
    let room = style.width.saturating_sub(width(sign));
    let mut parts: Vec<&str> = message.lines().flat_map(|line| wrapped(line, room)).collect();
    let of_first = message.lines().next().map_or(1, |line| wrapped(line, room).len());
    if parts.is_empty() {
        parts.push("(no message)");
    }
    let is_long = parts.len() > MESSAGE_LINES;
    for (number, part) in parts.into_iter().take(MESSAGE_LINES).enumerate() {
        let mut line = if number == 0 {
            Line::new().with(if paint == Paint::Plain { Paint::Dim } else { paint }, sign)
        } else {
            Line::new().with(Paint::Plain, &" ".repeat(width(sign)))
        };
        // Only what the message begins with is bold.
        line.push(if number >= of_first && paint == Paint::BoldRed { Paint::Red } else { paint }, part);
        if is_long && number + 1 == MESSAGE_LINES {
            line.push(paint, " …");
        }
        line.cut(style.width);
        lines.push(line);
    }
    of_first > 1
}

fn frames(lines: &mut Vec<Line>, frames: &[(Frame, usize)], style: &Style) {
    let shown = &frames[..frames.len().min(FRAMES)];
    let widest = |of: fn(&Frame) -> &str| shown.iter().map(|(frame, _)| width(of(frame))).max().unwrap_or(0);
    // The place is needed to find the line, the function is in the source.
    let room = style.width.saturating_sub(9 + widest(|frame| &frame.place));
    let column = widest(|frame| &frame.function).min(room.max(style.width / 4)).min(style.width / 2);
    for (frame, times) in shown {
        let mut line = Line::new().with(Paint::Dim, "    in ").with(Paint::Plain, &frame.function);
        line.cut(7 + column);
        line.pad(7 + column + 2);
        // A pair is a function and its closure more often than a function that calls itself.
        let gap = if frame.place.is_empty() { "" } else { "  " };
        let times = if *times > 2 { format!("{gap}× {times}") } else { String::new() };
        let room = style.width.saturating_sub(9 + column + width(&times));
        line.push(Paint::Dim, &end_of(&frame.place, room));
        line.push(Paint::Plain, &times);
        lines.push(line);
        let source = frame.source.iter().map(|source| (Paint::Yellow, source));
        let fields = frame.fields.iter().map(|fields| (Paint::Dim, fields));
        for (paint, text) in source.chain(fields) {
            let mut line = Line::new().with(Paint::Dim, "       │ ").with(paint, text);
            line.cut(style.width);
            lines.push(line);
        }
    }
    if frames.len() > FRAMES {
        let more: usize = frames[FRAMES..].iter().map(|(_, times)| times).sum();
        lines.push(Line::new().with(Paint::Dim, &format!("    … and {more} more in this program")));
    }
}
