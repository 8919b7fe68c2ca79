//! The state of a web handler that is more than a lazy root: its settings, its context, and its span.

use std::borrow::Cow;
use std::sync::Arc;

use super::kind::HandlerKind;
use super::plan::HandlerPlan;
use crate::capture::reported;
use crate::client;
use crate::context::active;
use crate::context::ids;
use crate::context::thread_context::{Context, Mode};
use crate::instrument::options::SpanOptions;
use crate::instrument::root::{self, RootKind};
use crate::instrument::span::Span;
use crate::protocol::{AttributeValue, SpanStatus};
use crate::trace::clock::{self, Start, Ticks};
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;
use crate::trace::record::SpanOutcome;
use crate::trace::sampling::Hints;
use crate::trace::segment::RootName;

#[derive(Debug)]
pub(super) struct HandlerState {
    pub(super) kind: HandlerKind,
    /// `None` as long as nothing is set.
    pub(super) plan: Option<HandlerPlan>,
    pub(super) taken: Arc<Context>,
    pub(super) parent: Lineage,
    pub(super) running: Option<RunningHandler>,
    pub(super) status: Option<SpanStatus>,
    pub(super) http_status: Option<u16>,
    pub(super) failed: bool,
    /// The program decided that the error is no failure.
    pub(super) ignored: bool,
}

#[derive(Debug)]
pub(super) struct RunningHandler {
    pub(super) context: Option<Arc<Context>>,
    pub(super) active: Lineage,
    pub(super) span: RunningSpan,
    pub(super) since: Ticks,
}

#[derive(Debug)]
pub(super) enum RunningSpan {
    /// The active span is the root of a segment.
    Root,
    Child(Span),
}

/// Returns the option `trace_options_requests` of the active client.
fn traces_options_requests(context: &Context) -> bool {
    context.client().is_some_and(|client| client.options().trace_options_requests)
}

impl HandlerState {
    pub(super) fn new(
        kind: HandlerKind,
        plan: Option<HandlerPlan>,
        taken: Arc<Context>,
        parent: Lineage,
    ) -> Box<Self> {
        let (running, status, http_status) = (None, None, None);
        Box::new(Self {
            kind,
            plan,
            taken,
            parent,
            running,
            status,
            http_status,
            failed: false,
            ignored: false,
        })
    }

    pub(super) fn start(&mut self) {
        reported::forget();
        let here = active::own_context().unwrap_or_else(|| Arc::clone(&self.taken));
        if here.segment().is_some() {
            self.parent = active::lineage();
        }
        let is_in_request = here.isolation.is_of_request();
        let mut context = self.isolated(&here, is_in_request).into_boundary();
        // A server's integration has read the headers of its request already, and the handler continues its trace.
        if context.segment().is_none() && !is_in_request {
            // Without headers a handler starts a trace; with headers it continues theirs.
            let plan = self.plan.as_mut();
            let (incoming, had_headers) =
                plan.map_or((None, false), |plan| (plan.headers.take(), plan.has_headers));
            if let Some(incoming) = incoming {
                context = context.into_new_trace(incoming);
            } else if had_headers || !context.continues {
                context = context.into_new_trace(Propagation::new());
            }
        }
        if context.segment().is_none()
            && self.plan.as_ref().is_some_and(|plan| plan.is_options_request())
            && !traces_options_requests(&context)
        {
            context = context.silenced();
        }
        let (name, attributes) = self.kind.span(self.plan.as_mut());
        self.describe(&context, &name);
        let since = clock::now();
        self.running = Some(if context.mode() == Mode::Root {
            start_root(context, name, attributes, since)
        } else {
            let parent = if context.segment().is_some() { self.parent } else { Lineage::NONE };
            start_child(Arc::new(context), name, attributes, parent, since)
        });
    }

    /// Returns the context with an isolation scope of its own, unless it belongs to a request that has one.
    fn isolated(&self, here: &Context, is_in_request: bool) -> Context {
        let of_process = || Arc::ptr_eq(&here.isolation, &Context::default_ref().isolation);
        let belongs = if here.segment().is_some() { !of_process() } else { is_in_request };
        if belongs && !self.kind.is_always_isolated() { here.clone() } else { here.isolated() }
    }

    /// Sets the tags on the isolation scope, and the name if no span will carry it or the existing name is worse.
    fn describe(&mut self, context: &Context, name: &RootName) {
        let tags = self.plan.as_mut().map(|plan| std::mem::take(&mut plan.tags)).unwrap_or_default();
        let is_silent = context.segment().is_none() && context.is_unrecorded();
        let untraced = is_silent || client::capture_mode() != client::CaptureMode::Tracing;
        if !tags.is_empty() || untraced {
            context.isolation.update(|scope| {
                for (key, value) in tags {
                    scope.set_tag(&key, value);
                }
                if untraced && scope.rest.transaction.is_none() {
                    scope.set_transaction(Some(&name.name()));
                }
            });
        }
        // A server's layer without knowledge of routes named its transaction by the URL.
        if let (HandlerKind::ApiHandler { .. }, Some(segment)) = (&self.kind, context.segment())
            && segment.name().1 == "url"
        {
            segment.rename(name.name().into_owned(), "route");
        }
    }
}

/// Starts a segment in a context that belongs to the handler alone.
fn start_root(
    context: Context,
    name: RootName,
    attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    since: Ticks,
) -> RunningHandler {
    let hints = Hints { attributes: &attributes, ..Hints::default() };
    let start = Start::Ticks(since);
    let client = context.client();
    let (context, root) =
        root::start_in(context, client, RootKind::default(), name, start, ids::next(), &hints);
    let Some(root) = root else {
        return RunningHandler {
            context: Some(context),
            active: Lineage::NONE,
            span: RunningSpan::Child(Span::default()),
            since,
        };
    };
    let active = Lineage::of(root);
    if !attributes.is_empty() {
        Span::of(&context, active).set_attributes(attributes);
    }
    RunningHandler { context: Some(context), active, span: RunningSpan::Root, since }
}

/// Starts a child of the active span, which is part of the same transaction.
fn start_child(
    context: Arc<Context>,
    name: RootName,
    attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    parent: Lineage,
    since: Ticks,
) -> RunningHandler {
    let options = SpanOptions::new(name.name())
        .source(name.source())
        .op(name.op())
        .origin(name.origin())
        .attributes(attributes);
    let span = Span::start_in(Arc::clone(&context), parent, options);
    let (context, active) = span.position().unwrap_or((context, Lineage::NONE));
    RunningHandler { context: Some(context), active, span: RunningSpan::Child(span), since }
}

impl RunningSpan {
    /// Ends the span with the statuses that the handler noted.
    pub(super) fn end(
        &self,
        context: &Arc<Context>,
        active: Lineage,
        state: &HandlerState,
        outcome: SpanOutcome,
    ) {
        let own;
        let span = match self {
            Self::Child(span) => span,
            Self::Root if state.http_status.is_none() && state.status.is_none() => {
                return root::end(context, active.span, None, outcome);
            }
            Self::Root => {
                own = Span::of(context, active);
                &own
            }
        };
        if let Some(code) = state.http_status {
            span.set_http_status(code);
        }
        if let Some(status) = state.status {
            span.set_status(status);
        }
        match self {
            Self::Child(span) => span.end_as(outcome),
            Self::Root => root::end(context, active.span, None, outcome),
        }
    }
}
