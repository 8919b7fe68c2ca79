//! The facts about a crash in the local view: its address, its thread, the transaction, and the last breadcrumbs. The
//! program has ended, so that nobody can ask it.

use serde_json::Value;

use super::model::{is_readable, text};
use super::style::{Line, Paint, Style, clock};

/// The maximum number of breadcrumbs printed.
const BREADCRUMBS: usize = 5;
/// The mechanisms of crashes: signals, and exceptions of Windows.
const MECHANISMS: [&str; 2] = ["signalhandler", "unhandled_exception"];

/// The parts of the event of a crash that other events are printed without.
#[derive(Debug, Clone)]
pub(super) struct Crash {
    facts: Vec<String>,
    /// The newest last.
    breadcrumbs: Vec<String>,
}

/// Returns whether an exception is a crash.
pub(super) fn is_crash(exception: &Value) -> bool {
    exception["mechanism"]["type"].as_str().is_some_and(|mechanism| MECHANISMS.contains(&mechanism))
}

/// Returns the number of the frame in which a crash happened, which may be one of a library. The innermost frame comes
/// first.
pub(super) fn shown_frame(exception: &Value, frames: &[&Value]) -> usize {
    // The program was ended inside the C library. The function that the program called says more.
    if exception["type"] == "SIGABRT" {
        let own = frames.iter().position(|frame| frame["in_app"] == Value::Bool(true) || !is_readable(frame));
        return own.unwrap_or(0).saturating_sub(1);
    }
    0
}

/// Returns whether the functions of the program have no names in the stack of a crash.
fn is_nameless(exception: &Value) -> bool {
    let frames = exception["stacktrace"]["frames"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_named = |frame: &Value| frame["in_app"] == Value::Bool(true) && is_readable(frame);
    !frames.iter().any(is_named) && frames.iter().any(|frame| !is_readable(frame))
}

impl Crash {
    /// Reads what an event says about its crash; `None` if it is another event.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        let values = |list: &'static str| payload[list]["values"].as_array().into_iter().flatten();
        let exception = values("exception").find(|exception| is_crash(exception))?;
        let mechanism = &exception["mechanism"];
        let thread = values("threads").find(|thread| thread["crashed"] == Value::Bool(true));
        let named = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
        let facts = [
            named("at the address", text(&mechanism["data"]["relevant_address"])),
            named("thread", thread.and_then(|thread| text(&thread["name"]))),
            named("in", text(&payload["transaction"])),
            is_nameless(exception).then(|| "no names: the program has no symbols".to_owned()),
        ];
        let breadcrumbs: Vec<_> = values("breadcrumbs").filter_map(breadcrumb).collect();
        let older = breadcrumbs.len().saturating_sub(BREADCRUMBS);
        Some(Self {
            facts: facts.into_iter().flatten().collect(),
            breadcrumbs: breadcrumbs.into_iter().skip(older).collect(),
        })
    }

    pub(super) fn lines(&self, style: &Style) -> Vec<Line> {
        let facts = (!self.facts.is_empty()).then(|| self.facts.join(" · "));
        let texts = facts.into_iter().chain(self.breadcrumbs.iter().map(|crumb| format!("› {crumb}")));
        texts
            .map(|text| {
                let mut line = Line::new().with(Paint::Dim, &format!("    {text}"));
                line.cut(style.width);
                line
            })
            .collect()
    }
}

/// Returns a breadcrumb in one line; `None` if it has no text.
fn breadcrumb(breadcrumb: &Value) -> Option<String> {
    let message = text(&breadcrumb["message"]).or_else(|| text(&breadcrumb["category"]))?;
    let message = message.lines().next().unwrap_or_default().to_owned();
    Some(match breadcrumb["timestamp"].as_f64() {
        Some(time) => format!("{} {message}", clock(time)),
        None => message,
    })
}
