//! The answer to an envelope that somebody waits for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::client_report::DiscardReason;

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryOutcome {
    /// The server took it.
    Sent,
    /// It is lost.
    Lost(DiscardReason),
}

/// The side that answers. The first answer counts.
#[derive(Debug, Clone)]
pub(crate) struct Ack {
    outcome: Arc<OnceLock<DeliveryOutcome>>,
    answered: Sender<()>,
}

/// The side that waits.
#[derive(Debug)]
pub(crate) struct Awaited {
    outcome: Arc<OnceLock<DeliveryOutcome>>,
    answered: Receiver<()>,
}

impl Ack {
    /// Makes both sides of an answer.
    pub(crate) fn new() -> (Self, Awaited) {
        let outcome = Arc::default();
        // The outcome lies beside the channel, so that only one type of channel is compiled for all one-shot signals.
        let (sender, receiver) = bounded(1);
        (Self { outcome: Arc::clone(&outcome), answered: sender }, Awaited { outcome, answered: receiver })
    }

    /// Answers, unless there was an answer before.
    pub(crate) fn answer(&self, outcome: DeliveryOutcome) {
        if self.outcome.set(outcome).is_ok() {
            let _ = self.answered.try_send(());
        }
    }
}

impl Awaited {
    /// Waits for the answer, at most `timeout`.
    ///
    /// # Errors
    /// `Timeout` when no answer came in time, `Disconnected` when none will come.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<DeliveryOutcome, RecvTimeoutError> {
        self.answered.recv_timeout(timeout)?;
        self.outcome.get().copied().ok_or(RecvTimeoutError::Disconnected)
    }
}
