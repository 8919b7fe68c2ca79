//! The destination of a transport's thread: a server, a collector, a terminal.

use std::sync::Arc;
use std::time::Duration;

use super::rate_limits::RateLimits;
use crate::protocol::ack::DeliveryOutcome;
use crate::protocol::{DiscardReason, Envelope};

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It was taken; so many bytes went out.
    Sent {
        /// Bytes as they went over the wire.
        bytes: usize,
    },
    /// The server answered 429: it counts the loss by itself.
    Refused,
    /// It is lost for good.
    Lost(DiscardReason),
    /// It did not go out; another attempt may succeed.
    Failed(DiscardReason),
    /// Nothing of it was left to send, and what was taken out is counted.
    Empty,
}

impl Delivery {
    /// What it is to somebody who waits for the envelope.
    pub(super) fn outcome(self) -> DeliveryOutcome {
        match self {
            Self::Sent { .. } => DeliveryOutcome::Sent,
            // What is left out, limits have left out.
            Self::Refused | Self::Empty => DeliveryOutcome::Lost(DiscardReason::RatelimitBackoff),
            Self::Lost(reason) | Self::Failed(reason) => DeliveryOutcome::Lost(reason),
        }
    }
}

/// Where a transport's thread delivers to. All methods run on that thread and may block.
pub(crate) trait Destination: Send + 'static {
    /// Delivers an envelope. It may take items out and count them; it is called again with what it left when it
    /// answers [`Delivery::Failed`].
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery;

    /// Sends what was held back: somebody waits, and everything queued before was delivered.
    fn flush(&mut self) {}

    /// Called when the queue is empty. Answers when it wants to be called again if nothing comes.
    fn idle(&mut self) -> Option<Duration> {
        None
    }

    /// The limits that the pipeline asks for before it serialises.
    fn rate_limits(&self) -> Option<Arc<RateLimits>> {
        None
    }
}
