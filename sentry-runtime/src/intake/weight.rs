//! The memory that waiting messages take, roughly, so that the queues are bounded in bytes as well as in number.
//!
//! Lengths are added up without an allocation. A snapshot of a scope is shared by everything that was captured while the
//! scope did not change, so the snapshot counts once, from the first message that waits with it to the last.

use std::sync::Arc;

use super::check_in::PendingCheckIn;
use super::message::{BatchRecord, Body, Capture, Message, PendingFeedback};
use super::record_context::Fields;
use crate::client::Client;
use crate::client::hint::Hint;
use crate::protocol::{AttributeValue, Breadcrumb, Context, Event, Map, Request, Stacktrace, Value};
use crate::scope::request::ScopeRequest;
use crate::scope::{FormData, Scope, Scopes};

/// The bytes of an entry of a map or list, without its texts.
const ENTRY: usize = 48;
/// The bytes of a message, without the counted parts.
const MESSAGE: usize = 1024;

/// A value that waits in a queue.
pub(super) trait Weigh {
    /// Returns the bytes, without the scopes that are shared with other messages.
    fn own_bytes(&self) -> usize;

    /// Returns the snapshots of scopes that wait with it.
    fn scopes(&self) -> Option<[&Arc<Scope>; 3]>;

    /// Returns the client whose option bounds the queue.
    fn client(&self) -> Option<&Client>;
}

fn all_of(scopes: &Scopes) -> Option<[&Arc<Scope>; 3]> {
    Some([&scopes.global, &scopes.isolation, &scopes.current])
}

impl Weigh for Message {
    fn own_bytes(&self) -> usize {
        match self {
            Self::Event(capture) => MESSAGE + of_capture(capture),
            Self::Feedback(feedback) => MESSAGE + of_feedback(feedback),
            Self::Session(_) => MESSAGE / 4,
            Self::Flush(_) => 0,
        }
    }

    fn scopes(&self) -> Option<[&Arc<Scope>; 3]> {
        match self {
            Self::Event(capture) => all_of(&capture.scopes),
            Self::Feedback(feedback) => all_of(&feedback.scopes),
            Self::Session(_) | Self::Flush(_) => None,
        }
    }

    fn client(&self) -> Option<&Client> {
        match self {
            Self::Event(capture) => Some(&capture.client),
            Self::Feedback(feedback) => Some(&feedback.client),
            Self::Session(pending) => Some(&pending.client),
            Self::Flush(_) => None,
        }
    }
}

impl Weigh for PendingCheckIn {
    fn own_bytes(&self) -> usize {
        MESSAGE
    }

    fn scopes(&self) -> Option<[&Arc<Scope>; 3]> {
        None
    }

    fn client(&self) -> Option<&Client> {
        Some(self.content.client())
    }
}

impl Weigh for BatchRecord {
    fn own_bytes(&self) -> usize {
        match self {
            Self::Log(record) => record.bytes() + of_lists(&record.fields),
            Self::Metric(record) => MESSAGE / 2 + of_lists(&record.draft.fields),
        }
    }

    fn scopes(&self) -> Option<[&Arc<Scope>; 3]> {
        match self {
            Self::Log(record) => all_of(&record.moment.scopes),
            Self::Metric(record) => all_of(&record.moment.scopes),
        }
    }

    fn client(&self) -> Option<&Client> {
        match self {
            Self::Log(record) => Some(&record.moment.client),
            Self::Metric(record) => Some(&record.moment.client),
        }
    }
}

/// Returns the bytes of a scope.
pub(super) fn of_scope(scope: &Scope) -> usize {
    scope.rest.attachments.iter().fold(of_data(scope), |sum, attachment| sum + attachment.buffer.len())
}

/// Returns the bytes of a scope without its attachments, which transactions do not carry and scopes share.
pub(crate) fn of_data(scope: &Scope) -> usize {
    let attributes = scope.rest.attributes.iter().map(|(key, value)| ENTRY + key.len() + of_attribute(value));
    let request = match &scope.request {
        Some(ScopeRequest::Received(request)) => request.bytes(),
        Some(ScopeRequest::Given(request)) => of_request(request),
        None => 0,
    };
    of_values(&scope.rest.extra)
        + scope.form().map_or(0, of_form)
        + of_contexts(&scope.rest.contexts)
        + scope.tags.len() * 4 * ENTRY
        + scope.breadcrumbs.iter().map(of_breadcrumb).sum::<usize>()
        + attributes.sum::<usize>()
        + scope.rest.user.as_ref().map_or(0, |user| of_values(&user.other))
        + request
}

fn of_form(form: &FormData) -> usize {
    form.weighed().map(|(name, text, value)| ENTRY + name + text.len() + value.map_or(0, of_value)).sum()
}

fn of_request(request: &Request) -> usize {
    let texts = [&request.url, &request.query_string, &request.cookies, &request.data];
    let entries = request.headers.iter().chain(&request.env);
    texts.into_iter().flatten().map(String::len).sum::<usize>()
        + entries.map(|(key, value)| ENTRY + key.len() + value.len()).sum::<usize>()
}

fn of_capture(capture: &Capture) -> usize {
    let body = match &capture.body {
        Body::Error { chain, .. } => chain.entries.iter().map(|entry| ENTRY + entry.value.len()).sum(),
        Body::Panic { message, .. } | Body::Message(message) => message.len(),
        Body::Event(event) => of_event(event),
    };
    body + capture.hint.as_deref().map_or(0, of_hint)
}

fn of_hint(hint: &Hint) -> usize {
    let mechanism = hint.mechanism.as_ref().map_or(0, |mechanism| of_values(&mechanism.data));
    mechanism + hint.attachments.iter().map(|attachment| attachment.buffer.len()).sum::<usize>()
}

fn of_feedback(feedback: &PendingFeedback) -> usize {
    feedback.feedback.message.len() + feedback.attachments.iter().map(|file| file.buffer.len()).sum::<usize>()
}

fn of_event(event: &Event<'_>) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let entry = event
        .logentry
        .as_ref()
        .map_or(0, |entry| entry.message.len() + entry.params.iter().map(of_value).sum::<usize>());
    let exceptions = event.exception.iter().map(|exception| {
        let data = exception.mechanism.as_ref().map_or(0, |mechanism| of_values(&mechanism.data));
        let stacks = [&exception.stacktrace, &exception.raw_stacktrace].into_iter().flatten().map(of_stack);
        ENTRY + text(&exception.value) + data + stacks.sum::<usize>()
    });
    let threads = event.threads.iter().flat_map(|thread| [&thread.stacktrace, &thread.raw_stacktrace]);
    let stacks = threads.chain([&event.stacktrace]).flatten().map(of_stack);
    let request = event.request.as_ref().map_or(0, of_request);
    text(&event.message)
        + entry
        + request
        + of_values(&event.extra)
        + of_contexts(&event.contexts)
        + event.user.as_ref().map_or(0, |user| of_values(&user.other))
        + event
            .tags
            .iter()
            .chain(&event.modules)
            .map(|(key, value)| ENTRY + key.len() + value.len())
            .sum::<usize>()
        + event.breadcrumbs.iter().map(of_breadcrumb).sum::<usize>()
        + exceptions.chain(stacks).sum::<usize>()
}

fn of_stack(stack: &Stacktrace) -> usize {
    stack.frames.iter().map(|frame| 8 * ENTRY + of_values(&frame.vars)).sum()
}

fn of_breadcrumb(breadcrumb: &Breadcrumb) -> usize {
    4 * ENTRY + breadcrumb.message.as_ref().map_or(0, String::len) + of_values(&breadcrumb.data)
}

fn of_contexts(contexts: &Map<String, Context>) -> usize {
    let context = |context: &Context| match context {
        Context::Other(fields) => of_values(fields),
        Context::Trace(trace) => of_values(&trace.data),
        Context::Device(it) => of_values(&it.other),
        Context::Os(it) => of_values(&it.other),
        Context::Runtime(it) => of_values(&it.other),
        Context::App(it) => of_values(&it.other),
        Context::Browser(it) => of_values(&it.other),
        Context::Response(it) => it.data.as_ref().map_or(0, of_value),
    };
    contexts.iter().map(|(key, value)| 4 * ENTRY + key.len() + context(value)).sum()
}

fn of_values(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(key, value)| ENTRY + key.len() + of_value(value)).sum()
}

/// Returns the bytes below a value. Works without recursion, because a thread with a small stack may hand over a value
/// of the greatest depth that is kept. Allocates only for lists and objects inside of others.
fn of_value(value: &Value) -> usize {
    let (mut bytes, mut next, mut nested) = (0, Some(value), Vec::new());
    while let Some(value) = next {
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(items) => {
                bytes += items.iter().map(|item| ENTRY + of_leaf(item, &mut nested)).sum::<usize>();
            }
            Value::Object(fields) => {
                let field = |(key, field): (&String, _)| ENTRY + key.len() + of_leaf(field, &mut nested);
                bytes += fields.iter().map(field).sum::<usize>();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        next = nested.pop();
    }
    bytes
}

/// Returns the bytes of a value without entries; a list or an object is added to `nested` instead.
fn of_leaf<'a>(value: &'a Value, nested: &mut Vec<&'a Value>) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(_) | Value::Object(_) => {
            nested.push(value);
            0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Returns the bytes below an attribute, without recursion like [`of_value`].
fn of_attribute(value: &AttributeValue) -> usize {
    let (mut bytes, mut next, mut nested) = (0, Some(value), Vec::new());
    while let Some(value) = next {
        match value {
            AttributeValue::String(text) => bytes += text.len(),
            AttributeValue::Array(items) => {
                for item in items {
                    bytes += ENTRY;
                    match item {
                        AttributeValue::String(text) => bytes += text.len(),
                        AttributeValue::Array(_) => nested.push(item),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        next = nested.pop();
    }
    bytes
}

/// The texts of fields are part of the size of a log; lists are not.
fn of_lists(fields: &Fields) -> usize {
    fields.iter().map(|(_, value)| ENTRY + of_attribute(value)).sum()
}
