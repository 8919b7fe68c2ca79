//! The handling of one request, from its head to the last byte of the response.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::headers;
use super::incoming::Incoming;
use super::parts::route_name;
use super::session;
use crate::capture::errors::{self, ErrorOrigin};
use crate::capture::event;
use crate::capture::{reported, unwinding};
use crate::client::{self, Client};
use crate::context::state::SavedContext;
use crate::context::thread_context::{Context, Mode};
use crate::context::{active, entered, ids, recorder};
use crate::error::failure::Failure;
use crate::instrument::instrumented::End;
use crate::instrument::root::{self, RootKind};
use crate::instrument::span::Span;
use crate::intake::message::Capture;
use crate::protocol::nesting::Shallow;
use crate::protocol::{self, Event, Exception, Level, SpanStatus};
use crate::scope::request_events::SharedEvents;
use crate::scope::{Scope, ScopeCell};
use crate::trace::clock::{self, Start, Ticks};
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::propagation::Propagation;
use crate::trace::record::Record;
use crate::trace::sampling::Hints;
use crate::trace::segment::{RootName, Segment};

/// One request. Empty without a client.
#[derive(Debug, Default)]
pub(crate) struct Handling(Option<RunningRequest>);

/// A request that is being handled.
#[derive(Debug)]
pub(crate) struct RunningRequest {
    /// Absent while it is the active context of the thread.
    context: Option<Arc<Context>>,
    /// The same context, for the end of the request: other code may have taken it off the thread by then.
    own: Arc<Context>,
    active: Lineage,
    since: Ticks,
    naming: Arc<Naming>,
    /// The status and the length of the response.
    response: Option<(u16, Option<u64>)>,
    /// The outcome according to the response.
    status: Option<SpanStatus>,
    failed: bool,
    /// Whether the response is a server error.
    is_server_error: bool,
}

/// The name of a request's transaction, for code that learns the route of the request later.
#[derive(Debug)]
pub(crate) struct Naming {
    named: Named,
    events: SharedEvents,
    /// The mechanism of the events.
    mechanism: &'static str,
}

/// The holder of a request's name. It does not hold the context, which ends with the request: the server's request object
/// may live longer.
#[derive(Debug)]
enum Named {
    /// The transaction and its root.
    Transaction(Arc<Segment>, LocalId),
    /// The scope of a request that has no transaction of its own, and the name at its start.
    Scope(Arc<ScopeCell>, Option<RootName>),
}

impl Handling {
    /// Begins a request: scopes, a trace and a transaction of its own.
    pub(crate) fn begin(read: impl FnOnce(&Arc<Client>) -> Incoming) -> Self {
        if client::capture_mode() == client::CaptureMode::Off {
            return Self(None);
        }
        reported::forget();
        let Some(client) = active::client().filter(|client| client.is_enabled()) else { return Self(None) };
        let mut incoming = read(&client);
        let events = incoming.events();
        // An active span here belongs to the server's own work, and no request must wait for its end.
        let trace = incoming.propagation.take().unwrap_or_else(Propagation::new);
        let context = active::with(|here| {
            let mut isolation = Scope::clone(&here.isolation.snapshot());
            isolation.request_events = Some(events.clone());
            isolation.request = incoming.request();
            here.for_request(Arc::new(isolation), trace)
        });
        // Annotated functions inside are not recorded as transactions either.
        let context = if incoming.is_traced { context } else { context.silenced() };
        let mechanism = incoming.origin;
        let (context, active, named) = start(context, incoming, client);
        let naming = Arc::new(Naming { named, events, mechanism });
        naming.tell_scope(None);
        session::begin(&context);
        Self(Some(RunningRequest {
            context: Some(Arc::clone(&context)),
            own: context,
            active,
            since: clock::now(),
            naming,
            response: None,
            status: None,
            failed: false,
            is_server_error: false,
        }))
    }

    /// Returns the name of the transaction.
    pub(crate) fn naming(&self) -> Option<&Arc<Naming>> {
        self.0.as_ref().map(|running| &running.naming)
    }

    /// Runs a closure in the request's context. A panic in it ends the request and propagates.
    pub(crate) fn inside<R>(&mut self, run: impl FnOnce(Option<&mut RunningRequest>) -> R) -> R {
        struct Entered<'a> {
            handling: &'a mut Handling,
            previous: Option<SavedContext>,
        }
        impl Drop for Entered<'_> {
            fn drop(&mut self) {
                let own = self.previous.take().map(active::swap).unwrap_or_default();
                if let Some(running) = &mut self.handling.0 {
                    running.context = own.context;
                }
                // The code that catches the panic drops the request later, when the panic can no longer be detected.
                if std::thread::panicking() {
                    self.handling.end(End::Panicked);
                }
            }
        }
        let Some(running) = &mut self.0 else { return run(None) };
        let since = running.since;
        let previous = active::swap(SavedContext { context: running.context.take(), active: running.active });
        let entered = Entered { handling: self, previous: Some(previous) };
        unwinding::catching_since(since, || run(entered.handling.0.as_mut()))
    }

    /// Ends the request.
    pub(crate) fn end(&mut self, end: End) {
        let Some(running) = self.0.take() else { return };
        let failed = running.failed || running.is_server_error || end == End::Panicked;
        let naming = &running.naming;
        let held = naming.events.end(failed);
        // Absent if something has taken it off the thread.
        match &running.context {
            Some(context) => {
                if !held.is_empty() {
                    let _inside = entered::enter(Arc::clone(context), running.active);
                    held.into_iter().for_each(|event| event.submit());
                }
                errors::close(context.boundary);
            }
            None => held.into_iter().for_each(|event| event.send()),
        }
        if let Some((status, length)) = running.response
            && let Some((segment, span)) = naming.recorded()
        {
            let outcome = running.status.filter(|_| end == End::Done && !running.failed);
            recorder::push(Record::Response { segment, span, status, length, outcome });
        }
        if let Some(context) = &running.context {
            session::end(context, end);
        }
        // Usually nothing else uses the context now.
        drop(running.context);
        root::end_last(running.own, running.active.span, end.outcome(running.failed));
    }
}

/// Starts the span of a request as the root of a transaction. Returns the context of the request, its span, and what bears
/// its name.
fn start(context: Context, incoming: Incoming, client: Arc<Client>) -> (Arc<Context>, Lineage, Named) {
    if context.mode() != Mode::Root || !client.is_tracing() {
        let named = Named::Scope(Arc::clone(&context.isolation), Some(incoming.into_name()));
        return (Arc::new(context), Lineage::NONE, named);
    }
    let (name, attributes) = incoming.into_span(client.options());
    let hints = Hints { attributes: &attributes, ..Hints::default() };
    let now = Start::Ticks(clock::now());
    let key = ids::next();
    let (context, root) = root::start_in(context, Some(client), RootKind::default(), name, now, key, &hints);
    let span = Lineage::of(root.unwrap_or_default());
    if !attributes.is_empty() && context.segment().is_some_and(|segment| segment.recorded) {
        Span::of(&context, span).set_attributes(attributes);
    }
    let named = match context.segment() {
        Some(segment) => Named::Transaction(Arc::clone(segment), span.span),
        // The client was closed in the meantime.
        None => Named::Scope(Arc::clone(&context.isolation), None),
    };
    (context, span, named)
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.end(if std::thread::panicking() { End::Panicked } else { End::Cancelled });
    }
}

impl RunningRequest {
    /// Records a failure of the handler, or of the source of the body. Must be called inside the request.
    pub(crate) fn failed(&mut self, failure: Failure<'_>) {
        self.failed = true;
        self.saw(failure);
    }

    /// Records an error that was converted to the response, whose status reflects it. The error that a handler ignored is
    /// not captured. Must be called inside the request.
    pub(crate) fn saw(&self, failure: Failure<'_>) {
        if self.naming.events.ignored.load(Ordering::Relaxed) {
            return;
        }
        errors::capture(failure, self.since, ErrorOrigin::Server(self.naming.mechanism));
        reported::note(None, self.since);
    }

    /// Notes the head of the response, which is recorded when the request ends.
    pub(crate) fn answered(&mut self, status: u16, length: Option<u64>) {
        self.response = Some((status, length));
        self.status = Some(SpanStatus::from_http_status(status));
        self.is_server_error = status >= 500;
    }

    /// Records the headers of the response. Names are in lower case.
    pub(crate) fn answered_with<'a>(&self, headers: impl Iterator<Item = (&'a str, &'a [u8])>) {
        let Some(segment) = self.naming.segment().filter(|segment| segment.recorded) else { return };
        let kept = headers::of_response(headers, segment.client.options().collected());
        kept.into_iter().for_each(|(key, value)| self.span().set_attribute(key, value));
    }

    /// Sets a status that the response expresses by other means than its HTTP status.
    #[cfg(feature = "tower")]
    pub(crate) fn set_status(&mut self, status: SpanStatus) {
        self.is_server_error = status != SpanStatus::Ok;
        self.status = Some(status);
    }

    /// Sets an attribute of the request's span.
    #[cfg(feature = "tower")]
    pub(crate) fn set_attribute(&self, key: &'static str, value: impl Into<protocol::AttributeValue>) {
        self.span().set_attribute(key, value);
    }

    /// Returns a handle to the span of the request, without effect if it is not recorded as a transaction.
    fn span(&self) -> Span {
        Span::of(&self.own, self.active)
    }

    /// Captures the error that an annotated function returned in a failed request, unless something in the request was
    /// captured before. Returns whether something was captured. Must be called inside the request.
    pub(crate) fn capture_unhandled(&self, http_status: Option<u16>) -> bool {
        let is_captured = self.naming.events.is_captured()
            || errors::capture_unhandled(ErrorOrigin::Server(self.naming.mechanism), http_status);
        if is_captured {
            reported::note(http_status, self.since);
        }
        is_captured
    }

    /// Captures that the response is a server error, unless something in the request was captured before: as the error
    /// that an annotated function returned, if there was one. Must be called inside the request.
    pub(crate) fn capture_server_error(&self, status: u16, reason: &str) {
        if self.capture_unhandled(Some(status)) {
            return;
        }
        let mechanism = protocol::Mechanism {
            ty: self.naming.mechanism.to_owned(),
            handled: Some(false),
            ..protocol::Mechanism::default()
        };
        let exception = Exception {
            ty: if reason.is_empty() { format!("HTTP {status}") } else { reason.to_owned() },
            value: Some(format!("{} was answered with status {status}", self.naming.current())),
            mechanism: Some(mechanism),
            ..Exception::default()
        };
        event::submit(Capture::event(Shallow::of(Event {
            level: Level::Error,
            exception: vec![exception].into(),
            ..Event::default()
        })));
        reported::note(Some(status), self.since);
    }

    /// Records the route that answered the request.
    #[cfg(feature = "actix-web")]
    pub(crate) fn routed(&self, method: &str, route: &str) {
        self.naming.routed(method, route);
    }
}

impl Naming {
    /// Records the route that answers the request. A name set by the program has precedence.
    pub(crate) fn routed(&self, method: &str, route: &str) {
        let (name, given) = (route_name(method, route), self.given());
        if self.current() != given || name == given {
            return;
        }
        if let Some((segment, span)) = self.recorded() {
            recorder::attribute(segment, span, "http.route", route.to_owned().into());
        }
        match self.segment() {
            Some(segment) => segment.rename(name, "route"),
            None => self.tell_scope(Some(&name)),
        }
    }

    /// Returns whether a thread currently works on this request.
    pub(crate) fn is_active(&self) -> bool {
        let isolation = active::isolation().snapshot();
        isolation.request_events.as_ref().is_some_and(|events| events.is(&self.events))
    }

    fn segment(&self) -> Option<&Arc<Segment>> {
        match &self.named {
            Named::Transaction(segment, _) => Some(segment),
            Named::Scope(..) => None,
        }
    }

    /// Returns the name at the start.
    fn given(&self) -> Cow<'static, str> {
        match &self.named {
            Named::Transaction(segment, _) => segment.root.name(),
            Named::Scope(_, given) => given.as_ref().map(RootName::name).unwrap_or_default(),
        }
    }

    /// Returns the segment and the span, if what is set on the span is recorded.
    fn recorded(&self) -> Option<(LocalId, LocalId)> {
        match &self.named {
            Named::Transaction(segment, span) if segment.recorded && *span != 0 => Some((segment.key, *span)),
            _ => None,
        }
    }

    fn current(&self) -> String {
        match &self.named {
            Named::Transaction(segment, _) => segment.name().0.into_owned(),
            Named::Scope(scope, _) => {
                scope.snapshot().rest.transaction.as_deref().unwrap_or_default().to_owned()
            }
        }
    }

    /// Sets the name on the scope, for events, if no transaction is recorded.
    fn tell_scope(&self, name: Option<&str>) {
        if let Named::Scope(scope, _) = &self.named {
            let name = name.map_or_else(|| self.given(), Cow::Borrowed);
            scope.update(|scope| scope.set_transaction(Some(&name)));
        }
    }
}
