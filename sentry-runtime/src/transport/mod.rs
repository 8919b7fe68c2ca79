//! Where envelopes go. A [`Transport`] takes finished envelopes from the pipeline thread and delivers them
//! from a thread of its own: over HTTP, to the local view, or into a test's hands.
//!
//! What is lost on the way is counted in the [`ledger`](ledger::Ledger).

pub(crate) mod ledger;

use std::time::Duration;

use crate::protocol::{DataCategory, Envelope};

/// Takes envelopes and delivers them.
///
/// The pipeline thread calls `send_envelope`, so it must not wait for the network: queue and return.
pub trait Transport: Send + Sync + 'static {
    /// Takes an envelope for delivery.
    fn send_envelope(&self, envelope: Envelope);

    /// Waits until everything taken so far was delivered or lost, at most `timeout`. Answers whether that was so.
    fn flush(&self, timeout: Duration) -> bool {
        let _ = timeout;
        true
    }

    /// Flushes, then stops. Envelopes that come later are lost, and counted.
    fn shutdown(&self, timeout: Duration) -> bool {
        self.flush(timeout)
    }

    /// Whether the server asked not to be sent this category now: such items are dropped before they are
    /// serialised.
    fn is_rate_limited(&self, category: DataCategory) -> bool {
        let _ = category;
        false
    }
}
