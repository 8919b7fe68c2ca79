//! The guard that keeps a context active on its thread.

use std::sync::Arc;

use super::activation;
use super::active::swap;
use super::state::SavedContext;
use super::thread_context::Context;
use crate::trace::ids::Lineage;

/// Keeps a context active on this thread until it is dropped.
#[derive(Debug)]
#[must_use = "the context is active only as long as the guard lives"]
pub(crate) struct Entered {
    saved: Option<SavedContext>,
    _stays_on_its_thread: std::marker::PhantomData<*const ()>,
}

/// Makes a context active, with the given span in it.
pub(crate) fn enter(context: Arc<Context>, active: Lineage) -> Entered {
    Entered {
        saved: Some(swap(SavedContext { context: Some(context), active })),
        _stays_on_its_thread: std::marker::PhantomData,
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(saved) = self.saved.take() {
            drop(swap(saved));
            activation::materialize();
        }
    }
}
