//! The data that a thread keeps: what was active before, what its context does not say yet, its lazy root, where its
//! records go.
//!
//! Only data is declared here, so that `local.rs` can hold all of it in one thread-local. The files that are named after
//! each piece say what happens to it.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use super::thread_context::Context;
use crate::client::Client;
use crate::trace::callsite::Callsite;
use crate::trace::clock::Ticks;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::record::Record;
use crate::trace::ring::Producer;

/// A context and a span of it, to be put in place, or that were in place before.
#[derive(Debug, Default)]
pub(crate) struct SavedContext {
    pub(crate) context: Option<Arc<Context>>,
    pub(crate) active: Lineage,
}

/// What a thread's context does not say, until somebody asks.
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

/// Where the records of a thread go.
pub(crate) enum Output {
    /// Nothing was recorded yet.
    None,
    Open(Producer<Record>),
    /// The thread is ending.
    Closed,
}

/// The contexts to restore. Guards are usually dropped in reverse order of their creation, so this is a stack; a guard
/// dropped out of order leaves a gap until the contexts above it are removed.
pub(crate) struct ContextStack(pub(super) RefCell<Vec<Option<SavedContext>>>);

impl ContextStack {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Lets go of everything: the thread ends.
    pub(crate) fn close(&self) {
        drop(self.0.take());
    }
}

/// The rate where roots cannot be lazy.
pub(super) const NOT_LAZY: f32 = -1.0;

/// What a thread knows of the process, and its lazy root.
pub(crate) struct LazyRoot {
    /// The epoch of what follows.
    pub(super) epoch: Cell<u64>,
    /// The share of roots that are recorded, below zero where roots cannot be lazy.
    pub(super) rate: Cell<f32>,
    /// The client that decides so.
    pub(super) client: RefCell<Weak<Client>>,
    /// Makes trace ids of this thread differ from others with the same span id.
    pub(super) salt: Cell<u64>,
    /// The lazy root that is open: its id, zero without one.
    pub(super) root: Cell<LocalId>,
    pub(super) sampled: Cell<bool>,
    pub(super) site: Cell<Option<&'static Callsite>>,
    pub(super) start: Cell<Ticks>,
    /// The client that it started with.
    pub(super) owner: RefCell<Option<Arc<Client>>>,
}

impl LazyRoot {
    pub(crate) const fn new() -> Self {
        Self {
            epoch: Cell::new(0),
            rate: Cell::new(NOT_LAZY),
            client: RefCell::new(Weak::new()),
            salt: Cell::new(0),
            root: Cell::new(0),
            sampled: Cell::new(false),
            site: Cell::new(None),
            start: Cell::new(0),
            owner: RefCell::new(None),
        }
    }

    /// Whether the root is open here, and lazy.
    #[inline]
    pub(crate) fn is_open(&self, root: LocalId) -> bool {
        root != 0 && self.root.get() == root
    }

    /// The client that it started with; the root is over, here.
    pub(super) fn take(&self) -> Option<Arc<Client>> {
        self.root.set(0);
        self.owner.try_borrow_mut().ok()?.take()
    }

    /// Lets go of the client: the thread ends.
    pub(crate) fn close(&self) {
        self.epoch.set(0);
        drop(self.client.replace(Weak::new()));
        drop(self.owner.take());
    }

    /// What was announced was announced to the parent's pipeline: runs in the child of a fork.
    pub(crate) fn reset_after_fork(&self) {
        self.epoch.set(0);
    }
}
