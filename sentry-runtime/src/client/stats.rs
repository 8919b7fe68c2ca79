//! What became of telemetry, to be read in the program.

use crate::protocol::{DataCategory, DiscardedEvents};
use crate::transport::QueueDepths;

/// What happened to telemetry so far, see [`Client::stats`](crate::Client::stats).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How many items of each category were handed to delivery: they had passed sampling, callbacks and limits.
    /// Each of them is sent, dropped on the way, or still queued. What an earlier process left in the spool counts
    /// when it is taken up. A transport of your own is not counted.
    pub accepted: Vec<(DataCategory, u64)>,
    /// How many items of each category the server took.
    pub sent: Vec<(DataCategory, u64)>,
    /// How many were dropped, by reason and category. Traces that were not sampled are among them.
    pub dropped: Vec<DiscardedEvents>,
    /// How many bytes went over the wire, compressed as they were sent.
    pub bytes: u64,
    /// What waits to be sent.
    pub queued: QueueDepths,
}

impl Stats {
    /// How many items of a category were handed to delivery.
    #[must_use]
    pub fn accepted(&self, category: DataCategory) -> u64 {
        self.accepted.iter().filter(|(of, _)| *of == category).map(|(_, quantity)| quantity).sum()
    }

    /// How many items of a category the server took.
    #[must_use]
    pub fn sent(&self, category: DataCategory) -> u64 {
        self.sent.iter().filter(|(of, _)| *of == category).map(|(_, quantity)| quantity).sum()
    }

    /// How many items were dropped for whatever reason but sampling.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let sampling = crate::protocol::DiscardReason::SampleRate;
        self.dropped.iter().filter(|entry| entry.reason != sampling).map(|entry| entry.quantity).sum()
    }
}
