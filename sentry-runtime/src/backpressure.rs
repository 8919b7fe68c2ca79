//! Backpressure: while the queues overflow, fewer traces are recorded.
//!
//! The pipeline thread looks at each client once in an interval ([`check`]). A client that had to drop something
//! since the last look, or whose traces the server does not want now, halves the share of traces that it records;
//! one look after the trouble is over, the whole share is back. [`sampling`](crate::trace::sampling) reads the
//! number of halvings: one relaxed atomic.
//!
//! Spec: `telemetry/traces/backpressure.mdx`. Limits on errors, logs or other data that is not traces do not
//! count as trouble: fewer traces would not help, and such a limit may last a day.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::diagnostics;
use crate::client::{self, Client};
use crate::protocol::{DataCategory, DiscardReason};
use crate::trace::light;

/// After so many halvings hardly a trace is left.
const MOST_HALVINGS: u8 = 10;

/// How hard a client is pressed.
#[derive(Debug, Default)]
pub(crate) struct Backpressure {
    halvings: AtomicU8,
    /// Everything that had overflowed at the last look.
    overflowed: AtomicU64,
    /// When the last look was.
    looked: Mutex<Option<Instant>>,
}

impl Backpressure {
    /// How often the share of traces is halved.
    #[inline]
    pub(crate) fn halvings(&self) -> u8 {
        self.halvings.load(Ordering::Relaxed)
    }

    /// Whether the time for a look has come; then it counts as done.
    fn is_due(&self, now: Instant, interval: Duration) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.is_none_or(|looked| now.duration_since(looked) >= interval);
        if due {
            *looked = Some(now);
        }
        due
    }

    /// Takes in what a look has shown: everything that overflowed so far, and whether traces are unwelcome.
    fn update(&self, overflowed: u64, unwelcome: bool) {
        let before = self.overflowed.swap(overflowed, Ordering::Relaxed);
        let halvings = self.halvings();
        let next = if overflowed > before || unwelcome { (halvings + 1).min(MOST_HALVINGS) } else { 0 };
        if next != halvings {
            self.halvings.store(next, Ordering::Relaxed);
            light::begin_epoch();
            match next {
                0 => diagnostics::debug(format_args!(
                    "the queues are well again: all traces are sampled as set"
                )),
                next => diagnostics::debug(format_args!(
                    "the queues overflow: one in {} of the usual traces is recorded",
                    1_u32 << next
                )),
            }
        }
    }
}

/// When the pipeline looks again.
#[derive(Debug)]
pub(crate) struct Watch {
    next: Instant,
    /// Whether a client records fewer traces than it was told to.
    pressed: bool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { next: Instant::now(), pressed: false }
    }

    /// How long until the next look, while a client is pressed: without one there is nothing to look for.
    pub(crate) fn rest(&self) -> Option<Duration> {
        self.pressed.then(|| self.next.saturating_duration_since(Instant::now()))
    }

    /// Looks at every client whose time has come. Called in every round of the pipeline: mostly one comparison.
    pub(crate) fn look(&mut self) {
        const RARELY: Duration = Duration::from_secs(10);
        const OFTEN: Duration = Duration::from_millis(10);
        let now = Instant::now();
        if now < self.next {
            return;
        }
        let mut pause = RARELY;
        self.pressed = false;
        for client in client::all() {
            let options = client.options();
            if !options.enable_backpressure_handling || !client.is_tracing() {
                continue;
            }
            let interval = options.backpressure_interval.max(OFTEN);
            pause = pause.min(interval);
            if client.backpressure().is_due(now, interval) {
                check(&client);
            }
            self.pressed |= client.backpressure().halvings() > 0;
        }
        // A client that comes later is seen in time, too.
        self.next = now + (pause / 2).min(Duration::from_secs(1));
    }
}

fn check(client: &Client) {
    let ledger = client.ledger();
    // Spans alone overflow where one trace has too many of them; whole traces overflow under load.
    let overflowed = ledger.all_lost_for(DiscardReason::QueueOverflow)
        + ledger.all_lost_for(DiscardReason::CacheOverflow)
        + ledger.all_lost_of(DiscardReason::BufferOverflow, DataCategory::Transaction);
    let unwelcome = client.transport().is_some_and(|transport| {
        transport.is_rate_limited(DataCategory::Transaction) || transport.is_rate_limited(DataCategory::Span)
    });
    client.backpressure().update(overflowed, unwelcome);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_halves_step_by_step_and_health_restores_all() {
        let pressure = Backpressure::default();
        pressure.update(0, false);
        assert_eq!(pressure.halvings(), 0);
        pressure.update(3, false);
        pressure.update(4, false);
        assert_eq!(pressure.halvings(), 2);
        pressure.update(4, true);
        assert_eq!(pressure.halvings(), 3, "unwelcome traces are trouble as well");
        pressure.update(4, false);
        assert_eq!(pressure.halvings(), 0);
        for _ in 0..50 {
            pressure.update(4, true);
        }
        assert_eq!(pressure.halvings(), MOST_HALVINGS);
    }
}
