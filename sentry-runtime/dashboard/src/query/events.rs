//! Errors and messages, in short and in full.

use serde_json::{Map, Value, json};

use super::Store;
use crate::model::issue::{exceptions, message};
use crate::model::json::{self, hex64, hex128, list, number, parse_id128, text};
use crate::model::rows::Event;
use crate::model::value::write;

/// The most frames of an exception, and breadcrumbs of an event, that are shown.
const MAX_FRAMES: usize = 500;
const MAX_BREADCRUMBS: usize = 200;

/// Returns what lists show of an event.
pub(crate) fn brief(event: &Event) -> Value {
    json!({
        "event_id": hex128(event.id),
        "timestamp": event.at,
        "level": event.level.text(),
        "type": event.kind.as_deref(),
        "value": &*event.value,
        "message": event.kind.is_none().then_some(&*event.value),
        "culprit": event.culprit.as_deref(),
        "service": &*event.resource.service,
        "trace_id": (event.trace != 0).then(|| hex128(event.trace)),
        "span_id": (event.span != 0).then(|| hex64(event.span)),
        "handled": event.handled,
        "issue_id": hex64(event.issue),
        "file": event.file.as_deref(),
        "line": event.line,
    })
}

pub(crate) fn one(store: &Store, id: &str) -> Option<Value> {
    let number = store.index.event_ids.get(&parse_id128(id)?)?;
    store.index.events.get(*number).map(full)
}

/// Returns an event with all that it tells.
pub(crate) fn full(event: &Event) -> Value {
    let payload = json::parse(&event.raw).unwrap_or_default();
    let mut tags = Map::new();
    write(&event.tags, &mut tags);
    let field = |key: &str| payload.get(key).filter(|value| !value.is_null()).cloned();
    let exceptions: Vec<Value> =
        exceptions(&payload).iter().rev().take(64).map(|one| exception(one, &payload)).collect();
    let breadcrumbs = list(&payload, "breadcrumbs");
    let breadcrumbs = &breadcrumbs[breadcrumbs.len().saturating_sub(MAX_BREADCRUMBS)..];
    let crumbs: Vec<Value> = breadcrumbs
        .iter()
        .filter(|crumb| crumb.is_object())
        .map(|crumb| {
            let mut crumb = crumb.clone();
            if let Some(time) = json::time(&crumb, "timestamp") {
                crumb["timestamp"] = time.into();
            }
            crumb
        })
        .collect();
    let attachments: Vec<Value> = event
        .attachments
        .iter()
        .map(|attachment| {
            json!({
                "filename": &*attachment.filename,
                "content_type": attachment.content_type.as_deref(),
                "bytes": attachment.bytes,
            })
        })
        .collect();
    let text_of_message = message(&payload).map(|_| {
        let entry = payload.get("logentry").or_else(|| payload.get("message"));
        entry
            .and_then(|entry| text(entry, "formatted"))
            .or_else(|| message(&payload))
            .unwrap_or_default()
            .to_owned()
    });
    let feedback = payload.pointer("/contexts/feedback").filter(|_| event.is_feedback).cloned();
    json!({
        "event_id": hex128(event.id),
        "issue_id": hex64(event.issue),
        "timestamp": event.at,
        "level": event.level.text(),
        "type": event.kind.as_deref(),
        "value": &*event.value,
        "message": text_of_message,
        "culprit": event.culprit.as_deref(),
        "transaction": field("transaction"),
        "logger": field("logger"),
        "platform": field("platform"),
        "service": &*event.resource.service,
        "release": event.resource.release.as_deref(),
        "environment": event.resource.environment.as_deref(),
        "server_name": field("server_name"),
        "trace_id": (event.trace != 0).then(|| hex128(event.trace)),
        "span_id": (event.span != 0).then(|| hex64(event.span)),
        "handled": event.handled,
        "exceptions": exceptions,
        "threads": threads(&payload),
        "breadcrumbs": crumbs,
        "tags": tags,
        "user": field("user"),
        "request": field("request"),
        "contexts": field("contexts").unwrap_or_else(|| json!({})),
        "extra": field("extra").unwrap_or_else(|| json!({})),
        "feedback": feedback,
        "attachments": attachments,
        "sdk": field("sdk"),
    })
}

fn exception(exception: &Value, payload: &Value) -> Value {
    let id = exception.get("thread_id").filter(|id| !id.is_null());
    let is_own = |thread: &&Value| id.is_some() && thread.get("id") == id;
    json!({
        "type": text(exception, "type"),
        "value": text(exception, "value"),
        "module": text(exception, "module"),
        "mechanism": exception.get("mechanism").filter(|mechanism| mechanism.is_object()),
        "thread": list(payload, "threads").iter().find(is_own).and_then(|thread| text(thread, "name")),
        "frames": frames(exception),
        "registers": exception.pointer("/stacktrace/registers").filter(|registers| registers.is_object()),
    })
}

/// The stacks of threads, for events that have them there and not in an exception.
fn threads(payload: &Value) -> Vec<Value> {
    let threads =
        list(payload, "threads").iter().take(64).filter(|thread| thread.get("stacktrace").is_some());
    threads
        .map(|thread| {
            json!({
                "id": thread.get("id"),
                "name": text(thread, "name"),
                "crashed": thread.get("crashed"),
                "current": thread.get("current"),
                "frames": frames(thread),
            })
        })
        .collect()
}

/// The frames of a stack, innermost first.
fn frames(of: &Value) -> Vec<Value> {
    let Some(Value::Array(frames)) = of.pointer("/stacktrace/frames") else { return Vec::new() };
    frames
        .iter()
        .rev()
        .take(MAX_FRAMES)
        .filter(|frame| frame.is_object())
        .map(|frame| {
            json!({
                "function": text(frame, "function"),
                "module": text(frame, "module"),
                "package": text(frame, "package"),
                "filename": text(frame, "filename"),
                "abs_path": text(frame, "abs_path"),
                "lineno": number(frame, "lineno").map(|line| line as u64),
                "colno": number(frame, "colno").map(|column| column as u64),
                "in_app": frame.get("in_app").and_then(Value::as_bool).unwrap_or(false),
                "pre_context": lines(frame, "pre_context"),
                "context_line": frame.get("context_line").and_then(Value::as_str),
                "post_context": lines(frame, "post_context"),
                "vars": frame.get("vars").filter(|vars| vars.is_object() || vars.is_array()),
            })
        })
        .collect()
}

fn lines(frame: &Value, key: &str) -> Vec<String> {
    let lines = list(frame, key).iter().take(20);
    lines.map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}
