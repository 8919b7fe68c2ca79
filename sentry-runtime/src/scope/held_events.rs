//! The events that become superfluous if their request fails: each waits for the end of its request, for a flush, or for
//! [`PATIENCE`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::request_events::RequestEvents;
use crate::base::fork::{self, PerProcess};
use crate::base::worker;

/// The maximum number of held events of a request: what a middleware logs about it, and a few requests to other services.
const MAX_HELD: usize = 8;
/// The time for which an event waits for the end of its request, which may be stuck or leaked. A middleware logs a
/// failure just before the request ends with it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The requests with held events. A request may be in the list twice. A forked child has none: its parent sends these
/// events.
static HOLDING: PerProcess<Mutex<Vec<Weak<RequestEvents>>>> = PerProcess::new();

/// An event that waits for the end of its request.
#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
pub(crate) trait Held: Send {
    /// Captures it at the end of its request, inside of the request.
    fn submit(self: Box<Self>);
    /// Captures it on any thread, while the request is not over.
    fn send(self: Box<Self>);
    /// Counts it as lost.
    fn lose(self: Box<Self>);
    /// Returns whether it belongs to the client at this address.
    fn is_of(&self, client: usize) -> bool;
}

/// A held event.
struct HeldEvent {
    since: Instant,
    /// The number of events of the request that were captured before it.
    captured: u32,
    event: Box<dyn Held>,
}

/// The held events of a request.
pub(super) struct HeldEvents {
    /// The process in which the request began. A child has a copy of the events, which its parent sends, and of a lock that
    /// nobody may ever release.
    generation: u32,
    /// `None` once the request is over.
    list: Mutex<Option<Vec<HeldEvent>>>,
}

impl Default for HeldEvents {
    fn default() -> Self {
        Self { generation: fork::generation(), list: Mutex::new(Some(Vec::new())) }
    }
}

impl fmt::Debug for HeldEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldEvents").finish_non_exhaustive()
    }
}

impl HeldEvents {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<HeldEvent>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_of_parent(&self) -> bool {
        self.generation != fork::generation()
    }

    fn is_empty(&self) -> bool {
        self.lock().as_ref().is_none_or(Vec::is_empty)
    }
}

#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
impl RequestEvents {
    /// Keeps an event. It is dropped if the request fails while it waits, or if another one is captured until then. If too
    /// many are held, it is counted as lost. Returns `false`, and drops it, if the request is over or began before a fork.
    pub(crate) fn hold(self: &Arc<Self>, event: Box<dyn Held>) -> bool {
        if self.held.is_of_parent() {
            return false;
        }
        let mut held = self.held.lock();
        let Some(list) = &mut *held else { return false };
        if list.len() >= MAX_HELD {
            drop(held);
            event.lose();
            return true;
        }
        list.push(HeldEvent { since: Instant::now(), captured: self.captured(), event });
        let is_first = list.len() == 1;
        drop(held);
        if is_first {
            holding().push(Arc::downgrade(self));
            worker::wake();
        }
        true
    }

    /// Ends the request. Returns the held events that no other event has made superfluous.
    pub(crate) fn end(&self, failed: bool) -> Vec<Box<dyn Held>> {
        self.note_ended();
        if self.held.is_of_parent() {
            return Vec::new();
        }
        let held = self.held.lock().take().unwrap_or_default();
        if !held.is_empty() {
            holding().retain(|known| !std::ptr::eq(known.as_ptr(), self));
        }
        if failed { Vec::new() } else { self.needed(held) }
    }

    /// Takes the held events if one of them must not wait any longer.
    fn take_if(&self, is_due: impl Fn(&HeldEvent) -> bool) -> Vec<Box<dyn Held>> {
        let mut held = self.held.lock();
        // An event that is captured makes those superfluous that wait longer, although they are about other failures.
        let due = held.as_mut().filter(|list| list.iter().any(is_due)).map(std::mem::take);
        drop(held);
        self.needed(due.unwrap_or_default())
    }

    /// Returns the events that no other event has made superfluous.
    fn needed(&self, held: Vec<HeldEvent>) -> Vec<Box<dyn Held>> {
        let captured = self.captured();
        held.into_iter().filter(|held| held.captured == captured).map(|held| held.event).collect()
    }
}

fn holding() -> MutexGuard<'static, Vec<Weak<RequestEvents>>> {
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
    let rest = |held: &HeldEvent| PATIENCE.saturating_sub(now.saturating_duration_since(held.since));
    send_if(|held| rest(held).is_zero());
    let holding: Vec<_> = holding().iter().filter_map(Weak::upgrade).collect();
    let rests = holding.iter().filter_map(|events| events.held.lock().as_ref()?.first().map(rest));
    rests.min()
}

/// Captures the held events of the requests with one that matches. No lock is held while they are captured.
fn send_if(is_due: impl Fn(&HeldEvent) -> bool) {
    let requests: Vec<_> = holding().iter().filter_map(Weak::upgrade).collect();
    if requests.is_empty() {
        return;
    }
    for request in &requests {
        request.take_if(&is_due).into_iter().for_each(|event| event.send());
    }
    holding().retain(|known| known.upgrade().is_some_and(|request| !request.held.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::request_events::AwaitedFailures;

    struct Message;

    impl Held for Message {
        fn submit(self: Box<Self>) {}
        fn send(self: Box<Self>) {}
        fn lose(self: Box<Self>) {}
        fn is_of(&self, _client: usize) -> bool {
            false
        }
    }

    #[test]
    fn the_parent_alone_sends_what_was_held_before_a_fork() {
        let list = vec![HeldEvent { since: Instant::now(), captured: 0, event: Box::new(Message) }];
        let held = HeldEvents { generation: fork::generation() + 1, list: Mutex::new(Some(list)) };
        let mut events = RequestEvents::awaiting(AwaitedFailures::None);
        events.held = held;
        let events = Arc::new(events);
        assert!(!events.hold(Box::new(Message)), "it is captured at once");
        let _locked_by_a_thread_that_is_gone = events.held.lock();
        assert!(events.end(false).is_empty());
    }

    #[test]
    fn events_wait_for_the_end_of_their_request() {
        for (failed, sent) in [(false, 1), (true, 0)] {
            let events = Arc::new(RequestEvents::default());
            assert!(events.hold(Box::new(Message)));
            assert_eq!(events.end(failed).len(), sent);
            assert!(!events.hold(Box::new(Message)), "the request is over");
        }
    }
}
