//! A scope that several owners share: reading takes a snapshot, writing copies when a snapshot is out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Scope;
use crate::base::epoch;
use crate::error::repeat::Captured;
use crate::protocol::Uuid;

/// A shared scope. The lock is held for the time of a clone of an `Arc` or of one setter, never while a
/// user's code runs.
#[derive(Debug, Default)]
pub(crate) struct ScopeCell {
    scope: Mutex<Arc<Scope>>,
    /// It is one of the process: others are told when it changes.
    of_process: bool,
    memory: Mutex<LastCaptured>,
}

/// What was captured last in an isolation scope.
#[derive(Debug, Default)]
pub(crate) struct LastCaptured {
    pub(crate) event: Option<Uuid>,
    /// The same event, if it was an error that the user captured.
    pub(crate) error: Option<Captured>,
}

impl ScopeCell {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self { scope: Mutex::new(scope), ..Self::default() }
    }

    /// An empty scope of the process.
    pub(crate) fn of_process() -> Self {
        Self { of_process: true, ..Self::default() }
    }

    fn changed(&self) {
        if self.of_process {
            epoch::begin();
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Arc<Scope>> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scope as it is now. Later changes do not show in it.
    pub(crate) fn snapshot(&self) -> Arc<Scope> {
        Arc::clone(&self.lock())
    }

    /// A cell of its own that starts with the same data.
    pub(crate) fn fork(&self) -> Arc<Self> {
        Arc::new(Self::new(self.snapshot()))
    }

    /// Changes the scope by one of our own setters.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut Scope) -> R) -> R {
        let result = change(Arc::make_mut(&mut self.lock()));
        self.changed();
        result
    }

    /// Changes the scope by a user's closure, which may itself call anything: it works on a copy. Of two such
    /// changes at the same time, the later to end wins.
    pub(crate) fn configure<R>(&self, change: impl FnOnce(&mut Scope) -> R) -> R {
        let mut copy = Scope::clone(&self.snapshot());
        let result = change(&mut copy);
        let replaced = std::mem::replace(&mut *self.lock(), Arc::new(copy));
        drop(replaced);
        self.changed();
        result
    }

    /// What was captured last.
    pub(crate) fn memory(&self) -> MutexGuard<'_, LastCaptured> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
