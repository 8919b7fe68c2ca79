//! How much of what was captured is still on its way.

/// What waits to be sent, see [`Stats::queued`](crate::Stats::queued).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct QueueDepths {
    /// Events and check-ins that wait for the pipeline thread; those of all clients of the process.
    pub captured: usize,
    /// Envelopes that wait in memory for the network, the one under way among them.
    pub envelopes: usize,
    /// Bytes of their payloads, without the one under way.
    pub bytes: usize,
    /// Envelopes on disk. Those that also wait in memory are counted in both.
    pub spooled: usize,
    /// Bytes of the files.
    pub spooled_bytes: u64,
}
