//! Detection of an error that is captured explicitly by a function and again by its caller.
//!
//! Sentry's other SDKs drop an error that is captured twice in a row, by the identity of the object. Errors in Rust
//! have no identity: a returned error moves, and another one may take its address. The two stacks are reliable: a
//! propagating error is captured by a function, and then by one of its callers. So the second capture is dropped if its
//! stack equals the first one without the called functions, the texts are equal, it happens within a second, and
//! nothing else was captured in the same isolation scope in between. Two captures in one function, in a loop or one
//! after the other, are two errors.

use std::time::{Duration, Instant};

use super::chain::Chain;
use crate::protocol::Uuid;
use crate::stacktrace::RawStack;

/// Longer than an error takes from a function to its caller. A later capture is another error.
const BETWEEN: Duration = Duration::from_secs(1);

/// An error that was captured explicitly.
#[derive(Debug)]
pub(crate) struct Captured {
    at: Instant,
    chain: Chain,
    stack: RawStack,
    event_id: Uuid,
}

impl Captured {
    pub(crate) fn new(chain: Chain, stack: RawStack, event_id: Uuid) -> Self {
        Self { at: Instant::now(), chain, stack, event_id }
    }

    /// Returns the id of the event, if the caller of the function now captures the same error.
    pub(crate) fn again(&self, chain: &Chain, stack: &RawStack) -> Option<Uuid> {
        let is_again = is_cut_out_of(stack.addresses(), self.stack.addresses())
            && says_the_same(chain, &self.chain)
            && self.at.elapsed() < BETWEEN;
        is_again.then_some(self.event_id)
    }
}

fn says_the_same(one: &Chain, other: &Chain) -> bool {
    let (one, other) = (&one.entries, &other.entries);
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.ty == other.ty && one.value == other.value)
}

/// Returns whether the stack `outer`, innermost address first, equals `inner` without some of its called functions: the
/// report at the inner end is the same, then follows the one address of the call, and the callers are the same.
fn is_cut_out_of(outer: &[usize], inner: &[usize]) -> bool {
    if outer.len() >= inner.len() {
        return false;
    }
    let report = outer.iter().zip(inner).take_while(|(one, other)| one == other).count();
    let callers = outer.iter().rev().zip(inner.iter().rev()).take_while(|(one, other)| one == other).count();
    report > 0 && callers > 0 && report + 1 + callers == outer.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_the_same_if_types_and_texts_of_all_causes_are() {
        let number = |text: &str| crate::error::chain::read(&text.parse::<u8>().unwrap_err(), &[]);
        let float = || crate::error::chain::read(&"x".parse::<f32>().unwrap_err(), &[]);
        assert!(says_the_same(&number("x"), &number("y")));
        assert!(!says_the_same(&number("x"), &number("256")), "another text");
        assert!(!says_the_same(&number("x"), &float()), "another type and text");
        let mut other_type = number("x");
        std::sync::Arc::make_mut(&mut other_type.entries[0]).ty = "OtherError".into();
        assert!(!says_the_same(&number("x"), &other_type), "another type with the same text");
        let mut with_cause = number("x");
        with_cause.entries.extend(float().entries);
        assert!(!says_the_same(&number("x"), &with_cause) && !says_the_same(&with_cause, &number("x")));
    }

    #[test]
    fn only_a_capture_by_a_caller_is_cut_out() {
        // The report is 1, 2; `main` is 9. Inner: f called from g at 50, g from h at 60.
        let inner = [1, 2, 40, 50, 60, 9];
        assert!(is_cut_out_of(&[1, 2, 51, 60, 9], &inner), "captured in g after f returned");
        assert!(is_cut_out_of(&[1, 2, 61, 9], &inner), "captured in h after g returned");
        assert!(!is_cut_out_of(&inner, &inner), "a loop");
        assert!(!is_cut_out_of(&[1, 2, 41, 50, 60, 9], &inner), "the next line of f");
        assert!(!is_cut_out_of(&[1, 2, 70, 61, 9], &inner), "another function that h calls");
        assert!(!is_cut_out_of(&[1, 3, 51, 60, 9], &inner), "reported otherwise");
        assert!(!is_cut_out_of(&[1, 2, 61, 8], &inner), "another thread");
        assert!(!is_cut_out_of(&[51, 60, 9], &inner), "nothing reported alike");
        assert!(!is_cut_out_of(&[1, 2, 61], &inner), "without a common caller");
    }
}
