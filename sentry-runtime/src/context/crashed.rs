//! The context of a thread that crashed, read by another thread while the crashed one waits in its signal handler.
//!
//! A signal handler must not allocate, so it cannot capture anything. It hands over the address of its thread
//! state, and waits.

#![expect(unsafe_code, reason = "the state of another thread is read, see `enter_context_of`")]

use std::sync::Arc;

use super::entered::{self, Entered};
use super::lazy_root;
use super::local::{Local, local};
use super::state::Unmaterialized;
use super::thread_context::Context;
use crate::client::Client;

/// Returns the address of this thread's state. Safe in a signal handler: it reads the thread pointer alone.
#[inline]
pub(crate) fn address() -> *const () {
    std::ptr::from_ref(local()).cast()
}

/// Makes the context of the thread with this state active here, with a client.
///
/// # Safety
/// `state` comes from [`address`], and its thread does nothing else until the guard is returned.
pub(crate) unsafe fn enter_context_of(state: *const (), client: Arc<Client>) -> Entered {
    // SAFETY: the state lives as long as its thread runs, which waits. The thread was interrupted at any place, so a cell
    // may be borrowed: all reads go through `try_borrow`, and `Cell`s are single words.
    let state = unsafe { &*state.cast::<Local>() };
    let open = if state.unmaterialized.get().has(Unmaterialized::LAZY_ROOT) {
        lazy_root::open_context(state)
    } else {
        None
    };
    let own = || state.context.try_borrow().ok().and_then(|own| own.clone());
    let context = open.or_else(own).unwrap_or_else(|| Arc::clone(Context::default_ref()));
    let mut context = Context::clone(&context);
    context.client = Some(client);
    entered::enter(Arc::new(context), state.lineage())
}
