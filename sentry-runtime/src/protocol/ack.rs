//! The answer to an envelope that somebody waits for.

use crossbeam_channel::{Receiver, Sender, bounded};

use super::client_report::DiscardReason;

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server took it.
    Sent,
    /// It is lost.
    Lost(DiscardReason),
}

/// Tells who waits for an envelope what became of it. The first answer counts.
#[derive(Debug, Clone)]
pub(crate) struct Ack(Sender<Outcome>);

impl Ack {
    /// An answer to wait for.
    pub(crate) fn new() -> (Self, Receiver<Outcome>) {
        let (sender, receiver) = bounded(1);
        (Self(sender), receiver)
    }

    /// Answers.
    pub(crate) fn answer(&self, outcome: Outcome) {
        // There was an answer before, or nobody waits any more.
        let _ = self.0.try_send(outcome);
    }
}
