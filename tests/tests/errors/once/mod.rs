//! Tests that an error that passes several annotated functions is one event, which belongs to the first function, and
//! that two errors are two events, even if they look alike.

mod concurrent;
mod different;
mod same;

use std::error::Error;
use std::fmt;

use serde_json::Value;

/// An error with a cause.
#[derive(Debug)]
pub struct Failed {
    what: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failed {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), cause: None }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<std::num::ParseIntError> for Failed {
    fn from(cause: std::num::ParseIntError) -> Self {
        Self { what: "no number".into(), cause: Some(Box::new(cause)) }
    }
}

/// Returns the types and texts of an event's exceptions, outermost first.
fn chain(event: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let exceptions = event["exception"]["values"].as_array().into_iter().flatten().rev();
    exceptions.map(|exception| (text(&exception["type"]), text(&exception["value"]))).collect()
}

/// Returns the text of the outermost exception.
fn text(event: &Value) -> String {
    chain(event).first().map(|(_, text)| text.clone()).unwrap_or_default()
}

/// Returns the functions of the stack, innermost first.
fn functions(event: &Value) -> Vec<String> {
    let exceptions = event["exception"]["values"].as_array().into_iter().flatten();
    let frames =
        exceptions.flat_map(|exception| exception["stacktrace"]["frames"].as_array().into_iter().flatten());
    let names = frames.map(|frame| frame["function"].as_str().unwrap_or_default().to_owned());
    names.rev().collect()
}

/// Asserts that a function is among the innermost four of a stack.
#[track_caller]
fn assert_begins_in(event: &Value, function: &str) {
    let functions = functions(event);
    let near = functions.iter().take(4).any(|name| name.contains(function));
    assert!(near, "`{function}` is not near the inner end of {functions:#?}");
}
