//! The events of a request, for everything that must not capture the same failure again.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::held_events::{Added, Held, HeldEvent, HeldEvents};
use crate::base::fork::PerProcess;
use crate::base::worker;

/// The time for which an event waits for the end of its request, which may be stuck or leaked. A middleware logs a
/// failure just before the request ends with it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The requests with held events. A request may be in the list twice. A forked child has none: its parent sends these
/// events.
static HOLDING: PerProcess<Mutex<Vec<Weak<dyn HasEvents>>>> = PerProcess::new();

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
    fn captured(&self) -> u32 {
        self.captured.load(Ordering::Relaxed)
    }

    /// Returns the events that no other event has made superfluous.
    fn needed(&self, held: Vec<HeldEvent>) -> Vec<Box<dyn Held>> {
        if held.is_empty() {
            return Vec::new();
        }
        let captured = self.captured();
        held.into_iter().filter(|held| held.is_needed(captured)).map(|held| held.event).collect()
    }
}

/// What the events of a request are a part of: nothing else, or the request as it was received, so that both are one
/// piece of memory.
pub(crate) trait HasEvents: fmt::Debug + Send + Sync {
    fn events(&self) -> &RequestEvents;
}

impl HasEvents for RequestEvents {
    fn events(&self) -> &RequestEvents {
        self
    }
}

/// The events of a request, shared by everything in it.
#[derive(Debug, Clone)]
pub(crate) struct SharedEvents(Arc<dyn HasEvents>);

impl Deref for SharedEvents {
    type Target = RequestEvents;

    fn deref(&self) -> &RequestEvents {
        self.0.events()
    }
}

#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
impl SharedEvents {
    pub(crate) fn of(owner: Arc<dyn HasEvents>) -> Self {
        Self(owner)
    }

    /// Returns whether both are the events of the same request.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Keeps an event. It is dropped if the request fails while it waits, or if another one is captured until then. If too
    /// many are held, it is counted as lost. Returns `false`, and drops it, if the request is over or began before a fork.
    pub(crate) fn hold(&self, event: Box<dyn Held>) -> bool {
        match self.held.add(self.captured(), event) {
            Added::Refused => return false,
            Added::Next => {}
            Added::First => {
                holding().push(Arc::downgrade(&self.0));
                worker::wake();
            }
        }
        true
    }

    /// Ends the request. Returns the held events that no other event has made superfluous.
    pub(crate) fn end(&self, failed: bool) -> Vec<Box<dyn Held>> {
        self.ended.store(true, Ordering::Relaxed);
        let held = self.held.close();
        if !held.is_empty() {
            holding().retain(|known| !std::ptr::addr_eq(known.as_ptr(), Arc::as_ptr(&self.0)));
        }
        if failed { Vec::new() } else { self.needed(held) }
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

fn holding() -> MutexGuard<'static, Vec<Weak<dyn HasEvents>>> {
    HOLDING.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Captures the held events of the client at this address.
pub(crate) fn send_all(client: usize) {
    send_if(|held| held.event.is_of(client));
}

/// Captures the events that have waited for [`PATIENCE`]. Returns the time until the next ones have.
pub(crate) fn send_overdue() -> Option<Duration> {
    overdue_at(Instant::now())
}

fn overdue_at(now: Instant) -> Option<Duration> {
    let rest = |since: Instant| PATIENCE.saturating_sub(now.saturating_duration_since(since));
    send_if(|held| rest(held.since).is_zero());
    let holding: Vec<_> = holding().iter().filter_map(Weak::upgrade).collect();
    holding.iter().filter_map(|request| request.events().held.oldest().map(rest)).min()
}

/// Captures the held events of the requests with one that matches. No lock is held while they are captured.
fn send_if(is_due: impl Fn(&HeldEvent) -> bool) {
    let requests: Vec<_> = holding().iter().filter_map(Weak::upgrade).collect();
    if requests.is_empty() {
        return;
    }
    for request in &requests {
        let events = request.events();
        events.needed(events.held.take_if(&is_due)).into_iter().for_each(|event| event.send());
    }
    // Freed without the lock: the last reference to a request may be one of these.
    let mut looked_at = Vec::new();
    holding().retain(|known| {
        let Some(request) = known.upgrade() else { return false };
        let holds = request.events().held.oldest().is_some();
        looked_at.push(request);
        holds
    });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::scope::held_events::tests::Message;

    #[test]
    fn events_wait_for_the_end_of_their_request() {
        for (failed, sent) in [(false, 1), (true, 0)] {
            let events = SharedEvents::of(Arc::new(RequestEvents::default()));
            assert!(events.hold(Box::new(Message)));
            assert_eq!(events.end(failed).len(), sent);
            assert!(!events.hold(Box::new(Message)), "the request is over");
        }
    }

    #[test]
    fn the_end_of_a_request_leaves_the_events_of_others() {
        let [one, other] = [(); 2].map(|()| SharedEvents::of(Arc::new(RequestEvents::default())));
        assert!(one.hold(Box::new(Message)) && other.hold(Box::new(Message)));
        one.end(false);
        let is_known = |events: &SharedEvents| {
            holding().iter().any(|known| std::ptr::addr_eq(known.as_ptr(), Arc::as_ptr(&events.0)))
        };
        assert!(is_known(&other) && !is_known(&one));
        other.end(false);
    }

    /// A request that ends while its events are looked at: nothing else refers to it any more.
    #[derive(Debug)]
    struct Ending {
        events: RequestEvents,
        freed: Arc<AtomicBool>,
    }

    thread_local! {
        static LAST: Cell<Option<Arc<Ending>>> = const { Cell::new(None) };
    }

    impl HasEvents for Ending {
        fn events(&self) -> &RequestEvents {
            drop(LAST.take());
            &self.events
        }
    }

    impl Drop for Ending {
        fn drop(&mut self) {
            // Other threads may have the lock for a moment.
            let has_lock = |_| {
                std::thread::yield_now();
                HOLDING.get().is_some_and(|holding| holding.try_lock().is_ok())
            };
            self.freed.store((0..10_000).any(has_lock), Ordering::SeqCst);
        }
    }

    #[test]
    fn a_request_is_freed_without_the_lock() {
        let first = SharedEvents::of(Arc::new(RequestEvents::default()));
        assert!(first.hold(Box::new(Message)));
        let freed = Arc::new(AtomicBool::new(false));
        let ending = Arc::new(Ending { events: RequestEvents::default(), freed: Arc::clone(&freed) });
        let (known, ending) = (Arc::downgrade(&ending), Cell::new(Some(ending)));
        send_if(|_| {
            // It begins when the other requests have been listed.
            if let Some(ending) = ending.take() {
                assert!(SharedEvents::of(Arc::clone(&ending) as Arc<_>).hold(Box::new(Message)));
                LAST.set(Some(ending));
            }
            false
        });
        // The pipeline thread of another test may look at it as well.
        while known.strong_count() > 0 {
            std::thread::yield_now();
        }
        assert!(freed.load(Ordering::SeqCst));
        first.end(false);
    }
}
