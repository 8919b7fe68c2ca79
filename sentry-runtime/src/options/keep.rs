//! Tail sampling: the decision about a trace that is made when it has ended.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::{AttributeValue, SpanStatus};

/// A function that decides, when a transaction has ended, whether it is sent although the sample rate did not select
/// it. See [`ClientOptions::keep`](super::ClientOptions::keep).
pub type KeepTrace = Arc<dyn Fn(&FinishedTrace<'_>) -> bool + Send + Sync>;

/// The greatest random number of a trace, and one more.
const RANDOM_NUMBERS: u32 = 1_000_000;

/// A transaction that has ended, for the decision of [`ClientOptions::keep`](super::ClientOptions::keep).
///
/// ```
/// use std::time::Duration;
///
/// let options = sentry::ClientOptions::new().traces_sample_rate(0.01).keep(|trace| {
///     trace.failed() || trace.slower_than(Duration::from_secs(2)) || trace.one_of(1000)
/// });
/// ```
#[derive(Debug)]
pub struct FinishedTrace<'a> {
    pub(crate) name: &'a str,
    pub(crate) op: &'a str,
    pub(crate) status: SpanStatus,
    pub(crate) duration: Duration,
    pub(crate) has_error: bool,
    pub(crate) spans: usize,
    pub(crate) attributes: &'a [(Cow<'static, str>, AttributeValue)],
    /// The random number of the trace, in millionths.
    pub(crate) sample_rand: u32,
    /// The greatest probability that a condition with a random part had.
    pub(crate) probability: Cell<Option<f64>>,
}

impl FinishedTrace<'_> {
    /// Returns the name of the transaction, such as `GET /orders/{id}`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns the operation of the root span, such as `http.server`; empty without one.
    #[must_use]
    pub fn op(&self) -> &str {
        self.op
    }

    /// Returns the status of the root span.
    #[must_use]
    pub fn status(&self) -> SpanStatus {
        self.status
    }

    /// Returns the time from the start of the root span to its end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the number of recorded spans, including the root span.
    #[must_use]
    pub fn spans(&self) -> usize {
        self.spans
    }

    /// Returns an attribute of the root span.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .keep(|trace| trace.attribute("shop.tier").is_some_and(|tier| *tier == "gold".into()));
    /// ```
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Returns whether an event of level `error` or `fatal` was captured in the transaction.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.has_error
    }

    /// Returns whether the transaction failed: [`has_error`](Self::has_error), or the root span has a status that means a
    /// failure of this program (`internal_error`, `unknown_error`, `unavailable`, `data_loss`, `deadline_exceeded`,
    /// `unimplemented`). Mistakes of clients, such as `not_found`, are not failures.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.has_error
            || matches!(
                self.status,
                SpanStatus::InternalError
                    | SpanStatus::UnknownError
                    | SpanStatus::Unavailable
                    | SpanStatus::DataLoss
                    | SpanStatus::DeadlineExceeded
                    | SpanStatus::Unimplemented
            )
    }

    /// Returns whether the transaction took longer.
    #[must_use]
    pub fn slower_than(&self, limit: Duration) -> bool {
        self.duration > limit
    }

    /// Returns whether this is one of every `n` traces; never for 0. All services that see the trace get the same answer. A
    /// transaction that is kept for this reason counts `n` times on the server, so ask for it last and once:
    /// `trace.failed() || trace.one_of(100)`.
    #[must_use]
    pub fn one_of(&self, n: u32) -> bool {
        if n == 0 {
            return false;
        }
        let probability = 1.0 / f64::from(n);
        let is_one = f64::from(self.sample_rand) < probability * f64::from(RANDOM_NUMBERS);
        if is_one {
            self.probability
                .set(Some(self.probability.get().map_or(probability, |known| known.max(probability))));
        }
        is_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(sample_rand: u32, status: SpanStatus) -> FinishedTrace<'static> {
        FinishedTrace {
            name: "GET /",
            op: "http.server",
            status,
            duration: Duration::from_millis(10),
            has_error: false,
            spans: 1,
            attributes: &[],
            sample_rand,
            probability: Cell::new(None),
        }
    }

    #[test]
    fn one_of_n_has_the_share_and_the_probability_that_it_says() {
        for n in [1, 2, 7, 1000, 1_000_000] {
            let kept = (0..RANDOM_NUMBERS).filter(|&random| trace(random, SpanStatus::Ok).one_of(n)).count();
            let expected = (f64::from(RANDOM_NUMBERS) / f64::from(n)).ceil();
            assert_eq!(kept as f64, expected, "one of {n}");
        }
        let seen = trace(0, SpanStatus::Ok);
        assert!(!seen.one_of(0) && seen.probability.get().is_none());
        assert!(seen.one_of(100) && seen.one_of(10));
        assert_eq!(seen.probability.get(), Some(0.1), "of both, the more frequent");
    }

    #[test]
    fn the_facts_of_a_trace_can_be_read() {
        let attributes = [("shop.tier".into(), "gold".into()), ("shop.size".into(), 3.into())];
        let trace = FinishedTrace {
            spans: 4,
            attributes: &attributes,
            has_error: true,
            ..trace(0, SpanStatus::NotFound)
        };
        assert_eq!(
            (trace.name(), trace.op(), trace.status()),
            ("GET /", "http.server", SpanStatus::NotFound)
        );
        assert_eq!((trace.duration(), trace.spans()), (Duration::from_millis(10), 4));
        assert_eq!(trace.attribute("shop.size"), Some(&3.into()));
        assert_eq!(trace.attribute("shop"), None);
        assert!(trace.has_error() && !FinishedTrace { has_error: false, ..trace }.has_error());
    }

    #[test]
    fn a_trace_is_slower_than_what_is_shorter() {
        let trace = trace(0, SpanStatus::Ok);
        assert!(trace.slower_than(Duration::from_millis(9)));
        assert!(
            !trace.slower_than(Duration::from_millis(10)) && !trace.slower_than(Duration::from_millis(11))
        );
    }

    #[test]
    fn what_clients_do_wrong_is_no_failure() {
        for status in
            [SpanStatus::NotFound, SpanStatus::InvalidArgument, SpanStatus::Cancelled, SpanStatus::Ok]
        {
            assert!(!trace(0, status).failed(), "{status:?}");
        }
        assert!(trace(0, SpanStatus::InternalError).failed());
        assert!(FinishedTrace { has_error: true, ..trace(0, SpanStatus::Ok) }.failed());
    }
}
