//! Groups errors into issues. Follows the default of Sentry's grouping: the own fingerprint, else the exceptions
//! with their frames of the application, else the text without its numbers
//! (<https://docs.sentry.io/concepts/data-management/event-grouping/>).

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::json::{list, text};
use super::normalise;
use super::rows::Level;
use super::text::Text;

/// Errors that are the same.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) level: Level,
    /// All events since the issue was first seen, dropped ones too.
    pub(crate) count: u64,
    pub(crate) first_seen: f64,
    pub(crate) last_seen: f64,
    pub(crate) services: Vec<Text>,
    /// The numbers of the events that are held, oldest first.
    pub(crate) events: VecDeque<u64>,
    pub(crate) changed: u64,
}

/// The bytes of an issue, beside 8 bytes for each event.
pub(crate) const ISSUE_BYTES: usize = size_of::<Issue>() + 128;

/// Hashes something, the same in every process.
pub(crate) fn hash(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Returns the number of the issue that an event belongs to.
pub(crate) fn group(event: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    if !fingerprint(event, &mut hasher) {
        default_group(event, &mut hasher);
    }
    hasher.finish()
}

/// Hashes the fingerprint that the program set; returns whether there is one. `{{ default }}` in it stands for the
/// default.
fn fingerprint(event: &Value, hasher: &mut DefaultHasher) -> bool {
    let parts: Vec<&str> = list(event, "fingerprint").iter().take(64).filter_map(Value::as_str).collect();
    let is_default = |part: &str| part.trim_matches(['{', '}', ' ']) == "default";
    if parts.iter().all(|part| is_default(part)) {
        return false;
    }
    for part in parts {
        if is_default(part) { default_group(event, hasher) } else { part.hash(hasher) }
    }
    true
}

fn default_group(event: &Value, hasher: &mut DefaultHasher) {
    let exceptions = exceptions(event);
    for exception in exceptions.iter().take(32) {
        text(exception, "type").hash(hasher);
        if !frames(exception, hasher) {
            text(exception, "value").map(normalise::message).hash(hasher);
        }
    }
    if exceptions.is_empty() {
        let threads = list(event, "threads");
        if !threads.iter().any(|thread| frames(thread, hasher)) {
            text(event, "logger").hash(hasher);
            message(event).map(normalise::message).hash(hasher);
        }
    }
}

/// Hashes the application's frames, or all if none is the application's. Returns whether there are any.
fn frames(of: &Value, hasher: &mut DefaultHasher) -> bool {
    let Some(Value::Array(frames)) = of.pointer("/stacktrace/frames") else { return false };
    let is_ours = |frame: &&Value| frame.get("in_app") == Some(&Value::Bool(true));
    let only_ours = frames.iter().any(|frame| is_ours(&frame));
    let mut hashed = None;
    for frame in frames.iter().rev().take(256).filter(|frame| !only_ours || is_ours(frame)) {
        let place = text(frame, "module").or_else(|| text(frame, "filename")).map(normalise::message);
        let function = text(frame, "function").map(function);
        let this = (place, function, text(frame, "context_line").map(str::trim));
        // A recursion of another depth is the same error.
        if hashed.as_ref() != Some(&this) {
            this.hash(hasher);
            hashed = Some(this);
        }
    }
    hashed.is_some()
}

/// A function's name without what changes from build to build: the hash of a Rust symbol, the number of a closure.
fn function(name: &str) -> String {
    let name = name.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16).map_or(name, |(name, _)| name);
    normalise::message(name)
}

/// Returns the exceptions of an event, innermost cause first, as SDKs send them.
pub(crate) fn exceptions(event: &Value) -> &[Value] {
    match event.get("exception") {
        Some(exception @ Value::Object(object))
            if !object.contains_key("values") && object.contains_key("type") =>
        {
            std::slice::from_ref(exception)
        }
        _ => list(event, "exception"),
    }
}

/// Returns the text of a message: the template for grouping, if there is one.
pub(crate) fn message(event: &Value) -> Option<&str> {
    let entry = event.get("logentry").or_else(|| event.get("message"))?;
    text(entry, "message").or_else(|| text(entry, "formatted")).or_else(|| entry.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::group;

    fn error(kind: &str, value: &str, frames: &[(&str, &str, bool)]) -> Value {
        let frames: Vec<Value> = frames
            .iter()
            .map(|(module, function, in_app)| json!({"module": module, "function": function, "in_app": in_app}))
            .collect();
        json!({"exception": {"values": [{"type": kind, "value": value, "stacktrace": {"frames": frames}}]}})
    }

    #[test]
    fn type_and_in_app_frames_decide() {
        let one = error("E", "id 1", &[("lib", "run", false), ("app", "load", true)]);
        assert_eq!(group(&one), group(&error("E", "other", &[("lib2", "x", false), ("app", "load", true)])));
        assert_ne!(group(&one), group(&error("E", "id 1", &[("app", "store", true)])));
        assert_ne!(group(&one), group(&error("F", "id 1", &[("app", "load", true)])));
    }

    #[test]
    fn without_frames_the_text_decides_but_not_its_numbers() {
        let plain = |value: &str| json!({"exception": {"values": [{"type": "E", "value": value}]}});
        assert_eq!(group(&plain("order 17 failed")), group(&plain("order 18 failed")));
        assert_ne!(group(&plain("order 17 failed")), group(&plain("order 17 lost")));
        let message = |text: &str| json!({"logentry": {"message": text}});
        assert_eq!(group(&message("took 3 ms")), group(&message("took 4 ms")));
    }

    #[test]
    fn the_fingerprint_of_the_program_comes_first() {
        let with = |value: &str, fingerprint: Value| {
            let mut event = error(value, "v", &[]);
            event["fingerprint"] = fingerprint;
            event
        };
        assert_eq!(group(&with("A", json!(["x"]))), group(&with("B", json!(["x"]))));
        assert_eq!(group(&with("A", json!(["{{ default }}"]))), group(&error("A", "v", &[])));
        assert_ne!(
            group(&with("A", json!(["{{ default }}", "x"]))),
            group(&with("B", json!(["{{ default }}", "x"])))
        );
    }

    #[test]
    fn a_recursion_of_another_depth_and_another_build_are_the_same() {
        let once = error("E", "v", &[("app", "walk::h0123456789abcdef", true)]);
        let twice = error("E", "v", &[("app", "walk", true), ("app", "walk", true)]);
        assert_eq!(group(&once), group(&twice));
    }
}
