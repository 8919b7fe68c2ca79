//! The run of a web handler, from its first poll to its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::kind::HandlerKind;
use super::plan::HandlerPlan;
use super::progress::Run;
use super::state::{HandlerState, RunningHandler};
use crate::base::callback;
use crate::capture::errors;
use crate::capture::{reported, seen, unwinding};
use crate::client::{self, forgotten};
use crate::context::active;
use crate::context::entered;
use crate::context::lazy_root;
use crate::context::local::local;
use crate::context::polls;
use crate::context::recorder;
use crate::context::thread_context::Context;
use crate::error::failure::{ControlFlow, Failure};
use crate::instrument::autoref::Fails;
use crate::instrument::instrumented::{End, PollHooks, Previous, Stage};
use crate::options::{ClientOptions, HttpBodyType};
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, SpanStatus};
use crate::scope::FormData;
use crate::trace::clock::Ticks;
use crate::trace::headers::HeaderSource;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::record::{LazyName, Record};

/// A run of a web handler.
#[derive(Debug)]
pub struct Handler(Run);

const _: () = assert!(size_of::<Handler>() <= 24, "a future grows by no more than this");

/// Creates a run of an annotated server action. It starts when it is entered, like the other handlers.
#[must_use]
pub fn server_action(name: &'static str) -> Handler {
    if client::capture_mode() == client::CaptureMode::Off {
        forgotten::check();
        return Handler(Run::Over);
    }
    if lazy_root::may_begin(local()) {
        return Handler(Run::Bare(name));
    }
    Handler::new(HandlerKind::ServerAction { name: Cow::Borrowed(name) }, None)
}

/// Creates a run of an annotated handler of a route.
#[must_use]
pub fn api_handler(route: &'static str) -> Handler {
    Handler::new(HandlerKind::ApiHandler { route: Cow::Borrowed(route) }, None)
}

/// Creates a run of an annotated data fetcher.
#[must_use]
pub fn data_fetcher(kind: &'static str, route: &'static str) -> Handler {
    Handler::new(HandlerKind::DataFetcher { kind: kind.into(), route: route.into() }, None)
}

impl Handler {
    /// Continues the trace of the request's headers, unless a span is active.
    // Not beside the other settings: the compiler's message about a value without headers says `Handler::headers` only
    // if this function is in the module of its type.
    #[must_use]
    pub fn headers<H: HeaderSource>(mut self, headers: H) -> Self {
        if let Some(plan) = self.plan() {
            plan.read_headers(&headers);
        }
        self
    }

    pub(crate) fn planned(kind: HandlerKind, plan: HandlerPlan) -> Self {
        Self::new(kind, Some(plan))
    }

    fn new(kind: HandlerKind, plan: Option<HandlerPlan>) -> Self {
        if client::capture_mode() == client::CaptureMode::Off {
            forgotten::check();
            return Self(Run::Over);
        }
        Self(Run::Full(HandlerState::new(kind, plan, active::context(), active::lineage())))
    }

    /// Returns the state, which a lazy run gets now. `None` if nothing is recorded.
    fn state(&mut self) -> Option<&mut HandlerState> {
        if matches!(self.0, Run::Bare(_) | Run::Lazy { .. } | Run::Suspended(_) | Run::Resumed(_)) {
            let (name, running) = match std::mem::replace(&mut self.0, Run::Over) {
                Run::Bare(name) => (name, None),
                lazy => ("", lazy.materialize()),
            };
            let kind = HandlerKind::ServerAction { name: Cow::Borrowed(name) };
            let mut state = HandlerState::new(kind, None, Arc::clone(Context::default_ref()), Lineage::NONE);
            state.running = running;
            self.0 = Run::Full(state);
        }
        match &mut self.0 {
            Run::Full(state) => Some(state),
            _ => None,
        }
    }

    /// Returns the span whose polls are recorded.
    fn polled(&self) -> Option<LocalId> {
        match &self.0 {
            Run::Full(state) => state.running.as_ref().map(|running| running.active.span),
            _ => None,
        }
    }

    /// Returns the settings, unless nothing is recorded.
    pub(super) fn plan(&mut self) -> Option<&mut HandlerPlan> {
        Some(self.state()?.plan.get_or_insert_default())
    }

    /// Returns whether the response is recorded.
    #[must_use]
    pub fn wants_response(&self) -> bool {
        let (chosen, is_action) = match &self.0 {
            Run::Over => return false,
            Run::Bare(_) | Run::Lazy { .. } | Run::Suspended(_) | Run::Resumed(_) | Run::Ending { .. } => {
                (None, true)
            }
            Run::Full(state) => (
                state.plan.as_ref().and_then(|plan| plan.record_response),
                matches!(state.kind, HandlerKind::ServerAction { .. }),
            ),
        };
        chosen.unwrap_or_else(|| is_action && responses_are_recorded())
    }

    /// Records the returned value.
    pub fn response(&mut self, value: AttributeValue) {
        let value = Shallow::of(value).into_inner();
        let Some(state) = self.state() else { return };
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

    /// Returns whether the status of the response is recorded.
    #[must_use]
    pub fn wants_status(&self) -> bool {
        !matches!(self.0, Run::Over)
    }

    /// Records the HTTP status of the returned value.
    pub fn answered(&mut self, status: Option<u16>) {
        if let Some(state) = self.state() {
            state.http_status = status.filter(|code| (100..600).contains(code));
        }
    }

    /// Returns the time when it started, while it runs.
    fn since(&self) -> Option<Ticks> {
        match &self.0 {
            Run::Lazy { since, .. } | Run::Ending { since } => Some(*since),
            Run::Suspended(kept) | Run::Resumed(kept) => Some(kept.start()),
            Run::Full(state) => Some(state.running.as_ref()?.since),
            Run::Over | Run::Bare(_) => None,
        }
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
        if let Some(state) = self.state() {
            state.ignored = callback::show(ignore).unwrap_or_default();
        }
    }

    /// Records that the handler returned an error, or what looks like one.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        let Some(state) = self.state() else { return };
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
                    reported::note(state.http_status, since);
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

/// Returns whether a client records the responses of server actions if the action says nothing about it.
fn records_responses(options: &ClientOptions) -> bool {
    options.collected().body(HttpBodyType::OutgoingResponse)
}

/// As above, for the active client: a lazy root and a segment have it at hand.
fn responses_are_recorded() -> bool {
    lazy_root::option(local(), records_responses).unwrap_or_else(|| {
        active::with(|context| match context.segment() {
            Some(segment) => records_responses(segment.client.options()),
            None => context.client().is_some_and(|client| records_responses(client.options())),
        })
    })
}

/// Starts a server action as a lazy root, if possible.
fn start_lazily(name: &'static str) -> Option<Run> {
    // A poll is recorded in a context.
    if polls::are_recorded() {
        return None;
    }
    let (root, since, _) =
        callback::contain(|| lazy_root::begin(local(), LazyName::ServerAction(name))).flatten()?;
    reported::forget();
    Some(Run::Lazy { root, since })
}

impl PollHooks for Handler {
    type Previous = Option<Previous>;
    const EMPTY_WHEN_OVER: bool = true;

    fn stage(&self) -> Stage {
        match &self.0 {
            Run::Over => Stage::Over,
            Run::Bare(_) => Stage::New,
            Run::Full(state) if state.running.is_none() => Stage::New,
            _ => Stage::Begun,
        }
    }

    fn enter(&mut self) -> Option<Previous> {
        if matches!(self.0, Run::Over) {
            return None;
        }
        if let Run::Bare(name) = self.0
            && let Some(run) = start_lazily(name)
        {
            self.0 = run;
            return Some(Previous::default());
        }
        if self.0.resume() {
            return Some(Previous::default());
        }
        let state = self.state()?;
        if state.running.is_none() {
            state.start();
        }
        let running = state.running.as_mut()?;
        let previous = Previous::swap(running.context.take(), running.active);
        if let Some(form) = state.plan.as_mut().and_then(|plan| plan.form.take()) {
            record_form(form);
        }
        Some(previous)
    }

    fn run<R>(&mut self, run: impl FnOnce() -> R) -> R {
        unwinding::catching_since(self.since().unwrap_or_else(unwinding::begin), run)
    }

    fn unwinds(&mut self) {
        if let Some(since) = self.since() {
            unwinding::leaves(since);
        }
    }

    fn poll_began(&self) {
        if polls::are_recorded()
            && let Some(span) = self.polled()
        {
            polls::begin(span, None);
        }
    }

    fn poll_ended(&self) {
        if polls::are_recorded()
            && let Some(span) = self.polled()
        {
            polls::end(span);
        }
    }

    fn ending(&mut self) {
        let (root, since) = match &self.0 {
            Run::Lazy { root, since } => (*root, *since),
            Run::Resumed(kept) => (kept.id(), kept.start()),
            _ => return,
        };
        if local().lazy_root.is_open(root) {
            self.0 = Run::Ending { since };
        }
    }

    fn leave(&mut self, previous: Option<Previous>) {
        let Some(previous) = previous else { return };
        // The lazy root ends at once, and takes itself out of the thread.
        if matches!(self.0, Run::Ending { .. }) || self.0.suspend() {
            return;
        }
        let running = self.state().and_then(|state| state.running.as_mut());
        let own = previous.restore();
        if let Some(running) = running {
            running.context = own.context;
        }
    }

    fn finish(&mut self, end: End) {
        if matches!(self.0, Run::Suspended(_)) && !self.0.resume() {
            self.state();
        }
        match std::mem::replace(&mut self.0, Run::Over) {
            Run::Full(state) => finish_ordinary(state, end),
            Run::Over | Run::Bare(_) | Run::Suspended(_) => {}
            Run::Lazy { .. } | Run::Resumed(_) | Run::Ending { .. } => {
                callback::contain(|| lazy_root::end(local(), end.outcome(false)));
            }
        }
    }
}

/// Finishes a handler that has a state. This is no part of [`Handler::finish`], so that a lazy root does not pay for
/// its stack frame.
#[inline(never)]
fn finish_ordinary(mut state: Box<HandlerState>, end: End) {
    let Some(RunningHandler { context: Some(context), active, span, since }) = state.running.take() else {
        return;
    };
    match state.http_status {
        // The server's layer need not capture it either.
        _ if state.ignored => {
            if let Some(events) = &context.isolation.snapshot().request_events {
                events.note_captured();
                events.ignored.store(true, Ordering::Relaxed);
            }
        }
        _ if end != End::Done || state.failed => {}
        // The handler converted the error to a response.
        Some(500..) => {
            let _inside = entered::enter(Arc::clone(&context), active);
            if errors::capture_unhandled(state.kind.origin(), state.http_status) {
                reported::note(state.http_status, since);
            }
        }
        Some(_) => {}
        // The server's layer knows the status.
        None => seen::hand_over(context.boundary, context.outer_boundary),
    }
    errors::close(context.boundary);
    let outcome = end.outcome(state.failed);
    span.end(&context, active, &state, outcome);
    if state.plan.as_ref().is_some_and(|plan| plan.flush)
        && let Some(client) = context.client()
    {
        client.flush(client.options().shutdown_timeout);
    }
}

/// Sets the fields on the span and, for errors, on the isolation scope.
fn record_form(form: Arc<FormData>) {
    if let Some((segment, span)) = recording() {
        recorder::push(Record::Form { segment, span, form: Arc::clone(&form) });
    }
    active::with(|context| context.isolation.update(|scope| scope.set_form(form)));
}

impl Fails for Handler {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        if let Some(state) = self.state() {
            state.failed = true;
            errors::capture_unhandled(state.kind.origin(), None);
        }
    }
}
