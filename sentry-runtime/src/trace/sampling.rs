//! The sampling decision, made once per segment at its root.
//!
//! [Spec, "Propagated Random Value"](https://develop.sentry.dev/sdk/foundations/trace-propagation/),
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/backpressure/)

use super::decision::Decision;
use super::propagation::Propagation;
use super::sample_rand::{self, ONE};
use super::segment::RootName;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
use crate::options::sampling::{SamplingContext, Values};
use crate::protocol::DiscardReason;

/// The caller's data about a root span besides its name, for the decision.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hints<'a> {
    /// The attributes at the start.
    pub(crate) attributes: &'a Values,
    /// Values for the sampler only.
    pub(crate) custom: &'a Values,
    /// The decision made by the caller.
    pub(crate) sampled: Option<bool>,
    /// An earlier result of [`judge`] for this span.
    pub(crate) judged: Option<Decision>,
}

/// Returns whether a filter of the option `ignore_spans` matches a root span, or one of `ignore_transactions` if it will
/// not be a transaction.
#[cold]
fn is_ignored(client: &Client, name: &RootName, hints: &Hints<'_>) -> bool {
    let (name, op) = (name.name(), name.op());
    let options = client.options();
    let streamed = || options.streams() && options.ignore_transactions.iter().any(|it| it.matches(&name));
    options.ignore_spans.iter().any(|filter| filter.matches(&name, &op, hints.attributes)) || streamed()
}

/// Returns the decision about a root span: that of the surrounding segment, or a new one. An ignored span is not
/// sampled.
pub(crate) fn judge(
    client: &Client,
    propagation: &Propagation,
    inherited: Option<Decision>,
    name: &RootName,
    hints: &Hints<'_>,
) -> Decision {
    if let Some(decision) = hints.judged {
        return decision;
    }
    let options = client.options();
    let filters = !options.ignore_spans.is_empty() || !options.ignore_transactions.is_empty();
    if filters && is_ignored(client, name, hints) {
        diagnostics::debug(format_args!("the root span `{}` is ignored", name.name()));
        // The rate of a trace that began elsewhere is not known here.
        let rate = if propagation.dsc.is_some() { propagation.parent_sample_rate() } else { Some(0.0) };
        return Decision { sampled: false, rate, reason: DiscardReason::Ignored };
    }
    inherited.unwrap_or_else(|| decide(client, propagation, name, hints))
}

/// Decides about a root span. Under backpressure the rate is lowered, also for continued traces, because a service
/// behind others would otherwise get no relief. The random number is that of the trace, so that all services under
/// equal pressure keep the same traces.
fn decide(client: &Client, propagation: &Propagation, name: &RootName, hints: &Hints<'_>) -> Decision {
    let decision = decide_as_set(client, propagation, name, hints);
    match client.pressure().halvings() {
        0 => decision,
        halvings => {
            let rate = decision.rate.or_else(|| propagation.parent_sample_rate());
            relieved(Decision { rate, ..decision }, halvings, propagation.sample_rand())
        }
    }
}

#[cold]
fn relieved(decision: Decision, halvings: u8, sample_rand: u32) -> Decision {
    let rate = decision.rate.unwrap_or(1.0) / f32::from(1_u16 << halvings.min(15));
    let sampled = decision.sampled && by_rate(rate, sample_rand).sampled;
    Decision {
        sampled,
        rate: (decision.sampled || decision.rate.is_some()).then_some(rate),
        reason: if decision.sampled { DiscardReason::Backpressure } else { decision.reason },
    }
}

/// Returns the decision according to the options and the incoming trace. The user's sampler runs here, on the caller's
/// thread. If its result is out of range, the trace is not sampled; if it panics, it is ignored.
fn decide_as_set(client: &Client, propagation: &Propagation, name: &RootName, hints: &Hints<'_>) -> Decision {
    let options = client.options();
    if let Some(sampled) = hints.sampled {
        return Decision {
            sampled,
            rate: Some(f32::from(u8::from(sampled))),
            reason: DiscardReason::SampleRate,
        };
    }
    if let Some(sampler) = &options.traces_sampler {
        if callback::is_too_deep() {
            return by_rate(0.0, propagation.sample_rand());
        }
        let context = SamplingContext {
            name: name.name().into_owned(),
            op: name.op().into_owned(),
            trace_id: propagation.trace_id,
            parent_sampled: propagation.sampled,
            parent_sample_rate: propagation.parent_sample_rate(),
            attributes: hints.attributes.into(),
            custom: hints.custom.into(),
            decided: None,
            trace: None,
        };
        match callback::run(callback::depth(), || sampler(&context)) {
            Ok(rate) if (0.0..=1.0).contains(&rate) => return by_rate(rate, propagation.sample_rand()),
            Ok(rate) => {
                diagnostics::debug(format_args!(
                    "traces_sampler returned {rate} for `{}`: expected 0 to 1; the trace is not sampled",
                    context.name
                ));
                return by_rate(0.0, propagation.sample_rand());
            }
            Err(_) => diagnostics::error(format_args!(
                "traces_sampler panicked for `{}`; the trace is sampled as without a sampler",
                context.name
            )),
        }
    }
    match propagation.sampled {
        // The rate is that of the incoming context, which need not be read for it.
        Some(sampled) => Decision { sampled, rate: None, reason: DiscardReason::SampleRate },
        None => by_rate(options.traces_sample_rate.unwrap_or(0.0), propagation.sample_rand()),
    }
}

pub(crate) fn by_rate(rate: f32, sample_rand: u32) -> Decision {
    Decision { sampled: sample_rand < threshold(rate), rate: Some(rate), reason: DiscardReason::SampleRate }
}

/// Returns the number of random numbers, in millionths, that are less than a rate. What counts are its decimal digits, as
/// contexts contain them: the random number 0.1 is not less than the rate 0.1, although the binary fraction of the rate is
/// a little more.
pub(crate) fn threshold(rate: f32) -> u32 {
    let (exact, nearest) = (f64::from(rate), sample_rand::rounded(rate.into()));
    // Of the decimal numbers that are read as this rate, contexts contain the one with the fewest digits.
    #[expect(clippy::cast_possible_truncation, reason = "the rate has this precision")]
    let has_six_digits = (f64::from(nearest) / f64::from(ONE)) as f32 == rate;
    let is_more = !has_six_digits && f64::from(nearest) < exact * f64::from(ONE);
    nearest + u32::from(is_more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_keeps_a_share_of_what_was_sampled() {
        let by_rate = |sampled, rate| Decision { sampled, rate, reason: DiscardReason::SampleRate };
        let by_pressure = |sampled, rate| Decision { sampled, rate, reason: DiscardReason::Backpressure };
        let sampled = by_rate(true, Some(0.8));
        assert_eq!(relieved(sampled, 1, 399_999), by_pressure(true, Some(0.4)));
        assert_eq!(relieved(sampled, 1, 400_001), by_pressure(false, Some(0.4)));
        let continued = by_rate(true, None);
        assert_eq!(relieved(continued, 2, 249_999), by_pressure(true, Some(0.25)));
        assert_eq!(relieved(continued, 2, 250_001), by_pressure(false, Some(0.25)));
        // Without pressure it would not be sampled either.
        assert_eq!(relieved(by_rate(false, Some(0.8)), 1, 800_001), by_rate(false, Some(0.4)));
        assert_eq!(relieved(by_rate(false, None), 2, 0), by_rate(false, None));
    }

    #[test]
    fn the_threshold_is_where_a_rate_ends() {
        for rate in [0.0, 1e-7, 1e-6, 0.1, 0.123_456_7, 1.0 / 3.0, 0.5, 0.999_999, 1.0] {
            let threshold = threshold(rate);
            for rand in [0, threshold.saturating_sub(1), threshold, threshold + 1, 999_999] {
                assert_eq!(by_rate(rate, rand).sampled, rand < threshold, "{rate} {rand}");
            }
        }
    }

    #[test]
    fn the_bounds_are_all_and_nothing() {
        assert!(by_rate(1.0, 999_999).sampled);
        assert!(!by_rate(0.0, 0).sampled);
        assert!(by_rate(0.5, 499_999).sampled);
        assert!(!by_rate(0.5, 500_000).sampled);
    }
}
