//! The run of a web handler, from its first poll to its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::form::FormData;
use super::kind::HandlerKind;
use super::plan::HandlerPlan;
use super::response::attribute;
use crate::base::callback;
use crate::capture::errors;
use crate::capture::{reported, seen, unwinding};
use crate::client::{self, forgotten};
use crate::context::active;
use crate::context::entered;
use crate::context::polls;
use crate::context::recorder;
use crate::context::thread_context::Context;
use crate::error::failure::{ControlFlow, Failure};
use crate::instrument::autoref::Fails;
use crate::instrument::instrumented::{End, PollHooks, Previous, Stage};
use crate::instrument::span::Span;
use crate::options::HttpBodyType;
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, SpanStatus};
use crate::trace::clock::{self, Ticks};
use crate::trace::headers::HeaderSource;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::propagation::Propagation;
use crate::trace::record::{Detail, Record};

/// A run of a web handler.
#[derive(Debug)]
pub struct Handler(Option<Box<HandlerState>>);

#[derive(Debug)]
struct HandlerState {
    kind: HandlerKind,
    plan: HandlerPlan,
    taken: Arc<Context>,
    parent: Lineage,
    running: Option<RunningHandler>,
    status: Option<SpanStatus>,
    http_status: Option<u16>,
    failed: bool,
    /// The program decided that the error is no failure.
    ignored: bool,
}

#[derive(Debug)]
struct RunningHandler {
    context: Option<Arc<Context>>,
    active: Lineage,
    handle: Span,
    since: Ticks,
}

/// Creates a run of an annotated server action. It starts when it is entered, like the other handlers.
#[must_use]
pub fn server_action(name: &'static str) -> Handler {
    Handler::new(HandlerKind::ServerAction { name: Cow::Borrowed(name) }, HandlerPlan::default())
}

/// Creates a run of an annotated handler of a route.
#[must_use]
pub fn api_handler(route: &'static str) -> Handler {
    Handler::new(HandlerKind::ApiHandler { route: Cow::Borrowed(route) }, HandlerPlan::default())
}

/// Creates a run of an annotated data fetcher.
#[must_use]
pub fn data_fetcher(kind: &'static str, route: &'static str) -> Handler {
    Handler::new(HandlerKind::DataFetcher { kind: kind.into(), route: route.into() }, HandlerPlan::default())
}

impl Handler {
    pub(crate) fn new(kind: HandlerKind, plan: HandlerPlan) -> Self {
        if client::capture_mode() == client::CaptureMode::Off {
            forgotten::check();
            return Self(None);
        }
        Self(Some(Box::new(HandlerState {
            kind,
            plan,
            taken: active::context(),
            parent: active::lineage(),
            running: None,
            status: None,
            http_status: None,
            failed: false,
            ignored: false,
        })))
    }

    /// Continues the trace of the request's headers, unless a span is active.
    #[must_use]
    pub fn headers<H: HeaderSource>(mut self, headers: H) -> Self {
        if let Some(state) = &mut self.0 {
            state.plan.read_headers(&headers);
        }
        self
    }

    /// Sets the method of the request.
    #[must_use]
    pub fn method<M: AsRef<str> + ?Sized>(mut self, method: &M) -> Self {
        if let Some(state) = &mut self.0 {
            callback::show(|| state.plan.set_method(method.as_ref()));
        }
        self
    }

    /// Sets the name of the span.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        if let Some(state) = &mut self.0 {
            state.plan.name = Some(Cow::Borrowed(name));
        }
        self
    }

    /// Records the submitted form.
    #[must_use]
    pub fn form_data(mut self, form: FormData) -> Self {
        if let Some(state) = &mut self.0 {
            state.plan.form = Some(form);
        }
        self
    }

    /// Sets whether the returned value is recorded.
    #[must_use]
    pub fn record_response(mut self, record: bool) -> Self {
        if let Some(state) = &mut self.0 {
            state.plan.record_response = Some(record);
        }
        self
    }

    /// Sets a tag on the handler's isolation scope.
    #[must_use]
    pub fn tag<V: ToString + ?Sized>(mut self, key: &'static str, value: &V) -> Self {
        if let Some(state) = &mut self.0
            && let Some(value) = callback::text_of(value)
        {
            state.plan.tags.push((Cow::Borrowed(key), value));
        }
        self
    }

    /// Sends all data before the handler returns, for environments that freeze the process afterwards.
    #[must_use]
    pub fn flush(mut self) -> Self {
        if let Some(state) = &mut self.0 {
            state.plan.flush = true;
        }
        self
    }

    /// Whether the response is recorded.
    #[must_use]
    pub fn wants_response(&self) -> bool {
        let by_default = |state: &HandlerState| {
            matches!(state.kind, HandlerKind::ServerAction { .. })
                && state
                    .taken
                    .client()
                    .is_some_and(|client| client.options().collected().body(HttpBodyType::OutgoingResponse))
        };
        self.0.as_ref().is_some_and(|state| state.plan.record_response.unwrap_or_else(|| by_default(state)))
    }

    /// Records the returned value.
    pub fn response(&mut self, value: AttributeValue) {
        let value = Shallow::of(value).into_inner();
        let Some(state) = &mut self.0 else { return };
        active::with(|context| {
            let shown = serde_json::to_value(&value).unwrap_or_default();
            context.isolation.update(|scope| scope.set_extra("server_action_result", shown));
        });
        if state.running.is_some()
            && let Some((segment, span)) = recording()
        {
            recorder::push(Record::Attribute { segment, span, key: "server_action_result", value });
        }
    }

    /// Whether the status of the response is recorded.
    #[must_use]
    pub fn wants_status(&self) -> bool {
        self.0.is_some()
    }

    /// Records the HTTP status of the returned value.
    pub fn answered(&mut self, status: Option<u16>) {
        if let Some(state) = &mut self.0 {
            state.http_status = status.filter(|code| (100..600).contains(code));
        }
    }

    /// Returns the time when it started, while it runs.
    fn since(&self) -> Option<Ticks> {
        Some(self.0.as_ref()?.running.as_ref()?.since)
    }

    /// Records the HTTP status of the response that a returned error becomes, if it is known.
    #[inline]
    pub fn refused(&mut self, status: Option<u16>) {
        if status.is_some() {
            self.answered(status);
        }
    }

    /// Asks the program whether a returned error is no failure of the handler.
    pub fn ignore<T, E>(&mut self, value: &Result<T, E>, ignore: impl FnOnce(&E) -> bool) {
        if let Err(error) = value {
            self.ignore_if(|| ignore(error));
        }
    }

    /// Ignores the returned error if the closure of the user's says so.
    pub(crate) fn ignore_if(&mut self, ignore: impl FnOnce() -> bool) {
        if let Some(state) = &mut self.0 {
            state.ignored = callback::show(ignore).unwrap_or_default();
        }
    }

    /// Records that the handler returned an error, or what looks like one.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        let Some(state) = &mut self.0 else { return };
        match failure.control {
            _ if state.ignored => {}
            ControlFlow::Redirect => state.status = Some(SpanStatus::Ok),
            ControlFlow::NotFound => state.status = Some(SpanStatus::NotFound),
            // A response that was returned as an `Err`: the client's mistake, not the handler's.
            ControlFlow::Failure if state.http_status.is_some_and(|code| code < 500) => {}
            ControlFlow::Failure => {
                state.failed = true;
                let since = state.running.as_ref().map_or(0, |running| running.since);
                if errors::capture(failure, since, state.kind.origin()).is_some() {
                    reported::note();
                }
            }
        }
    }
}

/// Returns the active span, if its data is recorded.
fn recording() -> Option<(LocalId, LocalId)> {
    let (segment, span) = active::position();
    (segment != 0 && span != 0 && active::mode().records_children()).then_some((segment, span))
}

/// Returns the option `trace_options_requests` of the active client.
fn traces_options_requests(context: &Context) -> bool {
    context.client().is_some_and(|client| client.options().trace_options_requests)
}

impl HandlerState {
    fn start(&mut self) {
        reported::forget();
        let here = active::own_context().unwrap_or_else(|| Arc::clone(&self.taken));
        if here.segment().is_some() {
            self.parent = active::lineage();
        }
        let mut context = self.isolated(&here).with_boundary();
        // A server's integration has read the headers of its request already, and the handler continues its trace.
        let in_request = || context.isolation.snapshot().captured.is_some();
        if context.segment().is_none() && !in_request() {
            // Without headers a handler starts a trace; with headers it continues theirs.
            if let Some(incoming) = self.plan.headers.take() {
                context = context.in_new_trace(incoming);
            } else if self.plan.has_headers || !context.continues {
                context = context.in_new_trace(Propagation::new());
            }
        }
        if context.segment().is_none() && self.plan.is_options_request() && !traces_options_requests(&context)
        {
            context = context.silenced();
        }
        let parent = if context.segment().is_some() { self.parent } else { Lineage::NONE };
        let options = self.kind.span(&mut self.plan);
        self.describe(&context, &options.name);
        // Inside an active span, the handler's span is a child and part of the same transaction.
        let context = Arc::new(context);
        let handle = Span::start_in(Arc::clone(&context), parent, options);
        let (context, active) = handle.position().unwrap_or((context, Lineage::NONE));
        self.running = Some(RunningHandler { context: Some(context), active, handle, since: clock::now() });
    }

    /// Returns the context with an isolation scope of its own, unless it belongs to a request that has one.
    fn isolated(&self, here: &Context) -> Context {
        let of_process = || Arc::ptr_eq(&here.isolation, &Context::default_ref().isolation);
        let of_request = || here.isolation.snapshot().captured.is_some();
        let belongs = if here.segment().is_some() { !of_process() } else { of_request() };
        if belongs && !self.kind.is_always_isolated() { here.clone() } else { here.isolated() }
    }

    /// Sets the tags on the isolation scope, and the name if no span will carry it or the existing name is worse.
    fn describe(&mut self, context: &Context, name: &str) {
        let tags = std::mem::take(&mut self.plan.tags);
        let is_silent = context.segment().is_none() && context.is_unrecorded();
        let untraced = is_silent || client::capture_mode() != client::CaptureMode::Tracing;
        if !tags.is_empty() || untraced {
            context.isolation.update(|scope| {
                for (key, value) in tags {
                    scope.set_tag(&key, value);
                }
                if untraced && scope.transaction.is_none() {
                    scope.set_transaction(Some(name));
                }
            });
        }
        // A server's layer without knowledge of routes named its transaction by the URL.
        if let (HandlerKind::ApiHandler { .. }, Some(segment)) = (&self.kind, context.segment())
            && segment.name().1 == "url"
        {
            segment.rename(name.to_owned(), "route");
        }
    }
}

impl PollHooks for Handler {
    fn stage(&self) -> Stage {
        match &self.0 {
            None => Stage::Over,
            Some(state) if state.running.is_none() => Stage::New,
            Some(_) => Stage::Begun,
        }
    }

    fn enter(&mut self) -> Option<Previous> {
        let state = self.0.as_mut()?;
        if state.running.is_none() {
            state.start();
        }
        let running = state.running.as_mut()?;
        let previous = Previous::swap(running.context.take(), running.active);
        if let Some(form) = state.plan.form.take() {
            record_form(form);
        }
        Some(previous)
    }

    fn run<R>(&mut self, run: impl FnOnce() -> R) -> R {
        unwinding::catching(run)
    }

    fn unwinds(&mut self) {
        if let Some(since) = self.since() {
            unwinding::leaves(since);
        }
    }

    fn poll_began(&self) {
        if polls::are_recorded()
            && let Some(span) =
                self.0.as_ref().and_then(|state| state.running.as_ref()).map(|running| running.active.span)
        {
            polls::begin(span, None);
        }
    }

    fn poll_ended(&self) {
        if polls::are_recorded()
            && let Some(span) =
                self.0.as_ref().and_then(|state| state.running.as_ref()).map(|running| running.active.span)
        {
            polls::end(span);
        }
    }

    fn leave(&mut self, previous: Previous) {
        let own = previous.restore();
        if let Some(running) = self.0.as_mut().and_then(|state| state.running.as_mut()) {
            running.context = own.context;
        }
    }

    fn finish(&mut self, end: End) {
        let Some(mut state) = self.0.take() else { return };
        let Some(RunningHandler { context: Some(context), active, handle, .. }) = state.running.take() else {
            return;
        };
        match state.http_status {
            // The server's layer need not capture it either.
            _ if state.ignored => {
                if let Some(captured) = &context.isolation.snapshot().captured {
                    captured.store(true, Ordering::Relaxed);
                }
            }
            _ if end != End::Done || state.failed => {}
            // The handler converted the error to a response.
            Some(500..) => {
                let _inside = entered::enter(Arc::clone(&context), active);
                if errors::capture_unhandled(state.kind.origin(), state.http_status) {
                    reported::note();
                }
            }
            Some(_) => {}
            // The server's layer knows the status.
            None => seen::hand_over(context.boundary, context.outer_boundary),
        }
        errors::close(context.boundary);
        let outcome = end.outcome(state.failed);
        if let Some(code) = state.http_status {
            handle.set_http_status(code);
        }
        if let Some(status) = state.status {
            handle.set_status(status);
        }
        handle.end_as(outcome);
        if state.plan.flush
            && let Some(client) = context.client()
        {
            client.flush(client.options().shutdown_timeout);
        }
    }
}

/// Sets the fields on the span and, for errors, on the isolation scope.
fn record_form(form: FormData) {
    let fields = form.grouped();
    active::with(|context| {
        context.isolation.update(|scope| {
            for (field, value) in &fields {
                scope.set_extra(&format!("server_action_form_data.{field}"), value.clone());
            }
        });
    });
    let Some((segment, span)) = recording() else { return };
    for (field, value) in fields {
        let key = format!("server_action_form_data.{field}");
        let detail = Box::new(Detail::Attribute(key, attribute(value)));
        recorder::push(Record::Detail { segment, span, detail });
    }
}

impl Fails for Handler {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        if let Some(state) = &mut self.0 {
            state.failed = true;
            errors::capture_unhandled(state.kind.origin(), None);
        }
    }
}
