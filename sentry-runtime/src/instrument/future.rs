//! Futures that run in a context of the user's choice.

use std::sync::Arc;

use super::instrumented::{End, Instrumented, PollHooks, Previous, Stage, instrument};
use super::span::Span;
use crate::context::active;
use crate::context::thread_context::Context;
use crate::trace::ids::Lineage;

/// Puts a context in place at every poll.
#[derive(Debug)]
pub struct Bound {
    context: Option<Arc<Context>>,
    active: Lineage,
    /// Kept until the future is over, so that the span ends with it and not before.
    _span: Span,
    stage: Stage,
}

impl Bound {
    pub(crate) fn new(context: Option<Arc<Context>>, active: Lineage) -> Self {
        Self { context, active, _span: Span::default(), stage: Stage::New }
    }

    /// The place of a span, or the active one when nothing is recorded.
    pub(crate) fn in_span(span: Span) -> Self {
        match span.position() {
            Some((context, active)) => {
                Self { context: Some(context), active, _span: span, stage: Stage::New }
            }
            None => Self::new(active::own_context(), active::lineage()),
        }
    }
}

impl PollHooks for Bound {
    fn stage(&self) -> Stage {
        self.stage
    }

    fn enter(&mut self) -> Option<Previous> {
        self.stage = Stage::Begun;
        Some(Previous::swap(self.context.take(), self.active))
    }

    fn leave(&mut self, previous: Previous) {
        let own = previous.restore();
        (self.context, self.active) = (own.context, own.active);
    }

    fn finish(&mut self, _end: End) {
        self.stage = Stage::Over;
        self._span = Span::default();
    }
}

/// Adapters that give a future the trace and the scopes it belongs to, whatever thread polls it.
///
/// Annotated `async` functions need neither: they belong to whoever calls them, also when the call is spawned.
pub trait SentryFutureExt: Future + Sized {
    /// Runs the future under a span, for work that goes on after the response was sent.
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

    /// Runs the future with the scopes and the span that are active now.
    fn bind_scope(self) -> Instrumented<Bound, Self> {
        instrument(Bound::new(active::own_context(), active::lineage()), self)
    }
}

impl<F: Future> SentryFutureExt for F {}
