//! The number of characters that the filter looks at, which tests compare. It is counted in tests only.
//!
//! A text comes from outside, so no text may take time that grows with the square of its length. Whatever reads ahead
//! in a text counts here what it reads.

#[cfg(test)]
std::thread_local! {
    static READ: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts a character.
#[cfg(test)]
pub(super) fn count() {
    READ.set(READ.get() + 1);
}

/// Counts nothing outside of tests.
#[cfg(not(test))]
#[inline(always)]
pub(super) fn count() {}

/// Returns the number of characters that this thread looks at in a function.
#[cfg(test)]
pub(super) fn of(f: impl FnOnce()) -> u64 {
    let before = READ.get();
    f();
    READ.get() - before
}
