//! The transport's thread: takes envelopes from the queue and hands them to a [`Destination`], one after the
//! other.
//!
//! A caller of [`Transport::send_envelope`] only accesses the queue, under a lock that is never held during I/O; with a
//! spool, it first writes the envelope to disk. The thread counts the outcome of each envelope. A network error is
//! retried with growing pauses while no caller waits; a flush shortens the pauses. No caller waits longer than its
//! timeout: a request that hangs is abandoned, not joined.
//!
//! The thread's own loop is in [`worker`](super::worker).
//!
//! [Spec, transport](https://develop.sentry.dev/sdk/foundations/transport/),
//! [client reports](https://develop.sentry.dev/sdk/telemetry/client-reports/)

use std::io;
use std::sync::{Arc, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::destination::Destination;
use super::ledger::Ledger;
use super::queue::Queued;
use super::rate_limits::RateLimits;
use super::room::Displace;
use super::worker::{Flush, Shared, ThreadOptions, WorkerState};
use super::{QueueDepths, Transport};
use crate::base::diagnostics;
use crate::base::lock::lock;
use crate::base::thread;
use crate::protocol::{DataCategory, DiscardReason, Envelope};

/// The time of a flush that is not spent on left-overs, so that there is time to end the thread and to report.
const LAST_STEPS: Duration = Duration::from_millis(100);

/// A transport that delivers from its own thread.
pub(crate) struct TransportThread {
    shared: Arc<Shared>,
    rate_limits: Option<Arc<RateLimits>>,
    reason_unsent: DiscardReason,
}

impl TransportThread {
    /// Creates the transport. Its thread starts with the first envelope; or at once, if the destination asks for it or
    /// there is a spool, in which an earlier process may have left files. Without a ledger nothing is counted.
    pub(crate) fn new(
        destination: impl Destination,
        ledger: Option<Arc<Ledger>>,
        options: ThreadOptions,
    ) -> Self {
        Self::boxed(Box::new(destination), ledger, options)
    }

    /// Apart from `new`, so that its code exists once for all destinations.
    #[inline(never)]
    fn boxed(destination: Box<dyn Destination>, ledger: Option<Arc<Ledger>>, options: ThreadOptions) -> Self {
        let (rate_limits, reason_unsent) = (destination.rate_limits(), destination.reason_unsent());
        let starts_at_once = options.spool.is_some() || options.starts_at_once;
        let room = Arc::clone(&options.capacity.room);
        let shared = Arc::new(Shared::new(destination, ledger, options));
        room.set_queue(Arc::downgrade(&(Arc::clone(&shared) as Arc<dyn Displace>)));
        let transport = Self { shared, rate_limits, reason_unsent };
        if starts_at_once {
            transport.ensure_running(&mut lock(&transport.shared.state));
        }
        transport
    }

    /// Starts the thread if it does not run: at first, and after it died or could not be started.
    fn ensure_running(&self, state: &mut WorkerState) {
        if state.running || state.stopping {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let run = move || {
            crate::base::thread_role::mark();
            shared.run();
        };
        match spawn(run) {
            Ok(_) => {
                state.running = true;
                state.failed = false;
            }
            // Every envelope tries, and need not say so.
            Err(_) if state.failed => {}
            Err(error) => {
                state.failed = true;
                diagnostics::error(format_args!(
                    "the transport's thread could not be started ({error}): nothing is sent until a later \
                     attempt succeeds"
                ));
            }
        }
    }

    /// Waits until the left-overs of the spool are sent as well, as far as the server takes them in time: the caller
    /// may be about to end the program.
    fn drain(&self, mut state: MutexGuard<'_, WorkerState>, deadline: Instant) {
        if self.shared.options.spool.is_some() && Instant::now() < deadline {
            state.drain_until = state.drain_until.max(Some(deadline));
            self.shared.work.notify_one();
            drop(self.shared.wait(state, deadline, |state| state.drain_until.is_none() || !state.running));
        }
    }
}

impl Shared {
    /// Counts envelopes that nobody will send, except for those that are on disk for the next process.
    fn lose(&self, reason: DiscardReason, envelopes: Vec<Queued>) {
        for queued in envelopes.iter().filter(|queued| !self.put_off(queued)) {
            self.count_lost(reason, &queued.envelope);
        }
    }
}

impl Displace for Shared {
    fn displace(&self, level: usize) {
        let displaced = lock(&self.state).queue.displace(level);
        self.lose(DiscardReason::QueueOverflow, displaced);
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    #[cfg(test)]
    if tests::NO_THREADS.get() {
        return Err(io::Error::other("no threads"));
    }
    thread::spawn("sentry-transport", Box::new(run))
}

impl Transport for TransportThread {
    fn send_envelope(&self, envelope: Envelope) {
        self.shared.count_accepted(&envelope);
        if lock(&self.shared.state).closed {
            return self.shared.count_lost(DiscardReason::QueueOverflow, &envelope);
        }
        // Written to disk before anything else: from here on it survives the end of the process.
        let ticket = self.shared.options.spool.as_ref().and_then(|spool| spool.store(&envelope));
        let (no_room, resting) = {
            let mut state = lock(&self.shared.state);
            // Once the thread stops, it takes nothing out of the queue.
            let stopped = state.stopping;
            let mut no_room = state.queue.push(envelope, ticket);
            if stopped {
                no_room.extend(std::iter::from_fn(|| state.queue.pop()));
            }
            self.ensure_running(&mut state);
            // Only the first caller wakes the thread.
            (no_room, std::mem::take(&mut state.resting))
        };
        self.shared.lose(DiscardReason::QueueOverflow, no_room);
        if resting {
            self.shared.work.notify_one();
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let deadline = deadline(timeout);
        let mut state = lock(&self.shared.state);
        self.ensure_running(&mut state);
        if !state.running && !state.stopping {
            // No thread is to be had: whoever flushes may end the program, and what waits is to be counted by then.
            let left = std::iter::from_fn(|| state.queue.pop()).collect();
            drop(state);
            self.shared.lose(DiscardReason::InternalSdkError, left);
            return true;
        }
        if state.stopping {
            // Stopped or about to.
            let state = self.shared.wait(state, deadline, |state| !state.running);
            return state.stopping && state.oldest().is_none();
        }
        state.last_ticket += 1;
        let flush = Flush { ticket: state.last_ticket, target: state.queue.last_seq() };
        state.flushes.push_back(flush);
        self.shared.work.notify_one();
        let mut state =
            self.shared.wait(state, deadline, |state| state.flushed_ticket >= flush.ticket || !state.running);
        let done = state.flushed_ticket >= flush.ticket;
        if done {
            self.drain(state, deadline - LAST_STEPS.min(timeout / 4));
        } else {
            state.flushes.retain(|other| other.ticket != flush.ticket);
        }
        done
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        let deadline = deadline(timeout);
        lock(&self.shared.state).closed = true;
        let flushed = self.flush(timeout);
        let mut lost = Vec::new();
        {
            let mut state = lock(&self.shared.state);
            state.stopping = true;
            // Envelopes that were not sent in time are lost: the program is about to end.
            while let Some(queued) = state.queue.pop() {
                // An envelope on disk is left to the next process.
                if !self.shared.put_off(&queued) {
                    lost.push(queued.envelope);
                }
            }
            self.shared.work.notify_one();
            drop(self.shared.wait(state, deadline, |state| !state.running));
        }
        for envelope in &lost {
            self.shared.count_lost(self.reason_unsent, envelope);
        }
        flushed
    }

    fn is_rate_limited(&self, category: DataCategory) -> bool {
        self.rate_limits.as_ref().is_some_and(|limits| limits.is_limited(category))
    }

    fn queue_depths(&self) -> QueueDepths {
        let (spooled, spooled_bytes) =
            self.shared.options.spool.as_ref().map(|spool| spool.depth()).unwrap_or_default();
        let state = lock(&self.shared.state);
        let (envelopes, bytes) = state.depth();
        let (traces, full) = (state.queue.traces(), state.queue.is_full());
        QueueDepths { envelopes, traces, full, bytes, spooled, spooled_bytes, ..QueueDepths::default() }
    }
}

impl Drop for TransportThread {
    /// Lets the thread send what is queued and end, without waiting for it.
    fn drop(&mut self) {
        let mut state = lock(&self.shared.state);
        state.closed = true;
        state.stopping = true;
        drop(state);
        self.shared.work.notify_one();
    }
}

fn deadline(timeout: Duration) -> Instant {
    const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + timeout.min(FOREVER)
}

#[cfg(test)]
mod tests;
