//! The user's callbacks, contained: one that panics costs what it looked at, and one that captures, adds
//! breadcrumbs or starts spans itself is not called for those without end.
//!
//! Each callback runs one level deeper than what it looks at was made. What is made at [`DEEPEST`] is not shown to
//! callbacks any more, and so it is given up.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static DEPTH: Cell<u8> = const { Cell::new(0) };
    /// A panic of code that we run and contain ourselves is not an event.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// So deep nothing is made any more.
pub(crate) const DEEPEST: u8 = 2;

/// The callback panicked.
pub(crate) struct Panicked;

/// How many callbacks this thread is in.
pub(crate) fn depth() -> u8 {
    DEPTH.get()
}

/// Whether what is made now would run in circles.
pub(crate) fn is_too_deep() -> bool {
    depth() >= DEEPEST
}

/// Runs a callback over something that was made at the given depth. Its panic is no event: the event would be
/// shown to the same callback.
pub(crate) fn run<R>(made_at: u8, callback: impl FnOnce() -> R) -> Result<R, Panicked> {
    struct Restore(u8);
    impl Drop for Restore {
        fn drop(&mut self) {
            DEPTH.set(self.0);
        }
    }
    let _restore = Restore(DEPTH.replace(made_at.saturating_add(1)));
    contain(callback).ok_or(Panicked)
}

/// Runs code that may panic; then nothing is answered, and nothing captured.
pub(crate) fn contain<R>(run: impl FnOnce() -> R) -> Option<R> {
    quietly(|| catch_unwind(AssertUnwindSafe(run)).map_err(discard).ok())
}

/// Drops what a panic carried. It may be a value of the user's, which panics as it is dropped; what that panic
/// carries is left alone, or there would be no end.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = quietly(|| catch_unwind(AssertUnwindSafe(|| drop(payload)))) {
        std::mem::forget(second);
    }
}

/// Runs something that may panic and is contained by the caller, without making an event of it.
pub(crate) fn quietly<R>(run: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _restore = Restore(QUIET.replace(true));
    run()
}

/// Whether a panic here is contained, so that the panic hook makes no event of it.
pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}
