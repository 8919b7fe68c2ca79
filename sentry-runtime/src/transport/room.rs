//! The memory that a client's data may take while it waits, for the pipeline thread or for the network.
//!
//! Both queues share the option `queue_bytes`. The pipeline's queues may fill a part of it, so that something is left
//! for what they hand on; the transport's queue may fill what they leave. Less important envelopes make room for what
//! is captured: whoever captures asks the transport's queue to drop them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use super::priority::LEVELS;
use crate::base::fork::PerProcess;

/// Drops envelopes of a queue.
pub(super) trait Displace: Send + Sync {
    /// Drops and counts envelopes that are less important than this level, the least important first, until the room
    /// is kept.
    fn displace(&self, level: usize);
}

/// The room of a client's data, or of a further destination that receives copies.
#[derive(Debug)]
pub(crate) struct Room {
    limit: usize,
    /// The bytes that wait for the pipeline thread, of all clients of the process; none for a further destination.
    captured: Option<&'static AtomicUsize>,
    /// The bytes that wait for the network, by importance.
    queued: [AtomicUsize; LEVELS],
    queue: OnceLock<Queue>,
}

struct Queue(Weak<dyn Displace>);

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queue")
    }
}

/// Returns the counter of the bytes that wait for the pipeline thread of this process.
pub(crate) fn captured() -> &'static AtomicUsize {
    static CAPTURED: PerProcess<AtomicUsize> = PerProcess::new();
    CAPTURED.get_or_make(|_| AtomicUsize::new(0))
}

impl Room {
    /// Creates the room of a client, in which what was captured waits, too.
    pub(crate) fn shared(limit: usize) -> Arc<Self> {
        Arc::new(Self { captured: Some(captured()), ..Self::empty(limit) })
    }

    /// Creates the room of a destination that shares it with nothing.
    pub(crate) fn separate(limit: usize) -> Arc<Self> {
        Arc::new(Self::empty(limit))
    }

    fn empty(limit: usize) -> Self {
        Self { limit, captured: None, queued: Default::default(), queue: OnceLock::new() }
    }

    /// Sets the queue whose envelopes wait here.
    pub(super) fn set_queue(&self, queue: Weak<dyn Displace>) {
        let _ = self.queue.set(Queue(queue));
    }

    /// Returns whether captured data of this importance may wait. `captured` is the number of bytes that would then wait
    /// for the pipeline thread, including its own. Envelopes that are less important are dropped if they take the room.
    pub(crate) fn admits(&self, captured: usize, level: usize) -> bool {
        let as_important: usize =
            self.queued[..=level].iter().map(|bytes| bytes.load(Ordering::Relaxed)).sum();
        if captured.saturating_add(as_important) > self.limit {
            return false;
        }
        if captured + self.queued() > self.limit
            && let Some(queue) = self.queue.get().and_then(|queue| queue.0.upgrade())
        {
            queue.displace(level);
        }
        true
    }

    fn queued(&self) -> usize {
        self.queued.iter().map(|bytes| bytes.load(Ordering::Relaxed)).sum()
    }

    /// Returns how many bytes the envelopes of the queue may take now.
    pub(super) fn for_envelopes(&self) -> usize {
        self.limit.saturating_sub(self.captured.map_or(0, |captured| captured.load(Ordering::Relaxed)))
    }

    /// Counts an envelope that waits.
    pub(super) fn enter(&self, level: usize, bytes: usize) {
        self.queued[level].fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts an envelope that waits no longer.
    pub(super) fn leave(&self, level: usize, bytes: usize) {
        self.queued[level].fetch_sub(bytes, Ordering::Relaxed);
    }
}
