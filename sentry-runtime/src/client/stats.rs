//! The statistics of a client: counts of accepted, sent and dropped items.

use crate::protocol::{DataCategory, DiscardedEvents};
use crate::transport::QueueDepths;

/// Counts of the items that a client has captured so far, see [`Client::stats`](crate::Client::stats).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of items of each category that were passed to delivery, after sampling, callbacks and limits. Each of
    /// them is sent, dropped later, or still queued. Items that an earlier process left in the spool count when this
    /// process reads them. Your own transport is not counted.
    pub accepted: Vec<(DataCategory, u64)>,
    /// The number of items of each category that the server accepted.
    pub sent: Vec<(DataCategory, u64)>,
    /// The number of dropped items, by reason and category. Includes traces that were not sampled.
    pub dropped: Vec<DiscardedEvents>,
    /// The number of bytes sent over the network, after compression.
    pub bytes: u64,
    /// The number of attributes left out of logs and metrics that had more than 128.
    pub cut_attributes: u64,
    /// The items that wait to be sent.
    pub queued: QueueDepths,
}

impl Stats {
    /// Returns the number of items of a category that were passed to delivery.
    #[must_use]
    pub fn accepted(&self, category: DataCategory) -> u64 {
        self.accepted.iter().filter(|(of, _)| *of == category).map(|(_, quantity)| quantity).sum()
    }

    /// Returns the number of items of a category that the server accepted.
    #[must_use]
    pub fn sent(&self, category: DataCategory) -> u64 {
        self.sent.iter().filter(|(of, _)| *of == category).map(|(_, quantity)| quantity).sum()
    }

    /// Returns the number of items that were dropped for any reason except sampling.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let sampling = crate::protocol::DiscardReason::SampleRate;
        self.dropped.iter().filter(|entry| entry.reason != sampling).map(|entry| entry.quantity).sum()
    }
}
