//! A handle to the context of a piece of work: its client, its scopes and its span.

use std::sync::Arc;

use super::active;
use super::entered::{self, Entered};
use super::thread_context::Context;
use crate::trace::ids::Lineage;

/// The client, the scopes and the span of a piece of work, as a value that can be kept and carried to other threads.
///
/// Programs that are written for this crate need no hub: annotated functions take their scopes along,
/// [`with_isolation_scope`](crate::with_isolation_scope) begins a piece of work with scopes of its own, and
/// [`bind_scope`](crate::SentryFutureExt::bind_scope) carries them along. The methods are here for programs that come from
/// the official crate.
///
/// ```
/// use std::sync::Arc;
/// use sentry::Hub;
///
/// let hub = Arc::new(Hub::new_from_top(Hub::current()));
/// let work = std::thread::spawn(move || Hub::run(hub, || sentry::capture_message("sent", sentry::Level::Info)));
/// # work.join().unwrap();
/// ```
#[derive(Debug)]
pub struct Hub {
    context: Arc<Context>,
    active: Lineage,
}

impl Hub {
    /// Returns the active context.
    pub(crate) fn active() -> Self {
        Self { context: active::context(), active: active::lineage() }
    }

    /// Returns the context of threads and tasks that have none of their own.
    pub(crate) fn of_process() -> Self {
        Self { context: Arc::clone(Context::default_ref()), active: Lineage::NONE }
    }

    pub(crate) fn of(context: Context) -> Self {
        Self { context: Arc::new(context), active: Lineage::NONE }
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Returns a hub with scopes that begin as copies.
    pub(crate) fn isolated(&self) -> Self {
        Self { context: Arc::new(self.context.isolated()), active: self.active }
    }

    pub(crate) fn lineage(&self) -> Lineage {
        self.active
    }

    /// Makes the context active on this thread until the guard is dropped.
    pub(crate) fn enter(&self) -> Entered {
        entered::enter(Arc::clone(&self.context), self.active)
    }
}

impl AsRef<Self> for Hub {
    fn as_ref(&self) -> &Self {
        self
    }
}
