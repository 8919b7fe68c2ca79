//! What a thread knows: everything that a span reads or writes on its thread, in one thread-local.
//!
//! It is one, because finding a thread-local is a call to the linker's helper for all that the compiler knows, also
//! where the linker puts two instructions there instead: around every such place registers are saved. It has no
//! destructor, so that nothing asks whether one is registered; what is left when the thread ends is released by
//! [`AtExit`].

#![expect(unsafe_code, reason = "a reference to a thread-local is handed out, see `local`")]

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::state::{ContextStack, LazyRoot, Output, SavedContext, Unmaterialized};
use super::thread_context::{Context, Mode};
use crate::trace::clock::Ticks;
use crate::trace::ids::{Lineage, LocalId};

/// The state of one thread, in this order: a span and its parent are written one after the other, and what was written
/// in two pieces a moment ago is read slowly in one. Where they do not lie side by side, no compiler makes one of them.
#[repr(C)]
pub(crate) struct Local {
    /// What a new span becomes. With the two below a copy of what the context says, for the hot path.
    pub(crate) mode: Cell<Mode>,
    /// The active span, zero without one.
    pub(crate) span: Cell<LocalId>,
    /// The key of the active segment, zero without one.
    pub(crate) segment: Cell<LocalId>,
    /// The span that the active one stands under, see [`Lineage`].
    pub(crate) parent: Cell<LocalId>,
    /// The last id of this thread, zero until it needs its first one.
    pub(crate) last_id: Cell<LocalId>,
    /// When this thread last saw an error on its way, zero if never.
    pub(crate) seen_error_at: Cell<Ticks>,
    /// What the context does not say yet.
    pub(crate) unmaterialized: Cell<Unmaterialized>,
    /// Where records go.
    pub(crate) output: RefCell<Output>,
    /// Roots of which there is no context.
    pub(crate) lazy_root: LazyRoot,
    /// The active context; `None` stands for that of the process.
    pub(crate) context: RefCell<Option<Arc<Context>>>,
    /// What was in place before what guards put there.
    pub(crate) context_stack: ContextStack,
}

impl Local {
    /// The active span.
    #[inline]
    pub(crate) fn lineage(&self) -> Lineage {
        Lineage { span: self.span.get(), parent: self.parent.get() }
    }

    /// Makes another span the active one, and answers with the one that was.
    #[inline]
    pub(crate) fn replace(&self, new: Lineage) -> Lineage {
        Lineage { span: self.span.replace(new.span), parent: self.parent.replace(new.parent) }
    }

    /// Puts a context and a span of it in place, and returns what was there. A lazy root that is open is left alone.
    #[inline]
    pub(crate) fn install(&self, new: SavedContext) -> SavedContext {
        let (mode, segment) = match &new.context {
            Some(context) => (context.mode(), context.key()),
            None => (Mode::Root, 0),
        };
        self.mode.set(mode);
        self.segment.set(segment);
        SavedContext { active: self.replace(new.active), context: self.context.replace(new.context) }
    }

    /// Whether the thread has no context of its own.
    pub(crate) fn is_in_process_context(&self) -> bool {
        self.context.try_borrow().is_ok_and(|own| own.is_none())
    }
}

thread_local! {
    static LOCAL: ManuallyDrop<Local> = const {
        ManuallyDrop::new(Local {
            mode: Cell::new(Mode::Root),
            segment: Cell::new(0),
            span: Cell::new(0),
            parent: Cell::new(0),
            seen_error_at: Cell::new(0),
            last_id: Cell::new(0),
            unmaterialized: Cell::new(Unmaterialized::NOTHING),
            lazy_root: LazyRoot::new(),
            output: RefCell::new(Output::None),
            context: RefCell::new(None),
            context_stack: ContextStack::new(),
        })
    };
}

/// The state of this thread.
#[inline(always)]
pub(crate) fn local() -> &'static Local {
    let local: *const Local = LOCAL.with(|local| &raw const **local);
    // SAFETY: it is initialised by a constant and has no destructor, so it is there as long as the thread runs any
    // code; and `Local` is not `Sync`, so that the reference cannot get to another thread, which might outlive this
    // one.
    unsafe { &*local }
}

thread_local! {
    static AT_EXIT: AtExit = const { AtExit };
}

/// Lets go of everything when the thread ends.
struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        let local = local();
        drop(local.output.replace(Output::Closed));
        drop(local.install(SavedContext::default()));
        local.lazy_root.close();
        local.context_stack.close();
    }
}

/// Sees to it that what this thread has is let go of when it ends. Returns `false` when it is ending.
pub(crate) fn closes_at_exit() -> bool {
    AT_EXIT.try_with(|_| ()).is_ok()
}
