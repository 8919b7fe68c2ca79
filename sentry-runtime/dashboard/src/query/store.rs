//! Everything that was received, with what was found out about it.

use crate::analysis::hints::Hints;
use crate::model::json::parse_id128;
use crate::model::{Index, Ingested, Limits, Received};

/// Everything that was received, within the budget of memory.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) index: Index,
    pub(crate) hints: Hints,
}

impl Store {
    /// Creates an empty store.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { index: Index::new(limits), hints: Hints::default() }
    }

    /// Takes an envelope in. Never fails: what cannot be read is counted.
    pub(crate) fn ingest(&mut self, envelope: &[u8], received: Received) -> Ingested {
        let mut ingested = self.index.ingest(envelope, &received);
        if self.hints.update(&mut self.index) {
            ingested.changed.push("hints");
        }
        // Hints take memory too.
        self.index.keep_budget();
        ingested
    }

    /// Returns the number of the latest change.
    pub(crate) fn seq(&self) -> u64 {
        self.index.seq
    }

    /// Pins a trace, so that it is never evicted, or unpins it. Returns whether that succeeded.
    pub(crate) fn pin(&mut self, trace_id: &str, pinned: bool) -> bool {
        parse_id128(trace_id).is_some_and(|id| self.index.pin(id, pinned))
    }

    /// Drops everything that is not pinned.
    pub(crate) fn clear(&mut self) {
        self.index.clear();
        self.hints.update(&mut self.index);
    }
}
