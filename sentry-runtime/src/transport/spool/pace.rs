//! The schedule of left-overs: one every 100 ms, less often while the network is unavailable; without pauses while
//! the program waits to end.

use std::time::{Duration, Instant};

/// The pause between left-overs, as the spec recommends: a burst after an outage looks like an attack.
const BETWEEN: Duration = Duration::from_millis(100);
/// The pause after the first failure; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The interval at which ended rate limits are checked.
const LIMITED: Duration = Duration::from_secs(1);
/// The interval at which the files of other processes are looked for.
const SCAN: Duration = Duration::from_secs(60);

/// Whether left-overs keep their pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transport) enum Hurry {
    /// The program goes on: there is time for pauses.
    No,
    /// The program waits in a flush and may be about to end.
    TheProgramWaits,
}

/// The times of the next actions.
#[derive(Debug)]
pub(super) struct Pace {
    next: Instant,
    pause: Duration,
    /// Whether the last attempt to reach the server failed.
    away: bool,
    next_scan: Option<Instant>,
}

impl Pace {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { next: now, pause: FIRST_PAUSE, away: false, next_scan: Some(now) }
    }

    /// Returns the time until the next action; `waiting` says whether there are left-overs.
    pub(super) fn wait(&self, waiting: bool) -> Option<Duration> {
        let scan = self.next_scan?;
        let next = if waiting { scan.min(self.next) } else { scan };
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// Returns whether a scan is due; the next one is then scheduled.
    pub(super) fn scan(&mut self) -> bool {
        let now = Instant::now();
        let due = self.next_scan.is_some_and(|at| at <= now);
        if due {
            self.next_scan = Some(now + SCAN);
        }
        due
    }

    /// Returns whether a left-over may be sent now. In a hurry only a network that is unavailable is a reason to wait.
    pub(super) fn may_send(&self, hurry: Hurry) -> bool {
        let hurried = hurry == Hurry::TheProgramWaits && !self.away;
        self.next_scan.is_some() && (hurried || self.next <= Instant::now())
    }

    /// Notes that an envelope was accepted or refused: the server can be reached.
    pub(super) fn reached(&mut self) {
        self.next = self.next.min(Instant::now() + BETWEEN);
        self.pause = FIRST_PAUSE;
        self.away = false;
    }

    /// Notes that a left-over was sent.
    pub(super) fn sent(&mut self) {
        self.next = Instant::now() + BETWEEN;
        self.pause = FIRST_PAUSE;
        self.away = false;
    }

    /// Notes that the network is unavailable.
    pub(super) fn failed(&mut self) {
        let now = Instant::now();
        self.away = true;
        if self.next <= now {
            self.next = now + crate::transport::backoff::jitter(self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Notes that the server rate limits all left-overs.
    pub(super) fn limited(&mut self) {
        self.next = Instant::now() + LIMITED;
    }

    /// Stops the schedule for good.
    pub(super) fn stop(&mut self) {
        self.next_scan = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_the_network_is_away() {
        let mut pace = Pace::new();
        assert!(pace.may_send(Hurry::No) && pace.scan() && !pace.scan());
        pace.failed();
        assert!(!pace.may_send(Hurry::No));
        assert!(!pace.may_send(Hurry::TheProgramWaits), "it would fail again");
        assert!(pace.wait(true).unwrap() <= FIRST_PAUSE);
        assert!(pace.wait(false).unwrap() > FIRST_PAUSE, "without left-overs only the scan is to come");
        pace.failed();
        assert_eq!(pace.pause, 2 * FIRST_PAUSE, "one outage counts once");
        for _ in 0..10 {
            pace.next = Instant::now();
            pace.failed();
        }
        assert_eq!(pace.pause, LONGEST_PAUSE);
        pace.reached();
        assert!(pace.wait(true).unwrap() <= BETWEEN);
        pace.sent();
        assert!(pace.may_send(Hurry::TheProgramWaits));
        pace.stop();
        assert!(pace.wait(true).is_none() && !pace.may_send(Hurry::TheProgramWaits));
    }

    #[test]
    fn left_overs_keep_their_distance() {
        let mut pace = Pace::new();
        let start = Instant::now();
        pace.sent();
        assert!(pace.next >= start + BETWEEN);
        pace.limited();
        assert!(pace.next >= start + LIMITED);
        pace.next = start + LONGEST_PAUSE;
        pace.reached();
        assert!(pace.next >= start + BETWEEN && pace.next < start + LONGEST_PAUSE);
    }
}
