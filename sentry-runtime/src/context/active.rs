//! The active context and span of a thread.

use std::sync::Arc;

use super::lazy_root;
use super::local::{Local, local};
use super::state::{SavedContext, Unmaterialized};
use super::thread_context::{Context, Mode};
use crate::client::Client;
use crate::scope::ScopeCell;
use crate::trace::clock::Ticks;
use crate::trace::ids::{Lineage, LocalId};

#[inline]
pub(crate) fn mode() -> Mode {
    local().mode.get()
}

/// Returns the active segment's key and the active span in it.
#[inline]
pub(crate) fn position() -> (LocalId, LocalId) {
    let local = local();
    (local.segment.get(), local.span.get())
}

/// Returns the active span and its parent.
#[inline]
pub(crate) fn lineage() -> Lineage {
    local().lineage()
}

/// Returns a time between the last error that this thread saw and now; used instead of a clock reading if nothing is
/// recorded.
#[inline]
pub(crate) fn after_last_seen_error() -> Ticks {
    local().seen_error_at.get() + 1
}

/// Notes that this thread saw an error.
pub(crate) fn note_seen_error(at: Ticks) {
    local().seen_error_at.set(at);
}

/// Makes another span of the same segment active, and returns the previous one.
#[inline]
pub(crate) fn replace(span: Lineage) -> Lineage {
    local().replace(span)
}

/// Returns whether a context is the active one.
#[inline]
pub(crate) fn is_in(context: &Arc<Context>) -> bool {
    local().context_at.get() == Arc::as_ptr(context)
}

/// Marks the open spans of this thread as the parent's. Runs in a forked child, on its only thread. A span that the
/// child starts inside them becomes a transaction of its own in the same trace, see [`materialize`].
pub(crate) fn reset_after_fork() {
    let local = local();
    if local.segment.get() != 0 {
        // The next span reads the context, as every root does.
        local.mode.set(Mode::Root);
        local.unmaterialized.set(local.unmaterialized.get().with(Unmaterialized::INHERITED));
    }
}

/// Completes the context: with that of a lazy root, and in a forked child, where a context with spans of the parent is
/// replaced by one that continues their trace. Called before a root span or a capture reads the context.
#[inline]
pub(crate) fn materialize() {
    if local().unmaterialized.get() != Unmaterialized::NOTHING {
        materialize_all();
    }
}

#[cold]
fn materialize_all() {
    materialize_lazy_root();
    if local().unmaterialized.replace(Unmaterialized::NOTHING) == Unmaterialized::INHERITED {
        materialize_inherited();
    }
}

/// Creates the context of a lazy root, if one is open.
#[inline]
fn materialize_lazy_root() {
    if local().unmaterialized.get().has(Unmaterialized::LAZY_ROOT) {
        lazy_root::materialize();
    }
}

#[cold]
fn materialize_inherited() {
    let span = position().1;
    let Some(context) = own_context() else { return };
    if let Some(segment) = context.segment().filter(|segment| !segment.is_ours()) {
        let own = context.in_new_trace(segment.inherited(span, crate::trace::ids::wire(super::ids::next())));
        drop(swap(SavedContext { context: Some(Arc::new(own)), active: Lineage::NONE }));
    }
}

/// Returns the active context, if the thread has one of its own.
#[inline]
pub(crate) fn own_context() -> Option<Arc<Context>> {
    materialize_lazy_root();
    local().context.borrow().clone()
}

/// Like [`own_context`], if that needs no function call; otherwise `None`.
#[inline]
pub(crate) fn own_context_at_once(local: &Local) -> Option<Option<Arc<Context>>> {
    if local.unmaterialized.get() != Unmaterialized::NOTHING {
        return None;
    }
    local.context.try_borrow().ok().map(|own| own.clone())
}

/// Returns the active context and span, if they are nearer to some work than the context that was `taken` when the work
/// was created: another function has entered its own since, inside of the taken segment, or there was none. Work that is
/// polled elsewhere belongs to the caller that created it.
pub(crate) fn nearer_than(taken: Option<&Context>) -> Option<(Arc<Context>, Lineage)> {
    let here = own_context()?;
    let taken = taken.and_then(Context::segment);
    let is_nearer =
        taken.is_none_or(|taken| here.segment().is_some_and(|segment| segment.is_within(taken.key)));
    is_nearer.then(|| (here, lineage()))
}

/// Returns the active context.
pub(crate) fn context() -> Arc<Context> {
    materialize();
    own_context().unwrap_or_else(|| Arc::clone(Context::default_ref()))
}

/// Reads the active context without cloning it. `look` must not run user code.
pub(crate) fn with<R>(look: impl FnOnce(&Context) -> R) -> R {
    materialize();
    match &*local().context.borrow() {
        Some(context) => look(context),
        None => look(Context::default_ref()),
    }
}

/// Returns the client of the active context.
pub(crate) fn client() -> Option<Arc<Client>> {
    with(Context::client)
}

/// Returns the isolation scope of the active context.
pub(crate) fn isolation() -> Arc<ScopeCell> {
    with(|context| Arc::clone(&context.isolation))
}

/// Activates a context and a span in it, and returns what was active before.
#[inline]
pub(crate) fn swap(new: SavedContext) -> SavedContext {
    materialize_lazy_root();
    local().install(new)
}
