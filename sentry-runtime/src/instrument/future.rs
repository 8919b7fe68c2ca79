//! Adapters that run a future in a given span, or with the scopes that are active now.

use std::sync::Arc;

use super::instrumented::{End, Instrumented, PollHooks, Previous, Stage, instrument};
use super::span::Span;
use crate::capture::unwinding;
use crate::context::active;
use crate::context::hub::Hub;
use crate::context::thread_context::Context;
use crate::trace::clock::Ticks;
use crate::trace::ids::Lineage;

/// Activates a context during every poll.
#[derive(Debug)]
pub struct Bound {
    context: Option<Arc<Context>>,
    active: Lineage,
    /// Held until the future is finished, so that the span does not end earlier.
    _span: Span,
    /// The time of its creation, for panics that it resumes.
    since: Ticks,
    stage: Stage,
}

impl Bound {
    pub(crate) fn new(context: Option<Arc<Context>>, active: Lineage) -> Self {
        let since = unwinding::begin();
        Self { context, active, _span: Span::default(), since, stage: Stage::New }
    }

    /// Binds to the context of the span, or to the active context if the span is not recorded.
    pub(crate) fn in_span(span: Span) -> Self {
        match span.position() {
            Some((context, active)) => Self { _span: span, ..Self::new(Some(context), active) },
            None => Self::new(active::own_context(), active::lineage()),
        }
    }
}

impl PollHooks for Bound {
    type Previous = Option<Previous>;

    fn stage(&self) -> Stage {
        self.stage
    }

    fn enter(&mut self) -> Option<Previous> {
        self.stage = Stage::Begun;
        Some(Previous::swap(self.context.take(), self.active))
    }

    fn run<R>(&mut self, run: impl FnOnce() -> R) -> R {
        unwinding::catching_since(self.since, run)
    }

    fn leave(&mut self, previous: Option<Previous>) {
        let Some(previous) = previous else { return };
        let own = previous.restore();
        (self.context, self.active) = (own.context, own.active);
    }

    fn finish(&mut self, _end: End) {
        self.stage = Stage::Over;
        self._span = Span::default();
    }
}

/// Adapters that give a future its trace and scopes, whichever thread polls it.
///
/// Annotated `async` functions need neither: they belong to their caller, also if the call is spawned.
pub trait SentryFutureExt: Future + Sized {
    /// Runs the future inside the span, for work that continues after the response was sent. The span ends with the
    /// future.
    ///
    /// ```
    /// use sentry::SentryFutureExt as _;
    ///
    /// let span = sentry::start_inactive_span("send receipt");
    /// let work = async { /* … */ }.in_span(span);
    /// # drop(work);
    /// ```
    fn in_span(self, span: Span) -> Instrumented<Bound, Self> {
        instrument(Bound::in_span(span), self)
    }

    /// Runs the future in a hub.
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// use sentry::{Hub, SentryFutureExt as _};
    ///
    /// let work = async { /* … */ }.bind_hub(Hub::current());
    /// # drop(work);
    /// ```
    #[deprecated(
        note = "use `.bind_scope()` for the hub of the running code, `sentry::with_isolation_scope_async(future)` for a new one"
    )]
    fn bind_hub<H: Into<Arc<Hub>>>(self, hub: H) -> Instrumented<Bound, Self> {
        let (context, active) = hub.into().position();
        instrument(Bound::new(Some(context), active), self)
    }

    /// Runs the future with the scopes and the span that are active when this method is called.
    fn bind_scope(self) -> Instrumented<Bound, Self> {
        instrument(Bound::new(active::own_context(), active::lineage()), self)
    }
}

impl<F: Future> SentryFutureExt for F {}
