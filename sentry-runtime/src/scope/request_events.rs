//! The events of a request, for everything that must not capture the same failure again.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::held_events::HeldEvents;

/// The events of a request that a server integration handles.
#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
#[derive(Debug, Default)]
pub(crate) struct RequestEvents {
    /// The number of those that were captured. The decision of the program that there is none counts as well.
    captured: AtomicU32,
    /// Whether the program decided that the error of a handler is no failure.
    pub(crate) ignored: AtomicBool,
    /// Whether the request is over. Tasks that it started may still work in its scope.
    pub(crate) ended: AtomicBool,
    /// The failures that become events when they reach the integration, unless one was captured before.
    pub(crate) awaited: AwaitedFailures,
    /// The events that become superfluous if the request fails.
    pub(super) held: HeldEvents,
}

#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
impl RequestEvents {
    /// Creates the events of a request whose integration captures these failures.
    pub(crate) fn awaiting(awaited: AwaitedFailures) -> Self {
        Self { awaited, ..Self::default() }
    }

    /// Notes that an event was captured, or that the program decided that there is none.
    pub(crate) fn note_captured(&self) {
        self.captured.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether one was captured, or the program decided that there is none.
    pub(crate) fn is_captured(&self) -> bool {
        self.captured() > 0
    }

    /// Returns the number of events that were captured.
    pub(super) fn captured(&self) -> u32 {
        self.captured.load(Ordering::Relaxed)
    }

    pub(super) fn note_ended(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// The failures that a server integration captures.
#[allow(dead_code, reason = "named by the integration of tower, which is a feature")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum AwaitedFailures {
    #[default]
    None,
    /// Errors of the service and of the body.
    Errors,
    /// The same, and responses with a status of 500 or more.
    ErrorsAndResponses,
}
