//! Containment of the user's callbacks: a callback that panics loses only the item it was given, and a callback that
//! captures, adds breadcrumbs or starts spans is not called for those without end.
//!
//! Each callback runs one level deeper than the item it receives was recorded. Items recorded at level [`DEEPEST`] are
//! not passed to callbacks any more; they are dropped.

use std::any::{Any, type_name};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::LocalKey;

use super::diagnostics;

thread_local! {
    static DEPTH: Cell<u8> = const { Cell::new(0) };
    /// The number of values that show themselves on this thread, one inside the other. Callbacks do not count: what they
    /// set is shown however deep they are.
    static SHOWING: Cell<u8> = const { Cell::new(0) };
    /// Set while code runs whose panics we catch: such a panic is not captured as an event.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The level at which nothing is recorded any more.
pub(crate) const DEEPEST: u8 = 2;

/// The callback panicked.
pub(crate) struct Panicked;

/// Returns how many callbacks are running on this thread, one inside the other.
pub(crate) fn depth() -> u8 {
    DEPTH.get()
}

/// Returns whether an item recorded now would be part of an endless recursion.
pub(crate) fn is_too_deep() -> bool {
    depth() >= DEEPEST
}

/// Runs a callback on an item that was recorded at the given depth. A panic of the callback is not captured: its event
/// would be passed to the same callback.
pub(crate) fn run<R>(made_at: u8, callback: impl FnOnce() -> R) -> Result<R, Panicked> {
    within(made_at.saturating_add(1), || contain(callback)).ok_or(Panicked)
}

/// Runs something at a depth. Its panic is the caller's to contain.
pub(crate) fn within<R>(depth: u8, run: impl FnOnce() -> R) -> R {
    let _restore = Restore::after(&DEPTH, depth);
    run()
}

/// Runs the user's code for a value: `Display`, `Debug`, `Serialize`, `Clone`, `Drop` and similar. Returns `None` if
/// the code panics, or if it is called inside itself without end.
pub(crate) fn show<R>(show: impl FnOnce() -> R) -> Option<R> {
    let nested = SHOWING.get();
    if nested >= DEEPEST {
        return None;
    }
    let _restore = Restore::after(&SHOWING, nested + 1);
    run(depth(), show).ok()
}

/// Returns the text of a user's value, which is dropped here: its `Drop` may panic as well. If there is no text, the
/// debug output contains the reason.
#[inline]
pub(crate) fn text<T: ToString>(value: T) -> Option<String> {
    if is_plain::<T>() {
        return Some(value.to_string());
    }
    or_report(show(move || value.to_string()))
}

/// Returns whether values of a type show themselves by code of the standard library, which does not panic.
#[inline]
fn is_plain<T>() -> bool {
    matches!(
        type_name::<T>(),
        "&str" | "alloc::string::String" | "bool" | "i32" | "u32" | "i64" | "u64" | "isize" | "usize"
    )
}

/// Returns the text of a user's value.
pub(crate) fn text_of<T: ToString + ?Sized>(value: &T) -> Option<String> {
    or_report(show(|| value.to_string()))
}

fn or_report(text: Option<String>) -> Option<String> {
    if text.is_none() {
        diagnostics::debug(format_args!(
            "left out a value: its Display panicked, or was called inside itself (recursion)"
        ));
    }
    text
}

/// Runs code that may panic. Returns `None` after a panic, which is not captured.
#[inline]
pub(crate) fn contain<R>(run: impl FnOnce() -> R) -> Option<R> {
    quietly(|| catch_unwind(AssertUnwindSafe(run)).map_err(discard).ok())
}

/// Drops the payload of a panic. The payload may be a value of the user's that panics when it is dropped; the payload
/// of that second panic is leaked, since dropping it could panic again.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = quietly(|| catch_unwind(AssertUnwindSafe(|| drop(payload)))) {
        std::mem::forget(second);
    }
}

/// Runs code whose panics the caller catches, without capturing them as events.
#[inline]
pub(crate) fn quietly<R>(run: impl FnOnce() -> R) -> R {
    /// Puts the former value back. [`Restore`] would call a function to find the value, and each root span would pay
    /// for it.
    struct Loud(bool);

    impl Drop for Loud {
        #[inline]
        fn drop(&mut self) {
            QUIET.with(|quiet| quiet.set(self.0));
        }
    }

    let _loud = Loud(QUIET.with(|quiet| quiet.replace(true)));
    run()
}

/// Returns whether a panic on this thread is caught by us, so that the panic hook does not capture it.
pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}

/// Puts the former value of a thread-local back when it is dropped.
struct Restore<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

impl<T: Copy> Restore<T> {
    /// Sets a value until the guard is dropped.
    fn after(cell: &'static LocalKey<Cell<T>>, value: T) -> Self {
        Self(cell, cell.replace(value))
    }
}

impl<T: Copy> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}
