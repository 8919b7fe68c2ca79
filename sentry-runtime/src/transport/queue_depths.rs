//! The depths of the queues between capture and delivery.

/// The data that waits to be sent, see [`Stats::queued`](crate::Stats::queued).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct QueueDepths {
    /// The number of events and check-ins that wait for the pipeline thread, of all clients of the process.
    pub captured: usize,
    /// The number of envelopes that wait in memory for the network, including the one being sent.
    pub envelopes: usize,
    /// The number of waiting envelopes with transactions or spans.
    pub(crate) traces: usize,
    /// Whether there is no room for another one.
    pub(crate) full: bool,
    /// The size of their payloads in bytes, without the one being sent.
    pub bytes: usize,
    /// The number of envelopes on disk. Envelopes that also wait in memory are counted in both.
    pub spooled: usize,
    /// The size of the files on disk, in bytes.
    pub spooled_bytes: u64,
}
