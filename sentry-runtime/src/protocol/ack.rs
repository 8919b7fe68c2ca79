//! Acknowledgements: one-shot channels for the outcome of an envelope that a caller waits for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::client_report::DiscardReason;

/// The outcome of an envelope's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryOutcome {
    /// The server accepted the envelope.
    Sent,
    /// The envelope is lost.
    Lost(DiscardReason),
}

/// The sending side. Only the first answer counts.
#[derive(Debug, Clone)]
pub(crate) struct Ack {
    outcome: Arc<OnceLock<DeliveryOutcome>>,
    answered: Sender<()>,
}

/// The waiting side.
#[derive(Debug)]
pub(crate) struct Awaited {
    outcome: Arc<OnceLock<DeliveryOutcome>>,
    answered: Receiver<()>,
}

impl Ack {
    /// Returns both sides of an acknowledgement.
    pub(crate) fn new() -> (Self, Awaited) {
        let outcome = Arc::default();
        // The outcome is stored next to the channel, so that one channel type serves all one-shot signals.
        let (sender, receiver) = bounded(1);
        (Self { outcome: Arc::clone(&outcome), answered: sender }, Awaited { outcome, answered: receiver })
    }

    /// Sends the outcome, unless one was sent before.
    pub(crate) fn answer(&self, outcome: DeliveryOutcome) {
        if self.outcome.set(outcome).is_ok() {
            let _ = self.answered.try_send(());
        }
    }
}

impl Awaited {
    /// Waits for the outcome, at most for `timeout`.
    ///
    /// # Errors
    /// `Timeout` if no outcome arrived in time, `Disconnected` if none will arrive.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<DeliveryOutcome, RecvTimeoutError> {
        self.answered.recv_timeout(timeout)?;
        self.outcome.get().copied().ok_or(RecvTimeoutError::Disconnected)
    }
}
