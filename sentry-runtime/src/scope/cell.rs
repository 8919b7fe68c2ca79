//! Shared scopes: readers take a snapshot, and writers copy the data while a snapshot exists.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Scope;
use crate::base::epoch;
use crate::error::repeat::Captured;
use crate::protocol::Uuid;

/// A shared scope. The lock is held for a clone of an `Arc` or for one setter, never while user code runs.
#[derive(Debug, Default)]
pub(crate) struct ScopeCell {
    scope: Mutex<Arc<Scope>>,
    /// Whether it is a scope of the process, whose changes are announced.
    of_process: bool,
    /// Created by the first capture: most scopes see none.
    memory: Mutex<Option<Box<LastCaptured>>>,
}

/// The last captured event of an isolation scope.
#[derive(Debug, Default)]
pub(crate) struct LastCaptured {
    pub(crate) event: Option<Uuid>,
    /// The same event, if it was an error that the user captured.
    pub(crate) error: Option<Captured>,
}

impl ScopeCell {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        // Written out: a default cell would allocate an empty scope.
        Self { scope: Mutex::new(scope), of_process: false, memory: Mutex::new(None) }
    }

    /// Returns an empty scope of the process.
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

    /// Returns the current data of the scope. Later changes do not affect it.
    pub(crate) fn snapshot(&self) -> Arc<Scope> {
        Arc::clone(&self.lock())
    }

    /// Returns the data of a scope that is no longer used here. If nothing else uses the scope, that takes no lock.
    pub(crate) fn into_data(self: Arc<Self>) -> Arc<Scope> {
        match Arc::try_unwrap(self) {
            Ok(cell) => cell.scope.into_inner().unwrap_or_else(PoisonError::into_inner),
            Err(shared) => shared.snapshot(),
        }
    }

    /// Returns whether it is the isolation scope of a request that a server integration handles, or a fork of one.
    pub(crate) fn is_of_request(&self) -> bool {
        self.lock().request_events.is_some()
    }

    /// Returns a new cell that starts with the same data.
    pub(crate) fn fork(&self) -> Arc<Self> {
        Arc::new(Self::new(self.snapshot()))
    }

    /// Changes the scope by a setter of this crate.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut Scope) -> R) -> R {
        let mut scope = self.lock();
        // Snapshots are taken under the lock. If none of them is held, nobody has a copy that could become stale.
        if let Some(own) = Arc::get_mut(&mut scope) {
            return change(own);
        }
        let result = change(Arc::make_mut(&mut scope));
        drop(scope);
        self.changed();
        result
    }

    /// Changes the scope by a user's closure, which may call anything: it works on a copy. Changes by other code in the
    /// meantime are kept, see [`Scope::rebased`].
    pub(crate) fn configure<R>(&self, change: impl FnOnce(&mut Scope) -> R) -> R {
        let base = self.snapshot();
        let mut copy = Scope::clone(&base);
        let result = change(&mut copy);
        let own = Arc::new(copy);
        let mut scope = self.lock();
        let next =
            if Arc::ptr_eq(&scope, &base) { Arc::clone(&own) } else { Arc::new(own.rebased(&base, &scope)) };
        let replaced = std::mem::replace(&mut *scope, next);
        drop(scope);
        // Dropped after the lock is released: a dropped processor may run a user's `Drop`.
        drop((replaced, base, own));
        self.changed();
        result
    }

    /// Reads or changes the memory of the last captured event. `look` must not run user code.
    pub(crate) fn with_memory<R>(&self, look: impl FnOnce(&mut LastCaptured) -> R) -> R {
        look(self.memory.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Arc<ScopeCell> {
        let cell = Arc::<ScopeCell>::default();
        cell.update(|scope| scope.set_transaction(Some(name)));
        cell
    }

    #[test]
    fn the_data_of_a_scope_that_nothing_else_uses_is_moved() {
        let cell = named("checkout");
        let data = Arc::as_ptr(&cell.lock());
        let mut moved = cell.into_data();
        assert!(std::ptr::eq(data, Arc::as_ptr(&moved)));
        assert!(Arc::get_mut(&mut moved).is_some(), "nothing else has it");
    }

    #[test]
    fn a_scope_that_something_else_uses_keeps_its_data() {
        let cell = named("checkout");
        let data = Arc::clone(&cell).into_data();
        cell.update(|scope| scope.set_transaction(Some("refund")));
        assert_eq!(data.rest.transaction.as_deref(), Some("checkout"));
        assert_eq!(cell.into_data().rest.transaction.as_deref(), Some("refund"));
    }
}
