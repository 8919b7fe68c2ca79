//! Backpressure: while the queues overflow, fewer traces are recorded.
//!
//! The pipeline thread looks at each client once in an interval ([`check`]). A client that had to drop something
//! since the last look, or whose traces the server does not want now, halves the share of traces that it records;
//! one look after the trouble is over, the whole share is back. [`sampling`](crate::trace::sampling) reads the
//! number of halvings: one relaxed atomic.
//!
//! Spec: `telemetry/traces/backpressure.mdx`. Limits on errors, logs or other data that is not traces do not
//! count as trouble: fewer traces would not help, and such a limit may last a day.

use std::time::{Duration, Instant};

use crate::client::{self, Client};
use crate::protocol::{DataCategory, DiscardReason};

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
            if client.pressure().is_due(now, interval) {
                check(&client);
            }
            self.pressed |= client.pressure().halvings() > 0;
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
    client.pressure().update(overflowed, unwelcome);
}
