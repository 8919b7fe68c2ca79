//! The active context and span of a thread.
//!
//! The three values that every span reads are plain cells beside the context they come from; the
//! thread-local has no destructor, so that reading it is one instruction. What is left when the thread
//! ends is released by [`crate::trace::recorder`]'s hook.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::context::{Context, Mode};
use crate::trace::clock::Ticks;
use crate::trace::ids::LocalId;

/// The state of one thread.
pub(crate) struct Active {
    mode: Cell<Mode>,
    /// The key of the active segment, zero without one.
    segment: Cell<LocalId>,
    /// The active span, zero without one.
    span: Cell<LocalId>,
    /// When this thread last saw an error on its way, zero if never.
    sighted: Cell<Ticks>,
    /// The context is that of the parent process, see [`begin_anew`].
    inherited: Cell<bool>,
    /// `None` stands for the context of the process.
    context: RefCell<Option<Arc<Context>>>,
}

thread_local! {
    static ACTIVE: ManuallyDrop<Active> = const {
        ManuallyDrop::new(Active {
            mode: Cell::new(Mode::Root),
            segment: Cell::new(0),
            span: Cell::new(0),
            sighted: Cell::new(0),
            inherited: Cell::new(false),
            context: RefCell::new(None),
        })
    };
}

/// A context and a span of it, to be put in place, or that were in place before.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    pub(crate) context: Option<Arc<Context>>,
    pub(crate) span: LocalId,
}

#[inline]
pub(crate) fn mode() -> Mode {
    ACTIVE.with(|active| active.mode.get())
}

/// The active segment's key and the active span in it.
#[inline]
pub(crate) fn position() -> (LocalId, LocalId) {
    ACTIVE.with(|active| (active.segment.get(), active.span.get()))
}

/// A time between the last error that this thread saw and now: what is read instead of the clock where nothing
/// is recorded.
#[inline]
pub(crate) fn after_last_sighting() -> Ticks {
    ACTIVE.with(|active| active.sighted.get()) + 1
}

/// Notes that this thread saw an error.
pub(crate) fn note_sighting(at: Ticks) {
    ACTIVE.with(|active| active.sighted.set(at));
}

/// Makes another span of the same segment active and answers with segment and span as they were.
#[inline]
pub(crate) fn descend(span: LocalId) -> (LocalId, LocalId) {
    ACTIVE.with(|active| (active.segment.get(), active.span.replace(span)))
}

/// Makes a span of the same segment active again.
#[inline]
pub(crate) fn ascend(span: LocalId) {
    ACTIVE.with(|active| active.span.set(span));
}

/// Whether a context is the active one.
#[inline]
pub(crate) fn is_in(context: &Arc<Context>) -> bool {
    ACTIVE.with(|active| active.context.borrow().as_ref().is_some_and(|active| Arc::ptr_eq(active, context)))
}

/// The open spans of this thread are the parent's: runs in the child of a fork, on its only thread. What the child
/// starts under them becomes a transaction of its own in the same trace, see [`settle`].
pub(crate) fn begin_anew() {
    let _ = ACTIVE.try_with(|active| {
        if active.segment.get() != 0 {
            // The next span looks at the context, as every root does.
            active.mode.set(Mode::Root);
            active.inherited.set(true);
        }
    });
}

/// In the child of a fork, replaces a context with spans of the parent by one that continues their trace. Called
/// where a root span or a capture looks at the context.
pub(crate) fn settle() {
    if ACTIVE.with(|active| active.inherited.replace(false)) {
        settle_inherited();
    }
}

#[cold]
fn settle_inherited() {
    let span = position().1;
    let Some(context) = own_context() else { return };
    if let Some(segment) = context.segment().filter(|segment| !segment.is_ours()) {
        let own = context.in_new_trace(segment.inherited(span));
        drop(swap(Saved { context: Some(Arc::new(own)), span: 0 }));
    }
}

/// The active context, if the thread has one of its own.
#[inline]
pub(crate) fn own_context() -> Option<Arc<Context>> {
    ACTIVE.with(|active| active.context.borrow().clone())
}

/// The active context.
pub(crate) fn context() -> Arc<Context> {
    settle();
    own_context().unwrap_or_else(|| Arc::clone(Context::default_ref()))
}

/// Looks at the active context without cloning it. `look` must not run a user's code.
pub(crate) fn with<R>(look: impl FnOnce(&Context) -> R) -> R {
    settle();
    ACTIVE.with(|active| match &*active.context.borrow() {
        Some(context) => look(context),
        None => look(Context::default_ref()),
    })
}

/// Puts a context and a span of it in place, and answers with what was there.
#[inline]
pub(crate) fn swap(new: Saved) -> Saved {
    ACTIVE.with(|active| {
        let (mode, segment) = match &new.context {
            Some(context) => (context.mode(), context.key()),
            None => (Mode::Root, 0),
        };
        active.mode.set(mode);
        active.segment.set(segment);
        Saved { span: active.span.replace(new.span), context: active.context.replace(new.context) }
    })
}

/// Keeps a context in place until it is dropped, on this thread.
#[derive(Debug)]
#[must_use = "the context is active only as long as the guard lives"]
pub(crate) struct Entered {
    saved: Option<Saved>,
    _stays_on_its_thread: std::marker::PhantomData<*const ()>,
}

/// Makes a context active with the given span of it.
pub(crate) fn enter(context: Arc<Context>, span: LocalId) -> Entered {
    Entered {
        saved: Some(swap(Saved { context: Some(context), span })),
        _stays_on_its_thread: std::marker::PhantomData,
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(saved) = self.saved.take() {
            drop(swap(saved));
        }
    }
}
