//! The transport's thread: takes envelopes from the queue and hands them to a [`Destination`], one after the
//! other.
//!
//! Whoever calls [`Transport::send_envelope`] only touches the queue, under a lock that is never held during
//! I/O; with a spool, it writes the envelope to disk before. The thread counts what became of each envelope. A network error is tried again, with growing pauses,
//! while nobody waits for the thread; a flush cuts the pauses short. No wait of a caller is longer than the
//! timeout they gave: a request that hangs is left behind, not joined.
//!
//! The thread's own loop is in [`worker`](super::worker).
//!
//! Spec: `foundations/transport/index.mdx`, `telemetry/client-reports.mdx`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::destination::Destination;
use super::ledger::Ledger;
use super::rate_limits::RateLimits;
use super::worker::{Flush, Shared, ThreadOptions, WorkerState};
use super::{QueueDepths, Transport};
use crate::base::diagnostics;
use crate::base::lock::lock;
use crate::protocol::{DataCategory, DiscardReason, Envelope};

/// A transport that delivers from a thread of its own.
pub(crate) struct TransportThread {
    shared: Arc<Shared>,
    rate_limits: Option<Arc<RateLimits>>,
}

impl TransportThread {
    /// The thread starts with the first envelope, or at once where there is a spool: a process before may have left
    /// something in it. Without a ledger nothing is counted.
    pub(crate) fn new(
        destination: impl Destination,
        ledger: Option<Arc<Ledger>>,
        options: ThreadOptions,
    ) -> Self {
        let rate_limits = destination.rate_limits();
        let spools = options.spool.is_some();
        let transport =
            Self { shared: Arc::new(Shared::new(Box::new(destination), ledger, options)), rate_limits };
        if spools {
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
        let spawned = std::thread::Builder::new().name("sentry-transport".to_owned()).spawn(run);
        match spawned {
            Ok(_) => state.running = true,
            Err(error) => {
                diagnostics::debug(format_args!(
                    "the transport's thread could not be started ({error}); the next envelope tries again"
                ));
            }
        }
    }
}

impl Transport for TransportThread {
    fn send_envelope(&self, envelope: Envelope) {
        self.shared.count_accepted(&envelope);
        if lock(&self.shared.state).closed {
            return self.shared.count_lost(DiscardReason::QueueOverflow, &envelope);
        }
        // On disk before anything else: from here on the end of the process does not matter to it.
        let ticket = self.shared.options.spool.as_ref().and_then(|spool| spool.store(&envelope));
        let (no_room, resting) = {
            let mut state = lock(&self.shared.state);
            // Once the thread stops, nobody takes anything out of the queue.
            let stopped = state.stopping;
            let mut no_room = state.queue.push(envelope, ticket);
            if stopped {
                no_room.extend(std::iter::from_fn(|| state.queue.pop()));
            }
            self.ensure_running(&mut state);
            // Said once: the others find it awake.
            (no_room, std::mem::take(&mut state.resting))
        };
        for queued in no_room.iter().filter(|queued| !self.shared.put_off(queued)) {
            self.shared.count_lost(DiscardReason::QueueOverflow, &queued.envelope);
        }
        if resting {
            self.shared.work.notify_one();
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let deadline = deadline(timeout);
        let mut state = lock(&self.shared.state);
        self.ensure_running(&mut state);
        if !state.running || state.stopping {
            // Stopped or about to, or no thread to be had.
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
        if !done {
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
            // What did not leave in time never will: the program is about to end.
            while let Some(queued) = state.queue.pop() {
                // Unless it is on disk, for the next process.
                if !self.shared.put_off(&queued) {
                    lost.push(queued.envelope);
                }
            }
            self.shared.work.notify_one();
            drop(self.shared.wait(state, deadline, |state| !state.running));
        }
        for envelope in &lost {
            self.shared.count_lost(DiscardReason::NetworkError, envelope);
        }
        flushed
    }

    fn is_rate_limited(&self, category: DataCategory) -> bool {
        self.rate_limits.as_ref().is_some_and(|limits| limits.is_limited(category))
    }

    fn queue_depths(&self) -> QueueDepths {
        let (spooled, spooled_bytes) =
            self.shared.options.spool.as_ref().map(|spool| spool.depth()).unwrap_or_default();
        let (envelopes, bytes) = lock(&self.shared.state).depth();
        QueueDepths { envelopes, bytes, spooled, spooled_bytes, ..QueueDepths::default() }
    }
}

impl Drop for TransportThread {
    /// The thread sends what is queued and ends; nobody waits for it.
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
