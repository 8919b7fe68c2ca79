//! The failure that was captured last on a thread, for middlewares of other crates that log the same failure when the
//! response has reached them.
//!
//! Nothing that such an entry contains names the request. But a middleware around it began before it and ended after it, so
//! a failure that took less time than the request is another one.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::trace::clock::{self, Anchor, Ticks};

/// The time within which a response reaches a middleware around the function that captured its failure. It is far longer than
/// the way through any number of them; what is logged later is another failure.
#[allow(dead_code, reason = "for the integrations of logging crates, which are features")]
const WAY: Duration = Duration::from_secs(1);

/// The difference up to which two measured times are equal: middlewares write whole milliseconds, by another clock.
#[allow(dead_code, reason = "for the integrations of logging crates, which are features")]
const ROUNDING: Duration = Duration::from_millis(2);

/// A failure that was captured.
#[allow(dead_code, reason = "for the integrations of logging crates, which are features")]
#[derive(Debug, Clone, Copy)]
struct Reported {
    at: Instant,
    /// The HTTP status of the response, if it is known.
    status: Option<u16>,
    /// The time that the request had taken by then, as far as it is known.
    took: Duration,
}

thread_local!(static REPORTED: Cell<Option<Reported>> = const { Cell::new(None) });

/// Notes that the failure of a request was captured, which began at `since` and whose response now leaves the capturing
/// function.
pub(crate) fn note(status: Option<u16>, since: Ticks) {
    let took = Anchor::rough().duration(clock::now().saturating_sub(since));
    REPORTED.set(Some(Reported { at: Instant::now(), status, took }));
}

/// Forgets the failure, because another request begins.
pub(crate) fn forget() {
    REPORTED.with(|reported| reported.set(None));
}

/// Returns whether a failure was captured just now that nothing has asked for yet, and that may have this HTTP status and
/// have taken `took`. Any status fits if one of the two is unknown.
#[cfg(feature = "_entries")]
pub(crate) fn take(status: Option<u16>, took: Option<Duration>) -> bool {
    let Some(reported) = REPORTED.get() else { return false };
    let fits = reported.at.elapsed() < WAY
        && took.is_none_or(|took| took.saturating_add(ROUNDING) >= reported.took)
        && reported.status.is_none_or(|known| status.is_none_or(|status| status == known));
    if fits {
        REPORTED.set(None);
    }
    fits
}

#[cfg(all(test, feature = "_entries"))]
mod tests {
    use super::*;

    fn noted_before(age: Duration) -> bool {
        note(Some(502), clock::now());
        REPORTED.set(REPORTED.get().map(|reported| Reported { at: reported.at - age, ..reported }));
        take(Some(502), None)
    }

    #[test]
    fn a_failure_is_taken_once() {
        note(Some(502), clock::now());
        assert!(take(Some(502), None) && !take(Some(502), None));
        note(None, clock::now());
        assert!(take(Some(502), None));
        note(Some(502), clock::now());
        assert!(take(None, None));
    }

    #[test]
    fn a_failure_with_another_status_is_another_one() {
        note(Some(502), clock::now());
        assert!(!take(Some(500), None));
        assert!(take(Some(502), None));
    }

    #[test]
    fn a_failure_that_took_less_time_is_another_one() {
        note(Some(502), clock::now());
        let took = Duration::from_millis(20);
        REPORTED.set(REPORTED.get().map(|reported| Reported { took, ..reported }));
        assert!(!take(Some(502), Some(Duration::from_millis(17))));
        assert!(take(Some(502), Some(Duration::from_millis(18))));
    }

    #[test]
    fn an_old_failure_is_another_one() {
        assert!(noted_before(Duration::ZERO));
        assert!(!noted_before(WAY));
    }
}
