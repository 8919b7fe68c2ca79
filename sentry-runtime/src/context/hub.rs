//! A handle to the context of a piece of work: its client, its scopes and its span.

use std::sync::{Arc, Mutex};

use super::active;
use super::entered::{self, Entered};
use super::thread_context::Context;
use crate::base::lock::lock;
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
    /// The scope's functions may make a span active in the hub.
    position: Mutex<(Arc<Context>, Lineage)>,
}

impl Hub {
    fn at(context: Arc<Context>, active: Lineage) -> Self {
        Self { position: Mutex::new((context, active)) }
    }

    /// Returns the active context.
    pub(crate) fn active() -> Self {
        Self::at(active::context(), active::lineage())
    }

    /// Returns the context of threads and tasks that have none of their own.
    pub(crate) fn of_process() -> Self {
        Self::at(Arc::clone(Context::default_ref()), Lineage::NONE)
    }

    pub(crate) fn of(context: Context) -> Self {
        Self::at(Arc::new(context), Lineage::NONE)
    }

    /// Returns the context and the span that is active in it.
    pub(crate) fn position(&self) -> (Arc<Context>, Lineage) {
        lock(&self.position).clone()
    }

    /// Returns a hub with scopes that begin as copies.
    pub(crate) fn isolated(&self) -> Self {
        let (context, active) = self.position();
        Self::at(Arc::new(context.isolated()), active)
    }

    /// Makes the context active on this thread until the guard is dropped; `None` if it is active already.
    pub(crate) fn enter(&self) -> Option<Entered> {
        let (context, active) = self.position();
        let is_here = active::lineage() == active && Arc::ptr_eq(&active::context(), &context);
        (!is_here).then(|| entered::enter(context, active))
    }

    /// Remembers the span that is active now, before a guard of [`enter`](Self::enter) is dropped.
    pub(crate) fn remember(&self) {
        let here = (active::context(), active::lineage());
        drop(std::mem::replace(&mut *lock(&self.position), here));
    }
}

impl AsRef<Self> for Hub {
    fn as_ref(&self) -> &Self {
        self
    }
}
