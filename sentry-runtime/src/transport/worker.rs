//! The loop of a transport's thread, and the state that it shares with callers of the transport.
//!
//! The loop takes one step at a time: a flush that is due, else a left-over of the spool that is due, else the next
//! envelope, else a left-over for which somebody waits, else a sleep until it is woken. Copies on disk are handled in
//! [`spooled`](crate::transport::spool::inflight). The state is locked between the steps, never during one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::backoff::jitter;
use super::destination::{Delivery, Destination};
use super::ledger::Ledger;
use super::queue::Capacity;
use super::queue::{Queue, Queued};
use super::spool::{Hurry, Spool};
use crate::base::callback;
use crate::base::diagnostics;
use crate::base::lock::lock;
use crate::base::worker;
use crate::protocol::ack::DeliveryOutcome;
use crate::protocol::{DiscardReason, Envelope};

/// The options of a [`TransportThread`](super::TransportThread).
#[derive(Debug, Clone)]
pub(crate) struct ThreadOptions {
    /// The capacity of the queue.
    pub(crate) capacity: Capacity,
    /// The number of attempts before a network error loses an envelope.
    pub(crate) attempts: u32,
    /// The pause before the second attempt; each later one is twice as long.
    pub(crate) first_pause: Duration,
    /// The spool in which envelopes are also kept until they are sent.
    pub(crate) spool: Option<Arc<Spool>>,
    /// Whether the thread starts before the first envelope, because the destination has something to do.
    pub(crate) starts_at_once: bool,
}

impl Default for ThreadOptions {
    fn default() -> Self {
        Self {
            capacity: Capacity::default(),
            attempts: 4,
            first_pause: Duration::from_millis(250),
            spool: None,
            starts_at_once: false,
        }
    }
}

/// The longest pause between two attempts while a flush waits.
const HURRIED_PAUSE: Duration = Duration::from_millis(50);

/// The state that the thread and its callers share.
pub(super) struct Shared {
    pub(super) state: Mutex<WorkerState>,
    /// Notified when there is work for the thread.
    pub(super) work: Condvar,
    /// Notified when a condition that callers wait for may hold.
    pub(super) done: Condvar,
    /// The destination, locked by the thread while it runs: if the thread dies, the next one finds it here.
    destination: Mutex<Box<dyn Destination>>,
    /// The ledger; without it nothing is counted, since another transport counts the same envelopes.
    pub(super) ledger: Option<Arc<Ledger>>,
    pub(super) options: ThreadOptions,
}

/// The state that is locked between two steps.
#[derive(Debug)]
pub(super) struct WorkerState {
    pub(super) queue: Queue,
    /// The sequence number of the envelope that is being delivered.
    in_flight: Option<u64>,
    /// The pending flushes, oldest first.
    pub(super) flushes: VecDeque<Flush>,
    pub(super) last_ticket: u64,
    pub(super) flushed_ticket: u64,
    /// The time until which callers wait for left-overs of the spool.
    pub(super) drain_until: Option<Instant>,
    /// Whether envelopes are no longer accepted.
    pub(super) closed: bool,
    /// Whether the thread ends once the queue is empty.
    pub(super) stopping: bool,
    pub(super) running: bool,
    /// The last attempt to start the thread failed, which the user was told.
    pub(super) failed: bool,
    /// Whether the thread waits to be woken.
    pub(super) resting: bool,
}

/// A pending flush.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flush {
    pub(super) ticket: u64,
    /// The flush is done when every envelope up to this sequence number is gone.
    pub(super) target: u64,
}

impl WorkerState {
    /// Returns the lowest sequence number that is not gone yet.
    pub(super) fn oldest(&self) -> Option<u64> {
        match (self.in_flight, self.queue.first_seq()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Returns the number of envelopes that are not gone yet, and the size of those that wait, in bytes.
    pub(super) fn depth(&self) -> (usize, usize) {
        let (waiting, bytes) = self.queue.depth();
        (waiting + usize::from(self.in_flight.is_some()), bytes)
    }

    /// Returns the ticket of the latest flush that is done.
    fn due_flush(&self) -> Option<u64> {
        let oldest = self.oldest().unwrap_or(u64::MAX);
        self.flushes.iter().take_while(|flush| flush.target < oldest).last().map(|flush| flush.ticket)
    }

    fn somebody_waits(&self) -> bool {
        self.closed || !self.flushes.is_empty()
    }
}

/// A guard that marks the thread as gone, however it ends.
struct RunningWorker<'a>(&'a Shared);

impl Drop for RunningWorker<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.running = false;
        state.in_flight = None;
        drop(state);
        self.0.done.notify_all();
    }
}

/// The next step of the thread.
enum Step {
    /// Delivers an envelope; whether there is room for many more transactions.
    Deliver(Queued, bool),
    LeftOver,
    Drain,
    Flush(u64),
    Idle,
    Stop,
}

impl Shared {
    pub(super) fn new(
        destination: Box<dyn Destination>,
        ledger: Option<Arc<Ledger>>,
        options: ThreadOptions,
    ) -> Self {
        let state = WorkerState {
            queue: Queue::new(options.capacity.clone()),
            in_flight: None,
            flushes: VecDeque::new(),
            last_ticket: 0,
            flushed_ticket: 0,
            drain_until: None,
            closed: false,
            stopping: false,
            running: false,
            failed: false,
            resting: false,
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
            destination: Mutex::new(destination),
            ledger,
            options,
        }
    }

    /// The thread's main loop.
    pub(super) fn run(&self) {
        let _running = RunningWorker(self);
        let mut destination = lock(&self.destination);
        // Whether the last envelope failed because of the network: then a flush tries each envelope only once.
        let mut offline = false;
        loop {
            match self.next_step() {
                Step::Deliver(queued, has_room) => {
                    if has_room {
                        worker::room_made();
                    }
                    let delivery = self.deliver(&mut **destination, queued, offline);
                    offline = match delivery {
                        Some(delivery) => matches!(delivery, Delivery::Failed(_)),
                        None => offline,
                    };
                    lock(&self.state).in_flight = None;
                }
                Step::Flush(ticket) => {
                    guarded(|| destination.flush());
                    let mut state = lock(&self.state);
                    state.flushes.retain(|flush| flush.ticket > ticket);
                    state.flushed_ticket = state.flushed_ticket.max(ticket);
                    drop(state);
                    self.done.notify_all();
                }
                Step::LeftOver => {
                    self.deliver_left_over(&mut **destination, Hurry::No);
                }
                Step::Drain => {
                    if !self.deliver_left_over(&mut **destination, Hurry::TheProgramWaits) {
                        lock(&self.state).drain_until = None;
                        self.done.notify_all();
                    }
                }
                Step::Idle => {
                    let pause = guarded(|| destination.idle()).flatten();
                    let left_overs = self.options.spool.as_ref().and_then(|spool| spool.wait());
                    self.sleep(pause.into_iter().chain(left_overs).min());
                }
                Step::Stop => {
                    guarded(|| destination.flush());
                    if let Some(spool) = &self.options.spool {
                        spool.discard();
                    }
                    return;
                }
            }
        }
    }

    fn next_step(&self) -> Step {
        let mut state = lock(&self.state);
        if let Some(ticket) = state.due_flush() {
            Step::Flush(ticket)
        } else if !state.somebody_waits() && self.left_overs_are_due() {
            Step::LeftOver
        } else if let Some(queued) = state.queue.pop() {
            state.in_flight = Some(queued.seq);
            let has_room = state.queue.traces() <= self.options.capacity.envelopes / 4;
            Step::Deliver(queued, has_room)
        } else if state.stopping {
            Step::Stop
        } else if state.drain_until.is_some_and(|until| Instant::now() < until) {
            Step::Drain
        } else {
            Step::Idle
        }
    }

    /// Sleeps until there is something to do, or `pause` is over.
    fn sleep(&self, pause: Option<Duration>) {
        let mut state = lock(&self.state);
        // Callers whose time is over do not wait any more.
        state.drain_until = state.drain_until.filter(|&until| Instant::now() < until);
        let drains = state.drain_until.is_some();
        if !state.queue.is_empty() || !state.flushes.is_empty() || state.stopping || drains {
            return;
        }
        state.resting = true;
        let mut state = match pause {
            Some(pause) => self.work.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0,
            None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
        state.resting = false;
    }

    /// Delivers one envelope, with several attempts if there is time, and counts the outcome. Returns `None` if the
    /// destination panicked.
    fn deliver(&self, destination: &mut dyn Destination, queued: Queued, offline: bool) -> Option<Delivery> {
        let Queued { mut envelope, ticket, .. } = queued;
        let items = envelope.items().len();
        // An envelope on disk need not hold up the others while the network is unavailable.
        let attempts = if offline && ticket.is_some() { 1 } else { self.options.attempts };
        let mut attempt = 1;
        loop {
            let Some(delivery) = guarded(|| destination.deliver(&mut envelope)) else {
                self.count_lost(DiscardReason::InternalSdkError, &envelope);
                self.options.spool.iter().zip(ticket).for_each(|(spool, ticket)| spool.remove(ticket));
                return None;
            };
            if let Delivery::Failed(_) = delivery
                && attempt < attempts
                && self.pause_before_retry(attempt, offline)
            {
                attempt += 1;
                continue;
            }
            self.finish(delivery, &envelope, ticket, items);
            return Some(delivery);
        }
    }

    /// Waits before the next attempt; returns `false` if there is no time for one.
    fn pause_before_retry(&self, attempt: u32, offline: bool) -> bool {
        let factor = 1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX);
        let full = jitter(self.options.first_pause.saturating_mul(factor));
        let start = Instant::now();
        let mut state = lock(&self.state);
        loop {
            if state.stopping || (offline && state.somebody_waits()) {
                return false;
            }
            let pause = if state.somebody_waits() { full.min(HURRIED_PAUSE) } else { full };
            let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else {
                return true;
            };
            state = self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn count(&self, delivery: Delivery, envelope: &Envelope) {
        let Some(ledger) = &self.ledger else { return };
        envelope.answer(delivery.outcome());
        match delivery {
            Delivery::Sent { bytes } => {
                ledger.sent_bytes(bytes);
                envelope.items().iter().for_each(|item| ledger.sent_item(item));
            }
            Delivery::Refused => {
                envelope
                    .items()
                    .iter()
                    .for_each(|item| ledger.refused_item(DiscardReason::RatelimitBackoff, item));
            }
            Delivery::Lost(reason) | Delivery::Failed(reason) => self.count_lost(reason, envelope),
            Delivery::Empty => {}
        }
    }

    pub(super) fn count_lost(&self, reason: DiscardReason, envelope: &Envelope) {
        diagnostics::debug(format_args!("lost an envelope: {}", reason.as_str()));
        if let Some(ledger) = &self.ledger {
            envelope.answer(DeliveryOutcome::Lost(reason));
            envelope.items().iter().for_each(|item| ledger.lost_item(reason, item));
        }
    }

    /// Waits until the condition holds or the deadline has passed.
    pub(super) fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, WorkerState>,
        deadline: Instant,
        condition: impl Fn(&WorkerState) -> bool,
    ) -> MutexGuard<'a, WorkerState> {
        while !condition(&state) {
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            else {
                break;
            };
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }
}

/// Runs a step of the destination; a panic costs the step, not the thread. The panic is not captured: its event would
/// be delivered in the same way and panic again, without end.
pub(super) fn guarded<T>(step: impl FnOnce() -> T) -> Option<T> {
    callback::contain(step)
}
