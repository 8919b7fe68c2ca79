//! The destination of a transport's thread: a server, a collector, a terminal.

use std::sync::Arc;
use std::time::Duration;

use super::rate_limits::RateLimits;
use crate::protocol::ack::DeliveryOutcome;
use crate::protocol::{DiscardReason, Envelope};

/// The outcome of one delivery attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The destination accepted it.
    Sent {
        /// The number of bytes sent over the wire.
        bytes: usize,
    },
    /// The server answered 429; it counts the loss itself.
    Refused,
    /// It is lost for good.
    Lost(DiscardReason),
    /// It was not delivered; another attempt may succeed.
    Failed(DiscardReason),
    /// No item was left to send; the removed items are counted.
    Empty,
}

impl Delivery {
    /// Returns the outcome for a caller that waits for the envelope.
    pub(super) fn outcome(self) -> DeliveryOutcome {
        match self {
            Self::Sent { .. } => DeliveryOutcome::Sent,
            // Items are only removed because of rate limits.
            Self::Refused | Self::Empty => DeliveryOutcome::Lost(DiscardReason::RatelimitBackoff),
            Self::Lost(reason) | Self::Failed(reason) => DeliveryOutcome::Lost(reason),
        }
    }
}

/// The destination of a transport's thread. All methods run on that thread and may block.
pub(crate) trait Destination: Send + 'static {
    /// Delivers an envelope. It may remove items and count them; after [`Delivery::Failed`] it is called again with the
    /// remaining items.
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery;

    /// Returns the reason for which envelopes are lost that still wait when the program ends.
    fn reason_unsent(&self) -> DiscardReason {
        DiscardReason::NetworkError
    }

    /// Sends data that was held back: a caller waits, and everything queued before has been delivered.
    fn flush(&mut self) {}

    /// Called when the queue is empty. Returns when it wants to be called again if no envelope arrives.
    fn idle(&mut self) -> Option<Duration> {
        None
    }

    /// Returns the rate limits that the pipeline checks before it serialises.
    fn rate_limits(&self) -> Option<Arc<RateLimits>> {
        None
    }
}
