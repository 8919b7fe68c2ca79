//! The events that become superfluous if their request fails: each waits for the end of its request, for a flush, or for
//! [`PATIENCE`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::request_events::RequestEvents;
use crate::base::fork::PerProcess;
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

/// The held events of a request; `None` once the request is over.
pub(super) struct HeldEvents(Mutex<Option<Vec<HeldEvent>>>);

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

impl HeldEvents {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<HeldEvent>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.lock().as_ref().is_none_or(Vec::is_empty)
    }
}

#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
impl RequestEvents {
    /// Keeps an event. It is dropped if the request fails while it waits, or if another one is captured until then. If too
    /// many are held, it is counted as lost. Returns `false`, and drops it, if the request is over.
    pub(crate) fn hold(self: &Arc<Self>, event: Box<dyn Held>) -> bool {
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
