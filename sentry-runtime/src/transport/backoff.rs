//! The jitter of pauses between attempts.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Returns between half and all of the pause, so that the processes of a fleet do not retry at the same time.
pub(super) fn jitter(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 1_000;
    pause / 2 + pause.mul_f64(0.5 * random as f64 / 1_000.0)
}
