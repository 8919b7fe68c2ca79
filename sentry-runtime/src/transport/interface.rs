//! The interface of transports, which programs may implement.

use std::sync::Arc;
use std::time::Duration;

use super::queue_depths::QueueDepths;
use crate::protocol::{DataCategory, Envelope};

/// A sink that accepts envelopes and delivers them.
///
/// The pipeline thread calls `send_envelope`, so it must not wait for the network: queue the envelope and return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport",
    note = "the option `transport` takes the transport itself, a type that implements `Transport` or an `Arc` of it; there are no \
            factories, so that a closure that makes one is called before: `.transport(make())`"
)]
pub trait Transport: Send + Sync + 'static {
    /// Accepts an envelope for delivery.
    fn send_envelope(&self, envelope: Envelope);

    /// Waits at most `timeout` until every envelope accepted so far is delivered or lost. Returns whether that is the
    /// case. Returns `true` at once by default.
    fn flush(&self, timeout: Duration) -> bool {
        let _ = timeout;
        true
    }

    /// Flushes for at most `timeout`, then stops. Later envelopes are lost and counted. Returns whether the flush
    /// finished in time.
    fn shutdown(&self, timeout: Duration) -> bool {
        self.flush(timeout)
    }

    /// Returns whether the server currently rate limits the category: such items are dropped before they are
    /// serialised. Returns `false` by default.
    fn is_rate_limited(&self, category: DataCategory) -> bool {
        let _ = category;
        false
    }

    /// Returns the number and size of waiting envelopes, for [`Client::stats`](crate::Client::stats). Zero by default.
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
