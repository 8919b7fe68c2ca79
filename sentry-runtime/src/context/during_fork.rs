//! Holds the scopes of the process while it forks, so that its child finds them whole and unlocked.
//!
//! Scopes of single requests are left alone: the child has only the thread that forked, and works with scopes that
//! other threads use too only if that thread was inside of one.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::{Arc, MutexGuard};

use super::thread_context::Context;
use crate::scope::{Scope, ScopeCell};

type Held = [MutexGuard<'static, Arc<Scope>>; 3];

thread_local! {
    /// Without a destructor: a thread that forks may be one that is ending.
    static HELD: ManuallyDrop<RefCell<Option<Held>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Takes the locks, for the few instructions that others hold them.
pub(crate) fn hold() {
    let process: &'static Context = Context::default_ref();
    let cells: [&'static ScopeCell; 3] = [crate::scope::global(), &process.isolation, &process.current];
    let held = cells.map(ScopeCell::lock);
    let _ = HELD.try_with(|slot| slot.try_borrow_mut().map(|mut slot| *slot = Some(held)));
}

/// Releases the locks, on either side of the fork.
pub(crate) fn release() {
    let _ = HELD.try_with(|slot| slot.try_borrow_mut().map(|mut slot| slot.take()));
}
