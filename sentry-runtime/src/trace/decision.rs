//! The result of the sampling decision.

use crate::protocol::DiscardReason;

/// The decision, and the rate that it was made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decision {
    pub(crate) sampled: bool,
    /// `None`: the rate of the incoming trace, if it is known.
    pub(crate) rate: Option<f32>,
    /// The reason that is counted if the span is not sampled.
    pub(crate) reason: DiscardReason,
}
