//! Suspended roots: lazy roots of futures, between two polls.
//!
//! A lazy root is in its thread while it is open. A future leaves the thread between two polls, and takes its root
//! along. The next poll puts the root back if the thread is the same and has announced no other scopes to the pipeline
//! since: then the root can still end as one record. Otherwise its context is created.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::lazy_root::{self, may_begin};
use super::local::Local;
use super::state::{LazyRoot, Unmaterialized};
use super::thread_context::Context;
use crate::base::fork;
use crate::client::Client;
use crate::scope::Scope;
use crate::trace::clock::Ticks;
use crate::trace::ids::LocalId;
use crate::trace::record::LazyName;

/// A lazy root with scopes of its own, outside of its thread.
#[derive(Debug)]
pub(crate) struct SuspendedRoot {
    id: LocalId,
    name: LazyName,
    start: Ticks,
    sampled: bool,
    keeps: bool,
    rate: f32,
    /// The salt of the thread; no two threads have the same.
    salt: u64,
    /// The epoch of the thread, which changes when the thread announces scopes.
    epoch: u64,
    /// The process in which the root began.
    generation: u32,
    /// The scopes with which its own scopes begin.
    scopes: Option<(Arc<Scope>, Arc<Scope>)>,
    /// `None` while the root is in its thread.
    client: Option<Arc<Client>>,
}

/// Takes the open lazy root out of its thread. Returns `None` if the root is not open, or was open during a fork.
pub(crate) fn suspend(local: &Local, root: LocalId) -> Option<Box<SuspendedRoot>> {
    let lazy_root = &local.lazy_root;
    let client = take(local, root)?;
    Some(Box::new(SuspendedRoot {
        id: root,
        name: lazy_root.name.get(),
        start: lazy_root.start.get(),
        sampled: lazy_root.sampled.get(),
        keeps: lazy_root.keeps.get(),
        rate: lazy_root.rate.get(),
        salt: lazy_root.salt.get(),
        epoch: lazy_root.epoch.get(),
        generation: fork::generation(),
        scopes: lazy_root.scopes.try_borrow().ok().and_then(|known| known.clone()),
        client: Some(client),
    }))
}

fn take(local: &Local, root: LocalId) -> Option<Arc<Client>> {
    if !local.lazy_root.is_open(root) || local.unmaterialized.get() != Unmaterialized::LAZY_ROOT {
        return None;
    }
    let client = local.lazy_root.take()?;
    lazy_root::restore(local);
    Some(client)
}

impl SuspendedRoot {
    /// Returns the id of the root.
    pub(crate) fn id(&self) -> LocalId {
        self.id
    }

    /// Returns the time at which the root started.
    pub(crate) fn start(&self) -> Ticks {
        self.start
    }

    /// Puts the root back into its thread. Returns whether that was possible.
    pub(crate) fn resume(&mut self, local: &Local) -> bool {
        let lazy_root = &local.lazy_root;
        let is_same = lazy_root.salt.get() == self.salt
            && lazy_root.epoch.get() == self.epoch
            && fork::generation() == self.generation;
        if !is_same || !may_begin(local) {
            return false;
        }
        let Some(client) = self.client.take() else { return false };
        let kind = (self.sampled, self.sampled || self.keeps);
        lazy_root::put(local, self.id, self.name, self.start, kind, client).is_some()
    }

    /// Takes a resumed root out of its thread again. Returns whether that was possible.
    pub(crate) fn suspend_again(&mut self, local: &Local) -> bool {
        self.client = take(local, self.id);
        self.client.is_some()
    }

    /// Returns the context of the root, which is an ordinary one from now on.
    pub(crate) fn into_context(self) -> Option<Arc<Context>> {
        let lazy_root = LazyRoot {
            rate: Cell::new(self.rate),
            start: Cell::new(self.start),
            salt: Cell::new(self.salt),
            sampled: Cell::new(self.sampled),
            keeps: Cell::new(self.keeps),
            name: Cell::new(self.name),
            scopes: RefCell::new(self.scopes),
            ..LazyRoot::new()
        };
        let inherited = self.generation != fork::generation();
        Some(lazy_root::context_of(&lazy_root, self.id, self.client?, inherited))
    }
}
