//! The failure that was captured last on a thread, for middlewares of other crates that log the same failure when the
//! response has reached them.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The time within which a response reaches a middleware around the function that captured its failure. It is far longer than
/// the way through any number of them; what is logged later is another failure.
#[allow(dead_code, reason = "for the integrations of logging crates, which are features")]
const WAY: Duration = Duration::from_secs(1);

/// A failure that was captured.
#[allow(dead_code, reason = "for the integrations of logging crates, which are features")]
#[derive(Debug, Clone, Copy)]
struct Reported {
    at: Instant,
    /// The HTTP status of the response, if it is known.
    status: Option<u16>,
}

thread_local!(static REPORTED: Cell<Option<Reported>> = const { Cell::new(None) });

/// Notes that the failure of a request was captured, whose response now leaves the capturing function.
pub(crate) fn note(status: Option<u16>) {
    REPORTED.set(Some(Reported { at: Instant::now(), status }));
}

/// Forgets the failure, because another request begins.
pub(crate) fn forget() {
    REPORTED.set(None);
}

/// Returns whether a failure was captured just now that nothing has asked for yet, and that may have this HTTP status. Any
/// status fits if one of the two is unknown.
#[cfg(feature = "_entries")]
pub(crate) fn take(status: Option<u16>) -> bool {
    let Some(reported) = REPORTED.get() else { return false };
    let fits = reported.at.elapsed() < WAY
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
        note(Some(502));
        REPORTED.set(REPORTED.get().map(|reported| Reported { at: reported.at - age, ..reported }));
        take(Some(502))
    }

    #[test]
    fn a_failure_is_taken_once() {
        note(Some(502));
        assert!(take(Some(502)) && !take(Some(502)));
        note(None);
        assert!(take(Some(502)));
        note(Some(502));
        assert!(take(None));
    }

    #[test]
    fn a_failure_with_another_status_is_another_one() {
        note(Some(502));
        assert!(!take(Some(500)));
        assert!(take(Some(502)));
    }

    #[test]
    fn an_old_failure_is_another_one() {
        assert!(noted_before(Duration::ZERO));
        assert!(!noted_before(WAY));
    }
}
