//! The events of a request that become superfluous if it fails, and wait for its end.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::base::fork;

/// The maximum number of held events of a request: what a middleware logs about it, and a few requests to other services.
const MAX_HELD: usize = 8;

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
pub(super) struct HeldEvent {
    pub(super) since: Instant,
    /// The number of events of the request that were captured before it.
    captured: u32,
    pub(super) event: Box<dyn Held>,
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

/// The result of [`HeldEvents::add`].
#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
pub(super) enum Added {
    /// The event is the first one that waits.
    First,
    /// The event waits, or too many do and it was counted as lost.
    Next,
    /// The request is over or began before a fork.
    Refused,
}

#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
impl HeldEvents {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<HeldEvent>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_of_parent(&self) -> bool {
        self.generation != fork::generation()
    }

    /// Adds an event. `captured` is the number of events of the request that were captured before it.
    pub(super) fn add(&self, captured: u32, event: Box<dyn Held>) -> Added {
        if self.is_of_parent() {
            return Added::Refused;
        }
        let mut held = self.lock();
        let Some(list) = &mut *held else { return Added::Refused };
        if list.len() >= MAX_HELD {
            drop(held);
            event.lose();
            return Added::Next;
        }
        list.push(HeldEvent { since: Instant::now(), captured, event });
        if list.len() == 1 { Added::First } else { Added::Next }
    }

    /// Takes the events of a request that is over. None can be added afterwards.
    pub(super) fn close(&self) -> Vec<HeldEvent> {
        if self.is_of_parent() { Vec::new() } else { self.lock().take().unwrap_or_default() }
    }

    /// Takes all events if one of them is due. An event that is captured makes those superfluous that wait longer, although
    /// they are about other failures.
    pub(super) fn take_if(&self, is_due: impl Fn(&HeldEvent) -> bool) -> Vec<HeldEvent> {
        let mut held = self.lock();
        held.as_mut().filter(|list| list.iter().any(is_due)).map(std::mem::take).unwrap_or_default()
    }

    /// Returns the time since which the oldest event has waited.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.lock().as_ref()?.first().map(|held| held.since)
    }
}

#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
impl HeldEvent {
    /// Returns whether no other event of the request was captured while it waited.
    pub(super) fn is_needed(&self, captured: u32) -> bool {
        self.captured == captured
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An event that goes nowhere.
    pub(in crate::scope) struct Message;

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
        let _locked_by_a_thread_that_is_gone = held.lock();
        assert!(matches!(held.add(0, Box::new(Message)), Added::Refused), "it is captured at once");
        assert!(held.close().is_empty());
    }
}
