//! Web handlers: an isolation scope of their own, the caller's trace continued, errors captured.
//!
//! The behaviour is that of `withServerActionInstrumentation` of Sentry's SDK for Next.js; form data and response
//! are also put on error events, and fields with sensitive names are filtered.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::client;
use crate::errors::{self, ControlFlow, Failure, Origin};
use crate::protocol::{AttributeValue, SpanStatus, Value};
use crate::scope::active::{self, Saved};
use crate::scope::context::Context;
use crate::trace::callsite::Callsite;
use crate::trace::clock::{self, Ticks};
use crate::trace::headers::HeaderSource;
use crate::trace::ids::LocalId;
use crate::trace::instrumented::{End, Previous, Stage, Work};
use crate::trace::options::SpanOptions;
use crate::trace::propagation::Propagation;
use crate::trace::record::{Detail, Record};
use crate::trace::recorder;
use crate::trace::span::Span;

/// The fields of a submitted form, in order; a field that comes several times is kept several times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FormData(Vec<(String, Value)>);

/// The most fields of a form that are recorded.
const MAX_FIELDS: usize = 100;

impl FormData {
    /// The fields of anything that serialises to a map, a struct, or a list of pairs; anything else is one field
    /// named `value`.
    pub fn of<T: Serialize + ?Sized>(form: &T) -> Self {
        let fields = match serde_json::to_value(form) {
            Ok(Value::Object(fields)) => fields.into_iter().collect(),
            Ok(Value::Array(items)) => items.into_iter().enumerate().map(Self::pair).collect(),
            Ok(other) => vec![("value".to_owned(), other)],
            Err(_) => Vec::new(),
        };
        Self(fields)
    }

    /// The fields given as pairs.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), Value::from(value.into()))).collect())
    }

    /// A form of which only the text is known.
    pub fn text(text: String) -> Self {
        Self(vec![("value".to_owned(), Value::from(text))])
    }

    fn pair((at, item): (usize, Value)) -> (String, Value) {
        match item {
            Value::Array(mut pair) if pair.len() == 2 && pair[0].is_string() => {
                let value = pair.pop().unwrap_or(Value::Null);
                (pair[0].as_str().unwrap_or_default().to_owned(), value)
            }
            other => (at.to_string(), other),
        }
    }

    /// One value a field; several of a field become a list.
    fn grouped(self) -> BTreeMap<String, Value> {
        let mut grouped: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (key, value) in self.0.into_iter().take(MAX_FIELDS) {
            grouped.entry(key).or_default().push(value);
        }
        let single = |mut values: Vec<Value>| match values.len() {
            1 => values.remove(0),
            _ => Value::Array(values),
        };
        grouped.into_iter().map(|(key, values)| (key, single(values))).collect()
    }
}

/// A run of a web handler.
#[derive(Debug)]
pub struct ServerAction(Option<Box<State>>);

#[derive(Debug)]
struct State {
    site: &'static str,
    headers: Option<Propagation>,
    has_headers: bool,
    form: Option<FormData>,
    record_response: bool,
    flush: bool,
    taken: Arc<Context>,
    parent: LocalId,
    running: Option<Running>,
    status: Option<SpanStatus>,
    failed: bool,
}

#[derive(Debug)]
struct Running {
    context: Option<Arc<Context>>,
    span: LocalId,
    handle: Span,
    since: Ticks,
}

/// A run of an annotated handler. It starts when it is entered.
pub fn server_action(callsite: &'static Callsite) -> ServerAction {
    if client::level() == client::Level::Off {
        return ServerAction(None);
    }
    ServerAction::named(callsite.given_name())
}

impl ServerAction {
    pub(crate) fn named(name: &'static str) -> Self {
        Self(Some(Box::new(State {
            site: name,
            headers: None,
            has_headers: false,
            form: None,
            record_response: false,
            flush: false,
            taken: active::context(),
            parent: active::position().1,
            running: None,
            status: None,
            failed: false,
        })))
    }

    /// Continues the trace that the request's headers carry, unless a span is active.
    #[must_use]
    pub fn headers<H: HeaderSource + ?Sized>(mut self, headers: &H) -> Self {
        if let Some(state) = &mut self.0 {
            let client = state.taken.client();
            state.headers =
                Propagation::from_headers(&headers, client.as_ref().map(|client| client.options()));
            state.has_headers = true;
        }
        self
    }

    /// Records the submitted form.
    #[must_use]
    pub fn form_data(mut self, form: FormData) -> Self {
        if let Some(state) = &mut self.0 {
            state.form = Some(form);
        }
        self
    }

    /// Records what the handler returns.
    #[must_use]
    pub fn record_response(mut self) -> Self {
        if let Some(state) = &mut self.0 {
            state.record_response = true;
        }
        self
    }

    /// Waits for everything to be sent before the handler returns, for environments that freeze afterwards.
    #[must_use]
    pub fn flush(mut self) -> Self {
        if let Some(state) = &mut self.0 {
            state.flush = true;
        }
        self
    }

    /// Whether the response is worth computing.
    #[must_use]
    pub fn wants_response(&self) -> bool {
        self.0.as_ref().is_some_and(|state| state.record_response)
    }

    /// What the handler returned.
    pub fn response(&mut self, value: AttributeValue) {
        let Some(state) = &mut self.0 else { return };
        active::with(|context| {
            let shown = serde_json::to_value(&value).unwrap_or_default();
            context.isolation.update(|scope| scope.set_extra("server_action_result", shown));
        });
        if state.running.is_some() {
            let (segment, span) = active::position();
            set(segment, span, "server_action_result", value);
        }
    }

    /// Says that the handler returned an error, or what looks like one.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        let Some(state) = &mut self.0 else { return };
        match failure.control {
            ControlFlow::Redirect => state.status = Some(SpanStatus::Ok),
            ControlFlow::NotFound => state.status = Some(SpanStatus::NotFound),
            ControlFlow::Failure => {
                state.failed = true;
                let since = state.running.as_ref().map_or(0, |running| running.since);
                errors::capture(failure, since, Origin::ServerAction);
            }
        }
    }
}

fn set(segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue) {
    if segment != 0 && span != 0 && active::mode() == crate::scope::context::Mode::Sampled {
        recorder::push(Record::Attribute { segment, span, key, value });
    }
}

impl State {
    fn start(&mut self) {
        let here = active::own_context().unwrap_or_else(|| Arc::clone(&self.taken));
        if here.segment().is_some() {
            self.parent = active::position().1;
        }
        let mut context = here.isolated().framed();
        // A server's integration has read the headers of its request before, and its trace goes on here.
        let in_request = || context.isolation.snapshot().captured.is_some();
        if context.segment().is_none() && !in_request() {
            // Without headers a handler is the head of a trace; with them it continues what they carry.
            if let Some(incoming) = self.headers.take() {
                context = context.in_new_trace(incoming);
            } else if self.has_headers || !context.continues {
                context = context.in_new_trace(Propagation::new());
            }
        }
        let parent = if context.segment().is_some() { self.parent } else { 0 };
        let options = SpanOptions::new(format!("serverAction/{}", self.site))
            .op("function.server_action")
            .origin("auto.function.server_action")
            .source("route");
        // Inside of an active span it is a child of that, and part of its transaction.
        let context = Arc::new(context);
        let handle = Span::start_in(Arc::clone(&context), parent, options);
        let (context, span) = handle.place().unwrap_or((context, 0));
        self.running = Some(Running { context: Some(context), span, handle, since: clock::now() });
    }
}

impl Work for ServerAction {
    fn stage(&self) -> Stage {
        match &self.0 {
            None => Stage::Over,
            Some(state) if state.running.is_none() => Stage::New,
            Some(_) => Stage::Begun,
        }
    }

    fn enter(&mut self) -> Option<Previous> {
        let state = self.0.as_mut()?;
        let first = state.running.is_none();
        if first {
            state.start();
        }
        let running = state.running.as_mut()?;
        let previous = active::swap(Saved { context: running.context.take(), span: running.span });
        if let Some(form) = state.form.take() {
            record_form(form);
        }
        Some(Previous(previous))
    }

    fn leave(&mut self, previous: Previous) {
        let own = active::swap(previous.0);
        if let Some(running) = self.0.as_mut().and_then(|state| state.running.as_mut()) {
            running.context = own.context;
        }
    }

    fn finish(&mut self, end: End) {
        let Some(state) = self.0.take() else { return };
        let Some(Running { context: Some(context), handle, .. }) = state.running else { return };
        errors::close(context.frame);
        let outcome = end.outcome(state.failed);
        if let Some(status) = state.status {
            handle.set_status(status);
        }
        handle.end_as(outcome);
        if state.flush
            && let Some(client) = context.client()
        {
            client.flush(client.options().shutdown_timeout);
        }
    }
}

/// A returned value as an attribute: a text or a number as it is, anything else as JSON.
pub(crate) fn shown<T: Serialize>(value: &T) -> AttributeValue {
    serde_json::to_value(value).map_or(AttributeValue::Null, attribute)
}

impl AsRef<Self> for FormData {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Puts the fields on the span and, for errors, on the isolation scope.
fn record_form(form: FormData) {
    let fields = form.grouped();
    let (segment, span) = active::position();
    active::with(|context| {
        context.isolation.update(|scope| {
            for (field, value) in &fields {
                scope.set_extra(&format!("server_action_form_data.{field}"), value.clone());
            }
        });
    });
    if segment == 0 || span == 0 || active::mode() != crate::scope::context::Mode::Sampled {
        return;
    }
    for (field, value) in fields {
        let key = format!("server_action_form_data.{field}");
        let detail = Box::new(Detail::Attribute(key, attribute(value)));
        recorder::push(Record::Detail { segment, span, detail });
    }
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null,
        Value::Bool(value) => value.into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => value.into(),
            (None, Some(value), _) => value.into(),
            (None, None, value) => value.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            AttributeValue::Array(items.into_iter().map(attribute).collect())
        }
        other => other.to_string().into(),
    }
}
