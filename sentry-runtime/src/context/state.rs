//! The parts of the thread state: replaced contexts, the parts missing in the context, and the lazy root.
//!
//! Only the types are declared here, so that `local.rs` can hold all of them in one thread-local. The functions on them
//! are in `context_stack.rs`, `active.rs` and `lazy_root.rs`.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use super::thread_context::Context;
use crate::client::Client;
use crate::protocol::{DataCategory, DiscardReason};
use crate::scope::Scope;
use crate::trace::clock::Ticks;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::record::LazyName;

/// A context and the active span in it, to be activated or restored.
#[derive(Debug, Default)]
pub(crate) struct SavedContext {
    pub(crate) context: Option<Arc<Context>>,
    pub(crate) active: Lineage,
}

/// The parts that are missing in a thread's context until it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unmaterialized(u8);

impl Unmaterialized {
    pub(crate) const NOTHING: Self = Self(0);
    /// A lazy root is open, see `lazy_root.rs`.
    pub(crate) const LAZY_ROOT: Self = Self(1);
    /// The context is that of the parent process, see `active::reset_after_fork`.
    pub(crate) const INHERITED: Self = Self(2);

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The contexts to restore. Guards are usually dropped in reverse order of their creation, so this is a stack; a guard
/// dropped out of order leaves a gap until the contexts above it are removed.
pub(crate) struct ContextStack(pub(super) RefCell<Vec<Option<SavedContext>>>);

impl ContextStack {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Drops all contexts, because the thread is ending.
    pub(crate) fn close(&self) {
        drop(self.0.take());
    }
}

/// The maximum number of breadcrumbs that the client of the process keeps, if none of its callbacks sees them.
pub(crate) struct KnownLimit {
    /// The epoch in which it was read, zero if never.
    pub(super) epoch: Cell<u64>,
    pub(super) max: Cell<usize>,
}

impl KnownLimit {
    pub(crate) const fn new() -> Self {
        Self { epoch: Cell::new(0), max: Cell::new(0) }
    }

    /// Forgets the limit in a forked child, whose client may be disabled.
    pub(crate) fn reset_after_fork(&self) {
        self.epoch.set(0);
    }
}

/// The rate if roots cannot be lazy.
pub(super) const NOT_LAZY: f32 = -1.0;

/// The thread's copy of process-wide state, and its lazy root.
pub(crate) struct LazyRoot {
    /// The epoch of the following fields.
    pub(super) epoch: Cell<u64>,
    /// The share of roots that are recorded, negative if roots cannot be lazy.
    pub(super) rate: Cell<f32>,
    /// The random numbers below this one are recorded, see [`threshold`](crate::trace::sampling::threshold).
    pub(super) threshold: Cell<u32>,
    /// The client with that rate.
    pub(super) client: RefCell<Weak<Client>>,
    /// The isolation scope and the current scope of the process, as last announced: the own scopes of a root begin
    /// with them.
    pub(super) scopes: RefCell<Option<(Arc<Scope>, Arc<Scope>)>>,
    /// The salt that makes this thread's trace ids differ from those of other threads with the same span id.
    pub(super) salt: Cell<u64>,
    /// The id of the open lazy root, zero without one.
    pub(super) root: Cell<LocalId>,
    pub(super) sampled: Cell<bool>,
    /// Whether roots are recorded that are not sampled, see the options `keep` and `flight_recorder`.
    pub(super) keeps: Cell<bool>,
    /// Meaningful while a root is open.
    pub(super) name: Cell<LazyName>,
    pub(super) start: Cell<Ticks>,
    /// The client with which the root started.
    pub(super) owner: RefCell<Option<Arc<Client>>>,
}

impl LazyRoot {
    pub(crate) const fn new() -> Self {
        Self {
            epoch: Cell::new(0),
            rate: Cell::new(NOT_LAZY),
            threshold: Cell::new(0),
            client: RefCell::new(Weak::new()),
            scopes: RefCell::new(None),
            salt: Cell::new(0),
            root: Cell::new(0),
            sampled: Cell::new(false),
            keeps: Cell::new(false),
            name: Cell::new(LazyName::ServerAction("")),
            start: Cell::new(0),
            owner: RefCell::new(None),
        }
    }

    /// Returns whether the root is open on this thread, and lazy.
    #[inline]
    pub(crate) fn is_open(&self, root: LocalId) -> bool {
        root != 0 && self.root.get() == root
    }

    /// Ends the root on this thread, and returns the client with which it started.
    pub(super) fn take(&self) -> Option<Arc<Client>> {
        self.root.set(0);
        self.owner.try_borrow_mut().ok()?.take()
    }

    /// Drops the clients, because the thread is ending. A root that is still open is counted as lost: its guard is in a
    /// thread-local that is dropped later, or was forgotten, and nothing can be recorded on this thread any more.
    pub(crate) fn close(&self) {
        self.epoch.set(0);
        drop(self.client.replace(Weak::new()));
        drop(self.scopes.replace(None));
        let Some(owner) = self.take() else { return };
        let reason =
            if self.sampled.get() { DiscardReason::BufferOverflow } else { DiscardReason::SampleRate };
        owner.ledger().lost(reason, DataCategory::Transaction, 1);
        owner.ledger().lost(reason, DataCategory::Span, 1);
    }

    /// Runs in a forked child: earlier announcements went to the parent's pipeline.
    pub(crate) fn reset_after_fork(&self) {
        self.epoch.set(0);
    }
}
