//! The gate before every entry: what we would make of it must not make another.
//!
//! Closed without a client, on threads of our own, and while this thread is at an entry already: filters, callbacks,
//! and the `Debug` of a user's values may log too.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::base::thread_role;
use crate::client;

thread_local!(static BUSY: Cell<bool> = const { Cell::new(false) });

/// Keeps the gate closed behind whoever passed it.
#[derive(Debug)]
#[must_use = "the gate is open again when this is dropped"]
pub(crate) struct Gate(PhantomData<*const ()>);

impl Gate {
    /// Passes the gate, if it is open.
    pub(crate) fn pass() -> Option<Self> {
        if client::capture_mode() == client::CaptureMode::Off || thread_role::is_this() {
            return None;
        }
        Self::ask()
    }

    /// Passes the gate unless this thread is at an entry: to ask what would become of one.
    pub(crate) fn ask() -> Option<Self> {
        (!BUSY.replace(true)).then_some(Self(PhantomData))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        BUSY.set(false);
    }
}
