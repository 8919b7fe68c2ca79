//! Backpressure: while the queues overflow, fewer traces are recorded.
//!
//! The pipeline thread checks each client once per interval ([`check`]). A client that dropped items since the last
//! check, or whose traces the server currently rate limits, halves its sampling rate; the first check without trouble
//! restores the full rate. [`sampling`](crate::trace::sampling) reads the number of halvings: one relaxed atomic load.
//!
//! Rate limits on errors, logs or other data that is not traces do not count as trouble: fewer traces would not help,
//! and such a limit may last a day.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/backpressure/)

use std::time::{Duration, Instant};

use crate::client::{self, Client};
use crate::protocol::{DataCategory, DiscardReason};

/// The schedule of the checks.
#[derive(Debug)]
pub(crate) struct Watch {
    next: Instant,
    /// Whether a client records fewer traces than configured.
    pressed: bool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { next: Instant::now(), pressed: false }
    }

    /// Returns the time until the next check while a client is pressed; otherwise no check is due.
    pub(crate) fn rest(&self) -> Option<Duration> {
        self.pressed.then(|| self.next.saturating_duration_since(Instant::now()))
    }

    /// Checks every client whose interval has passed. Called in every round of the pipeline: usually one comparison.
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
        // A client that starts later is checked in time, too.
        self.next = now + (pause / 2).min(Duration::from_secs(1));
    }
}

fn check(client: &Client) {
    let ledger = client.ledger();
    // Spans overflow alone if one trace has too many of them; whole traces overflow under load.
    let overflowed = ledger.all_lost_for(DiscardReason::QueueOverflow)
        + ledger.all_lost_for(DiscardReason::CacheOverflow)
        + ledger.all_lost_of(DiscardReason::BufferOverflow, DataCategory::Transaction);
    let unwelcome = client.transport().is_some_and(|transport| {
        transport.is_rate_limited(DataCategory::Transaction) || transport.is_rate_limited(DataCategory::Span)
    });
    client.pressure().update(overflowed, unwelcome);
}
