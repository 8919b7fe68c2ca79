//! The interface of transports, which programs may implement.

use std::sync::Arc;
use std::time::Duration;

use super::queue_depths::QueueDepths;
use crate::protocol::{DataCategory, Envelope};

/// Takes envelopes and delivers them.
///
/// The pipeline thread calls `send_envelope`, so it must not wait for the network: queue and return.
pub trait Transport: Send + Sync + 'static {
    /// Takes an envelope for delivery.
    fn send_envelope(&self, envelope: Envelope);

    /// Waits until everything taken so far was delivered or lost, at most `timeout`. Answers whether that was so. Returns `true` at once by default.
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

    /// How much waits to be sent, for [`Client::stats`](crate::Client::stats).
    fn queue_depths(&self) -> QueueDepths {
        QueueDepths::default()
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send_envelope(&self, envelope: Envelope) {
        (**self).send_envelope(envelope);
    }

    fn flush(&self, timeout: Duration) -> bool {
        (**self).flush(timeout)
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        (**self).shutdown(timeout)
    }

    fn is_rate_limited(&self, category: DataCategory) -> bool {
        (**self).is_rate_limited(category)
    }

    fn queue_depths(&self) -> QueueDepths {
        (**self).queue_depths()
    }
}
