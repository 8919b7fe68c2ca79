//! Tail sampling: the decision whether a transaction is sent, made when it has ended.
//!
//! With the option `keep` every transaction is recorded. One that the sample rate selected is sent in any case; another
//! one is sent if the option's function says so, up to a number per second. The server extrapolates from the sample
//! rate in the dynamic sampling context of the envelope, so that rate is the probability with which a transaction like
//! this one is sent. The trace headers for other services keep the decision that was made at the start.
//!
//! [Spec, dynamic sampling context](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/)

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use super::client_state;
use super::span::record::SpanData;
use crate::base::{callback, diagnostics};
use crate::options::FinishedTrace;
use crate::protocol::DynamicSamplingContext;
use crate::trace::sample_rand::{self, ONE};
use crate::trace::sampling;
use crate::trace::segment::Segment;

/// The decision about a transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// Selected by the sample rate.
    Sampled,
    /// Sent with this sample rate.
    Kept(f64),
    Dropped,
}

impl Verdict {
    /// Returns the dynamic sampling context of the envelope.
    pub(super) fn dsc(self, segment: &Segment) -> Arc<DynamicSamplingContext> {
        let dsc = segment.dsc();
        let Self::Kept(rate) = self else { return dsc };
        let mut dsc = DynamicSamplingContext::clone(&dsc);
        dsc.set("sample_rate", rate.to_string());
        dsc.set("sampled", "true");
        Arc::new(dsc)
    }
}

/// Decides about a transaction with this root span.
pub(super) fn decide(segment: &Segment, root: &SpanData, spans: usize) -> Verdict {
    let by_rate = if segment.sampled { Verdict::Sampled } else { Verdict::Dropped };
    let Some(keep) = &segment.client.options().keep else { return by_rate };
    let trace = FinishedTrace {
        name: &root.name,
        op: &root.op,
        status: root.status,
        duration: root.end.duration_since(root.start).unwrap_or_default(),
        has_error: segment.has_error(),
        spans,
        attributes: &root.attributes,
        sample_rand: segment.propagation.sample_rand(),
        probability: Cell::new(None),
    };
    let Ok(kept) = callback::run(0, || keep(&trace)) else {
        diagnostics::error(format_args!("the function of the option keep panicked; the sample rate decides"));
        return by_rate;
    };
    // An error takes its trace along, see the option `flight_recorder`.
    if !(kept || segment.has_error() && segment.client.options().flight_recorder.is_some()) {
        return by_rate;
    }
    // Both decisions use the random number of the trace, so the greater probability includes the smaller one.
    // Six digits of it are written, of which the random number must remain less.
    let by_program = trace.probability.get().map_or(ONE, sample_rand::less_than);
    let probability = by_program.max(segment.sample_rate().map_or(0, sampling::threshold));
    let probability = f64::from(probability) / f64::from(ONE);
    if segment.sampled {
        return Verdict::Kept(probability);
    }
    let most = segment.client.options().keep_per_second;
    let has_room = client_state::with(&segment.client, |state| state.kept.take(most, Instant::now()));
    if has_room { Verdict::Kept(probability) } else { Verdict::Dropped }
}
