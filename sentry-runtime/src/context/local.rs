//! The thread state: everything that a span reads or writes on its thread, in one thread-local.
//!
//! It is a single thread-local, because for the compiler every access is a call of the linker's helper, even if the
//! linker replaces the call by two instructions: registers are saved around it. It has no destructor, so no access
//! checks whether one is registered; [`AtExit`] releases the contents when the thread ends.

#![expect(unsafe_code, reason = "a reference to a thread-local is handed out, see `local`")]

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;

use super::state::{ContextStack, KnownLimit, LazyRoot, SavedContext, Unmaterialized};
use super::thread_context::{Context, Mode};
use crate::trace::clock::Ticks;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::record::Record;
use crate::trace::ring::Producer;

/// The state of one thread, in this order: a span and its parent are written one after the other, and reading in one
/// piece what was just written in two is slow. If the fields are not adjacent, the compiler cannot merge the reads.
#[repr(C)]
pub(crate) struct Local {
    /// The kind of a new span. This and the next two fields are a copy of the context's data, for the hot path.
    pub(crate) mode: Cell<Mode>,
    /// The active span, zero without one.
    pub(crate) span: Cell<LocalId>,
    /// The key of the active segment, zero without one.
    pub(crate) segment: Cell<LocalId>,
    /// The parent of the active span, see [`Lineage`].
    pub(crate) parent: Cell<LocalId>,
    /// The last id of this thread, zero before the first one.
    pub(crate) last_id: Cell<LocalId>,
    /// The time at which this thread last saw an error, zero if never.
    pub(crate) seen_error_at: Cell<Ticks>,
    /// The parts that are missing in the context.
    pub(crate) unmaterialized: Cell<Unmaterialized>,
    /// The destination of records, opened by the first one and closed when the thread ends.
    pub(crate) output: Producer<Record>,
    /// The lazy root, which has no context.
    pub(crate) lazy_root: LazyRoot,
    /// The active context; `None` for that of the process. Only [`install`](Self::install) replaces it.
    pub(crate) context: RefCell<Option<Arc<Context>>>,
    /// The address of the active context, null for that of the process: compared on the hot path.
    pub(crate) context_at: Cell<*const Context>,
    /// The contexts that guards replaced.
    pub(crate) context_stack: ContextStack,
    /// What the client of the process does with breadcrumbs.
    pub(crate) breadcrumbs: KnownLimit,
}

impl Local {
    /// Returns the active span.
    #[inline]
    pub(crate) fn lineage(&self) -> Lineage {
        Lineage { span: self.span.get(), parent: self.parent.get() }
    }

    /// Makes another span active, and returns the previous one.
    #[inline]
    pub(crate) fn replace(&self, new: Lineage) -> Lineage {
        Lineage { span: self.span.replace(new.span), parent: self.parent.replace(new.parent) }
    }

    /// Activates a context and a span in it, and returns what was active before. An open lazy root is not
    /// materialized.
    #[inline]
    pub(crate) fn install(&self, new: SavedContext) -> SavedContext {
        let (mode, segment, at) = match &new.context {
            Some(context) => (context.mode(), context.key(), Arc::as_ptr(context)),
            None => (Mode::Root, 0, ptr::null()),
        };
        self.mode.set(mode);
        self.segment.set(segment);
        self.context_at.set(at);
        SavedContext { active: self.replace(new.active), context: self.context.replace(new.context) }
    }

    /// Returns whether the thread has no context of its own.
    pub(crate) fn is_in_process_context(&self) -> bool {
        self.context_at.get().is_null()
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
            output: Producer::unopened(),
            context: RefCell::new(None),
            context_at: Cell::new(ptr::null()),
            context_stack: ContextStack::new(),
            breadcrumbs: KnownLimit::new(),
        })
    };
}

/// Returns the state of this thread.
#[inline(always)]
pub(crate) fn local() -> &'static Local {
    let local: *const Local = LOCAL.with(|local| &raw const **local);
    // SAFETY: it is initialised by a constant and has no destructor, so it is valid as long as the thread runs any
    // code; and `Local` is not `Sync`, so the reference cannot be sent to another thread, which might outlive this
    // one.
    unsafe { &*local }
}

thread_local! {
    static AT_EXIT: AtExit = const { AtExit };
}

/// Releases the thread's state when the thread ends.
struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        let local = local();
        local.output.close();
        drop(local.install(SavedContext::default()));
        local.lazy_root.close();
        local.context_stack.close();
    }
}

/// Ensures that this thread's state is released when it ends. Returns `false` if the thread is ending.
pub(crate) fn closes_at_exit() -> bool {
    AT_EXIT.try_with(|_| ()).is_ok()
}
