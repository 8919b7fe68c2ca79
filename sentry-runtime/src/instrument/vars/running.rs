//! The running functions of a thread whose arguments are shown, for panics.
//!
//! The values of a panic are formatted while it unwinds, by each function on its way, and not by the panic hook: a
//! `Debug` that panics inside the hook would abort the program. The event of the panic is under way by then, so the
//! pipeline thread sets it aside for a moment, see [`Late`].

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::{Explains, KeptVars, Vars, read};
use crate::capture::unwinding;
use crate::stacktrace::locals::Late;

thread_local! {
    /// The number of running functions.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// The number of running functions at the one that a panic reaches next; zero without a panic.
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// The destination of the values of the panic.
    static LATE: RefCell<Option<Arc<Late>>> = const { RefCell::new(None) };
}

/// Calls a closure. If it panics, the values of `vars` are shown with the panic.
#[inline]
pub fn call_with<R, V: KeptVars>(vars: &Vars<V>, function: impl FnOnce() -> R) -> R {
    while_running(vars, function)
}

/// Like [`call_with`], for a function that also catches panics that no hook of ours saw.
#[inline]
pub fn catching_with<R, V: KeptVars>(vars: &Vars<V>, function: impl FnOnce() -> R) -> R {
    unwinding::catching(|| while_running(vars, function))
}

/// Runs something as a part of a function. If it panics, the values of `vars` are shown with the panic.
#[inline]
pub(crate) fn while_running<R>(vars: &dyn Explains, run: impl FnOnce() -> R) -> R {
    let depth = DEPTH.get() + 1;
    DEPTH.set(depth);
    if NEXT.get() != 0 {
        caught();
    }
    let _leave = Leave { vars, depth };
    run()
}

struct Leave<'a> {
    vars: &'a dyn Explains,
    depth: u32,
}

impl Drop for Leave<'_> {
    #[inline]
    fn drop(&mut self) {
        DEPTH.set(self.depth - 1);
        // Functions that destructors call during the panic are further in.
        if NEXT.get() == self.depth {
            reached(self.vars, self.depth);
        }
    }
}

/// Adds the values of a function that a panic leaves, or ends the report if the panic was caught in the function.
#[cold]
#[inline(never)]
fn reached(vars: &dyn Explains, depth: u32) {
    if std::thread::panicking() {
        if let (Some(late), Some(locals)) = (late(), read(vars)) {
            late.add(locals);
        }
        NEXT.set(depth - 1);
        if depth > 1 {
            return;
        }
    }
    end();
}

/// Ends the report of a panic if it was caught, so that its event need not wait.
#[cold]
#[inline(never)]
fn caught() {
    if !std::thread::panicking() {
        end();
    }
}

fn late() -> Option<Arc<Late>> {
    LATE.try_with(|late| late.try_borrow().ok()?.clone()).ok().flatten()
}

/// Notes that the hooks of the panic have run.
pub(crate) fn unwinds() {
    if let Some(late) = late() {
        late.unwinds();
    }
}

/// Ends the report of the last panic.
fn end() {
    NEXT.set(0);
    let last = LATE.try_with(|late| late.try_borrow_mut().ok()?.take()).ok().flatten();
    if let Some(last) = last {
        last.complete();
    }
}

/// Starts the report of a panic, before it unwinds. `None` if no running function shows its arguments.
pub(crate) fn begin_panic() -> Option<Arc<Late>> {
    end();
    let depth = DEPTH.get();
    if depth == 0 {
        return None;
    }
    let late = Arc::new(Late::new());
    let kept = LATE.try_with(|place| {
        *place.try_borrow_mut().ok()? = Some(Arc::clone(&late));
        Some(())
    });
    kept.ok().flatten()?;
    NEXT.set(depth);
    Some(late)
}
