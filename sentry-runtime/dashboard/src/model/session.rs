//! Sessions of releases.

use std::collections::{HashMap, VecDeque};

use super::text::Text;

/// A release of a service in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Release {
    pub(crate) service: Text,
    pub(crate) release: Option<Text>,
    pub(crate) environment: Option<Text>,
}

/// The outcome of a session. A worse state wins over a better one, so that updates may come in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Healthy,
    Errored,
    Abnormal,
    Crashed,
}

/// The sessions of a release.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) healthy: u64,
    pub(crate) errored: u64,
    pub(crate) abnormal: u64,
    pub(crate) crashed: u64,
}

impl Counts {
    pub(crate) fn all(&self) -> u64 {
        self.healthy.saturating_add(self.errored).saturating_add(self.abnormal).saturating_add(self.crashed)
    }

    pub(crate) fn add(&mut self, outcome: Outcome, quantity: u64) {
        let count = self.of(outcome);
        *count = count.saturating_add(quantity);
    }

    fn of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Healthy => &mut self.healthy,
            Outcome::Errored => &mut self.errored,
            Outcome::Abnormal => &mut self.abnormal,
            Outcome::Crashed => &mut self.crashed,
        }
    }
}

/// The sessions of all releases.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    pub(crate) releases: HashMap<Release, Counts>,
    /// The latest sessions, whose updates are still expected.
    latest: HashMap<u128, (Release, Outcome)>,
    order: VecDeque<u128>,
}

impl Sessions {
    /// The number of recent sessions that are remembered, so that their updates are not counted again.
    const LATEST: usize = 4096;
    const MAX_RELEASES: usize = 500;

    /// Counts a session, or moves it if it was counted.
    pub(crate) fn update(&mut self, id: u128, release: Release, outcome: Outcome) {
        if let Some((release, before)) = self.latest.get_mut(&id) {
            if outcome > *before
                && let Some(counts) = self.releases.get_mut(release)
            {
                let count = counts.of(*before);
                *count = count.saturating_sub(1);
                counts.add(outcome, 1);
                *before = outcome;
            }
            return;
        }
        self.count(release.clone(), outcome, 1);
        self.latest.insert(id, (release, outcome));
        self.order.push_back(id);
        if self.order.len() > Self::LATEST
            && let Some(oldest) = self.order.pop_front()
        {
            self.latest.remove(&oldest);
        }
    }

    /// Counts sessions that came as a sum.
    pub(crate) fn count(&mut self, release: Release, outcome: Outcome, quantity: u64) {
        if self.releases.len() < Self::MAX_RELEASES || self.releases.contains_key(&release) {
            self.releases.entry(release).or_default().add(outcome, quantity);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.releases.len() * 160 + self.latest.len() * 160
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Release, Sessions};

    #[test]
    fn a_session_counts_once_in_its_worst_state() {
        let mut sessions = Sessions::default();
        let release = Release { service: "s".into(), release: None, environment: None };
        for outcome in [Outcome::Healthy, Outcome::Crashed, Outcome::Errored] {
            sessions.update(1, release.clone(), outcome);
        }
        sessions.count(release.clone(), Outcome::Healthy, 3);
        let counts = sessions.releases[&release];
        assert_eq!((counts.all(), counts.healthy, counts.crashed, counts.errored), (4, 3, 1, 0));
    }
}
