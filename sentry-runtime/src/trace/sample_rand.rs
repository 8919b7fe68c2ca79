//! The random number of a trace's sampling decisions, in millionths.
//!
//! [Spec, "Propagated Random Value"](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use crate::protocol::DynamicSamplingContext;

/// A random number that was drawn for a trace, in case its context has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DrawnNumber {
    pub(crate) millionths: u32,
    /// The incoming sampling decision.
    pub(crate) sampled: Option<bool>,
}

impl DrawnNumber {
    /// Returns the random number of an incoming context. If it has none, a number that agrees with the incoming decision
    /// becomes its random number: all later services have to decide by the same one. An empty context remains empty: the
    /// server does not accept one without a trace id.
    pub(crate) fn settle(self, dsc: &mut DynamicSamplingContext) -> u32 {
        read(dsc.get("sample_rand")).unwrap_or_else(|| {
            let made = self.agreeing(dsc.get("sample_rate"));
            if !dsc.is_empty() {
                dsc.set("sample_rand", format(made));
            }
            made
        })
    }

    /// Returns a random number that is consistent with the incoming decision at this rate.
    fn agreeing(self, rate: Option<&str>) -> u32 {
        let rate = rate.and_then(|rate| rate.parse().ok());
        let rate = rate.filter(|rate| (0.0..=1.0).contains(rate)).map(to_millionths);
        match (self.sampled, rate) {
            (Some(true), Some(rate)) if rate > 0 => self.millionths % rate,
            (Some(false), Some(rate)) if rate < 1_000_000 => rate + self.millionths % (1_000_000 - rate),
            _ => self.millionths,
        }
    }
}

/// Returns the random number of a context, if it is valid.
pub(crate) fn read(text: Option<&str>) -> Option<u32> {
    let rand = text?.parse().ok().filter(|rand| (0.0..1.0).contains(rand))?;
    Some(to_millionths(rand).min(999_999))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the fraction lies in 0..=1")]
fn to_millionths(fraction: f64) -> u32 {
    (fraction * 1e6) as u32
}

/// Returns the random number as contexts contain it: with six digits after the decimal point.
pub(crate) fn format(millionths: u32) -> String {
    format!("0.{millionths:06}")
}
