//! The answer to an envelope that somebody waits for.

use super::client_report::DiscardReason;
use crate::answer::{Answer, Awaited, owed};

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
pub(crate) struct Ack(Answer<Outcome>);

impl Ack {
    /// An answer to wait for.
    pub(crate) fn new() -> (Self, Awaited<Outcome>) {
        let (answer, awaited) = owed();
        (Self(answer), awaited)
    }

    /// Answers.
    pub(crate) fn answer(&self, outcome: Outcome) {
        self.0.give(outcome);
    }
}
