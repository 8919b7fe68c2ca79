//! The gate that prevents recursion: recording a log entry must not cause another one.
//!
//! It is closed without a client, on the toolkit's own threads, and while this thread records an entry already:
//! filters, callbacks, and the `Debug` of user types may log too.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::base::thread_role;
use crate::client;

thread_local!(static BUSY: Cell<bool> = const { Cell::new(false) });

/// Keeps the gate closed while an entry is recorded.
#[derive(Debug)]
#[must_use = "the gate is open again when this is dropped"]
pub(crate) struct Gate(PhantomData<*const ()>);

impl Gate {
    /// Passes the gate, if it is open, and closes it.
    pub(crate) fn pass() -> Option<Self> {
        if client::capture_mode() == client::CaptureMode::Off || thread_role::is_this() {
            return None;
        }
        Self::ask()
    }

    /// Passes the gate without closing it, to evaluate a filter, unless this thread records an entry.
    pub(crate) fn ask() -> Option<Self> {
        (!BUSY.replace(true)).then_some(Self(PhantomData))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        BUSY.set(false);
    }
}
