//! The events of a request, for everything that must not capture the same failure again.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

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
    held: HeldEvents,
}

/// The maximum number of held events: what a middleware logs about one request, and a few requests to other services.
const MAX_HELD: usize = 8;

/// An event that waits for the end of its request.
#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
pub(crate) trait Held: Send {
    /// Captures it.
    fn submit(self: Box<Self>);
    /// Counts it as lost.
    fn lose(self: Box<Self>);
}

/// A held event, and the number of events that were captured before it.
type HeldEvent = (u32, Box<dyn Held>);

/// The held events; `None` once the request is over.
struct HeldEvents(Mutex<Option<Vec<HeldEvent>>>);

impl Default for HeldEvents {
    fn default() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }
}

impl fmt::Debug for HeldEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldEvents").finish_non_exhaustive()
    }
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
        self.captured.load(Ordering::Relaxed) > 0
    }

    /// Keeps an event until the request ends. It is dropped if the request fails, or if another one is captured until then.
    /// If too many are held, it is counted as lost. Returns `false`, and drops it, if the request is over.
    pub(crate) fn hold(&self, event: Box<dyn Held>) -> bool {
        let mut held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = &mut *held else { return false };
        if list.len() < MAX_HELD {
            list.push((self.captured.load(Ordering::Relaxed), event));
        } else {
            drop(held);
            event.lose();
        }
        true
    }

    /// Ends the request. Returns the held events that no other event has made superfluous.
    pub(crate) fn end(&self, failed: bool) -> Vec<Box<dyn Held>> {
        self.ended.store(true, Ordering::Relaxed);
        let held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let captured = self.captured.load(Ordering::Relaxed);
        let wanted = |(before, event): HeldEvent| (!failed && before == captured).then_some(event);
        held.into_iter().flatten().filter_map(wanted).collect()
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
