//! The pressure on a client: how often the share of traces that it records is halved.
//!
//! The pipeline updates it (`pipeline/backpressure.rs`), sampling reads it: one relaxed atomic.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/backpressure/)

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::{diagnostics, epoch};

/// The maximum number of halvings: one trace in 1024 is left.
const MOST_HALVINGS: u8 = 10;

/// The share of traces that a client gives up.
#[derive(Debug, Default)]
pub(crate) struct Pressure {
    halvings: AtomicU8,
    /// The overflow count at the last check.
    overflowed: AtomicU64,
    /// The time of the last check.
    looked: Mutex<Option<Instant>>,
}

impl Pressure {
    /// The number of times the share of traces is halved.
    #[inline]
    pub(crate) fn halvings(&self) -> u8 {
        self.halvings.load(Ordering::Relaxed)
    }

    /// Returns whether a check is due; if so, it counts as done.
    pub(crate) fn is_due(&self, now: Instant, interval: Duration) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.is_none_or(|looked| now.duration_since(looked) >= interval);
        if due {
            *looked = Some(now);
        }
        due
    }

    /// Updates the halvings from a check: the overflow count so far, and whether the server refuses traces.
    pub(crate) fn update(&self, overflowed: u64, unwelcome: bool) {
        let before = self.overflowed.swap(overflowed, Ordering::Relaxed);
        let halvings = self.halvings();
        let next = if overflowed > before || unwelcome { (halvings + 1).min(MOST_HALVINGS) } else { 0 };
        if next != halvings {
            self.halvings.store(next, Ordering::Relaxed);
            epoch::begin();
            match next {
                0 => diagnostics::debug(format_args!(
                    "queues have drained; sampling is back at the configured rate"
                )),
                next => diagnostics::debug(format_args!(
                    "the queues overflow: one in {} of the usual traces is recorded",
                    1_u32 << next
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_due_once_per_interval() {
        let (pressure, start, interval) = (Pressure::default(), Instant::now(), Duration::from_secs(10));
        let mut due = |seconds| pressure.is_due(start + Duration::from_secs(seconds), interval);
        assert_eq!([0, 0, 9, 10, 11, 19, 20].map(&mut due), [true, false, false, true, false, false, true]);
    }

    #[test]
    fn trouble_halves_step_by_step_and_health_restores_all() {
        let pressure = Pressure::default();
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
