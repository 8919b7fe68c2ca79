//! Locks of the process's scopes during a fork, so that the child finds them consistent and unlocked.
//!
//! Scopes of single requests are not locked: the child has only the thread that forked, and uses scopes that other
//! threads share only if that thread was inside of one.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::{Arc, MutexGuard};

use super::thread_context::Context;
use crate::scope::{Scope, ScopeCell};

type Held = [MutexGuard<'static, Arc<Scope>>; 3];

thread_local! {
    /// Without a destructor, because a thread that forks may be ending.
    static HELD: ManuallyDrop<RefCell<Option<Held>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Takes the locks. Other threads hold them for a few instructions at a time.
pub(crate) fn hold() {
    let process: &'static Context = Context::default_ref();
    let cells: [&'static ScopeCell; 3] = [crate::scope::global(), &process.isolation, &process.current];
    let held = cells.map(ScopeCell::lock);
    let _ = HELD.try_with(|slot| slot.try_borrow_mut().map(|mut slot| *slot = Some(held)));
}

/// Releases the locks, in the parent and in the child.
pub(crate) fn release() {
    let _ = HELD.try_with(|slot| slot.try_borrow_mut().map(|mut slot| slot.take()));
}
