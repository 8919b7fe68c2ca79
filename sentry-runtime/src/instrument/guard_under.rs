//! The guard of a synchronous annotated function whose span has a given parent.

use std::ops::{Deref, DerefMut};

use super::guard::{SpanGuard, enter};
use super::span::IntoParent;
use crate::client;
use crate::context::entered;
use crate::context::entered::Entered;
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::trace::callsite::Callsite;

/// The guard of a span under a given parent. The parent's context is active as long as the span.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct GuardUnder {
    /// Dropped before the context is deactivated.
    guard: SpanGuard,
    _entered: Option<Entered>,
}

/// Starts the span of an annotated function under a given parent.
pub fn enter_under(site: &'static Callsite, parent: impl IntoParent) -> GuardUnder {
    let on = client::capture_mode() != client::CaptureMode::Off;
    let position = on.then(|| parent.into_parent().position()).flatten();
    let entered = position.map(|(context, active)| entered::enter(context, active));
    GuardUnder { guard: enter(site), _entered: entered }
}

impl Deref for GuardUnder {
    type Target = SpanGuard;

    fn deref(&self) -> &SpanGuard {
        &self.guard
    }
}

impl DerefMut for GuardUnder {
    fn deref_mut(&mut self) -> &mut SpanGuard {
        &mut self.guard
    }
}

impl Fails for GuardUnder {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        self.guard.fail_silently();
    }
}
