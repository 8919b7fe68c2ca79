//! Errors, messages and feedback.

use serde_json::{Map, Value};

use super::{Changes, Frame, HEALTH, ISSUES, TRACES};
use crate::model::index::Index;
use crate::model::issue::{exceptions, group, message};
use crate::model::json::{id64, id128, number, text, time};
use crate::model::rows::{Attachment, Event, Level};
use crate::model::text::cut;

/// The longest text of an event in lists, in bytes. The event's page has the whole.
const MAX_VALUE: usize = 4096;
const MAX_ATTACHMENTS: usize = 32;

impl Index {
    pub(super) fn read_event(
        &mut self,
        payload: &Value,
        raw: &[u8],
        frame: &Frame<'_>,
        event_id: &mut Option<u128>,
    ) -> Changes {
        if !payload.is_object() {
            return 0;
        }
        let at = time(payload, "timestamp").unwrap_or(frame.at);
        let id = id128(payload, "event_id").or(*event_id);
        // An event without an id cannot be asked for, so it gets one.
        let id = id.unwrap_or_else(|| (u128::from(at.to_bits()) << 64) | u128::from(self.seq) | 1 << 127);
        *event_id = Some(id);
        // An event may not take the place of all others.
        if raw.len() > self.limits.memory / 4 {
            return 0;
        }
        let source = self.source_of_event(payload);
        let shared = self.attributes_of(&source);
        let (resource, seen) = self.place(source, shared, frame);
        self.see(&resource, seen, at, frame);
        let trace = payload.pointer("/contexts/trace").unwrap_or(&Value::Null);
        let feedback =
            payload.pointer("/contexts/feedback").filter(|_| text(payload, "type") == Some("feedback"));
        let exceptions = exceptions(payload);
        let outer = exceptions.last().unwrap_or(&Value::Null);
        let kind = text(outer, "type").or(feedback.map(|_| "User feedback")).or(if exceptions.is_empty() {
            None
        } else {
            Some("Error")
        });
        let value = match feedback {
            Some(feedback) => text(feedback, "message"),
            None if exceptions.is_empty() => formatted(payload).or_else(|| message(payload)),
            None => text(outer, "value"),
        };
        let level = text(payload, "level").and_then(Level::read);
        let level = level.unwrap_or(if feedback.is_some() { Level::Info } else { Level::Error });
        let frame_of = crash_frame(outer);
        let culprit =
            text(payload, "transaction").map(ToOwned::to_owned).or_else(|| frame_of.and_then(place));
        let is_absolute = |path: &&str| path.starts_with('/') || path.contains(":\\") || path.contains("://");
        let file = frame_of.and_then(|frame| {
            text(frame, "abs_path").filter(is_absolute).or_else(|| text(frame, "filename"))
        });
        if let Some((absolute, relative)) =
            frame_of.and_then(|frame| Some((text(frame, "abs_path")?, text(frame, "filename")?)))
        {
            self.programs.learn_root(&resource.service, absolute, relative);
        }
        let mut tags = Vec::new();
        self.read_tags(payload, &mut tags);
        let handled =
            exceptions.iter().filter_map(|exception| exception.pointer("/mechanism/handled")?.as_bool());
        let event = Event {
            id,
            at,
            level,
            trace: id128(trace, "trace_id").unwrap_or_default(),
            span: id64(trace, "span_id").unwrap_or_default(),
            issue: group(payload),
            resource,
            kind: kind.map(|kind| self.texts.get(cut(kind, 300))),
            value: cut(value.unwrap_or_default(), MAX_VALUE).into(),
            culprit: culprit.map(|culprit| self.texts.get(cut(&culprit, 300))),
            file: file.map(|file| self.texts.get(cut(file, 1000))),
            line: frame_of.and_then(|frame| number(frame, "lineno")).map(|line| line as u32),
            handled: handled.reduce(|a, b| a && b),
            tags: tags.into(),
            attachments: Vec::new(),
            is_feedback: feedback.is_some(),
            raw: raw.into(),
        };
        self.accept(if event.is_feedback { "feedback" } else { "error" }, 1);
        match self.add_event(event) {
            Some(_) => ISSUES | TRACES,
            None => HEALTH,
        }
    }

    /// Notes an attachment of an event.
    pub(super) fn read_attachment(&mut self, header: &Map<String, Value>, bytes: usize, event: Option<u128>) {
        let Some(number) = event.and_then(|event| self.event_ids.get(&event)).copied() else { return };
        let mut name = |key: &str| Some(self.texts.get(cut(header.get(key)?.as_str()?, 200)));
        let (filename, content_type) = (name("filename"), name("content_type"));
        let filename = filename.unwrap_or_else(|| "attachment".into());
        let Some(event) = self.events.get_mut(number) else { return };
        if event.attachments.len() < MAX_ATTACHMENTS {
            event.attachments.push(Attachment { filename, content_type, bytes });
            let trace = event.trace;
            self.row_bytes += size_of::<Attachment>();
            if let Some(trace) = self.traces.get_mut(&trace) {
                trace.bytes += size_of::<Attachment>();
            }
        }
    }
}

/// Returns the text of a message with its parameters filled in.
fn formatted(event: &Value) -> Option<&str> {
    text(event.get("logentry").or_else(|| event.get("message"))?, "formatted")
}

/// Returns the frame where the error is: the innermost of the application, or the innermost of all.
fn crash_frame(exception: &Value) -> Option<&Value> {
    let frames = exception.pointer("/stacktrace/frames")?.as_array()?;
    frames.iter().rev().find(|frame| frame.get("in_app") == Some(&Value::Bool(true))).or(frames.last())
}

fn place(frame: &Value) -> Option<String> {
    let function = text(frame, "function");
    let module = text(frame, "module").or_else(|| text(frame, "filename"));
    match (module, function) {
        (Some(module), Some(function)) if function.starts_with(module) => Some(function.to_owned()),
        (Some(module), Some(function)) => Some(format!("{module} in {function}")),
        (module, function) => module.or(function).map(ToOwned::to_owned),
    }
}
