//! Support for `fork`: the toolkit starts afresh in the child process.
//!
//! A child has a copy of its parent's memory, but only the thread that forked. So queues would be copies that no thread
//! reads or that two processes send, locks may be held by threads that do not exist in the child, and parent and child
//! would generate the same ids. Three measures prevent this:
//!
//! * Every process has a [generation]. State that belongs to a process, such as queues, counters and threads, is held
//!   in a [`PerProcess`], which a child creates anew at first use. The parent's copy is leaked: freeing it would take
//!   its locks.
//! * State that belongs to the forking thread is corrected by the [`Hooks`], which run on that thread.
//! * The few locks around data that the child keeps using are held by the forking thread during the fork, so that no
//!   other thread holds them and the data is consistent.
//!
//! A program that never forks pays one comparison for each access to its queues.
//!
//! This is one of the few modules with `unsafe` code: the handlers are registered with the C library, and a
//! `PerProcess` owns the value its pointer refers to. Values are only added while other threads may read, never freed.

#![expect(
    unsafe_code,
    reason = "calls a C function and reads values without a lock, see the module documentation"
)]

use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// The number of forks between the process that created the first client and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Returns the generation of this process: 0 in the first process, one more in each child.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// The functions that run on the forking thread. They must not panic, allocate or wait for long.
#[cfg_attr(not(unix), allow(dead_code, reason = "only Unix has forks"))]
pub(crate) struct Hooks {
    /// Runs before the fork.
    pub(crate) before: fn(),
    /// Runs after the fork, in the parent.
    pub(crate) in_parent: fn(),
    /// Runs after the fork, in the child. The [`generation`] is already the child's.
    pub(crate) in_child: fn(),
}

/// Registers hooks that run at every fork from now on. Only the first call has an effect.
pub(crate) fn watch(hooks: Hooks) {
    if HOOKS.set(hooks).is_ok() {
        register();
    }
}

#[cfg(unix)]
fn register() {
    extern "C" fn before() {
        run(|hooks| hooks.before);
    }
    extern "C" fn in_parent() {
        run(|hooks| hooks.in_parent);
    }
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        run(|hooks| hooks.in_child);
    }
    fn run(which: fn(&Hooks) -> fn()) {
        if let Some(hooks) = HOOKS.get() {
            which(hooks)();
        }
    }
    // SAFETY: the functions live as long as the program; they do not unwind, as the hooks do not panic.
    let refused = unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    if refused != 0 {
        crate::base::diagnostics::debug(format_args!(
            "fork handlers could not be registered (pthread_atfork returned {refused}): data that a forked \
             child records may be lost"
        ));
    }
}

#[cfg(not(unix))]
fn register() {}

/// A value that each process creates for itself.
pub(crate) struct PerProcess<T> {
    newest: AtomicPtr<Node<T>>,
    _owns: PhantomData<Box<Node<T>>>,
}

struct Node<T> {
    generation: u32,
    value: T,
}

// SAFETY: `of` hands out references to a `T` that any thread may have created, and `drop` may run on any thread.
unsafe impl<T: Send + Sync> Sync for PerProcess<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for PerProcess<T> {}

impl<T> PerProcess<T> {
    /// Creates an empty cell.
    pub(crate) const fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()), _owns: PhantomData }
    }

    /// Creates a cell that holds this process's value.
    pub(crate) fn of(value: T) -> Self {
        let node = Box::new(Node { generation: generation(), value });
        Self { newest: AtomicPtr::new(Box::into_raw(node)), _owns: PhantomData }
    }

    fn newest(&self) -> Option<&Node<T>> {
        // SAFETY: the pointer is null or came from a box, and what it points to is freed by `drop` alone.
        unsafe { self.newest.load(Ordering::Acquire).as_ref() }
    }

    /// Returns this process's value, if it exists.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.newest().filter(|node| node.generation == generation()).map(|node| &node.value)
    }

    /// Returns this process's value, and creates it if there is none. If several threads create it at the same time,
    /// one value is kept. `make` receives the value of the parent process, whose locks may be held by threads that
    /// are gone.
    #[inline]
    pub(crate) fn get_or_make(&self, make: impl FnOnce(Option<&T>) -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.make(make),
        }
    }

    #[cold]
    fn make(&self, make: impl FnOnce(Option<&T>) -> T) -> &T {
        let inherited = self.newest.load(Ordering::Acquire);
        // Another thread may have created the value since the caller looked, and uses it.
        // SAFETY: as in `newest`.
        if let Some(node) = unsafe { inherited.as_ref() }.filter(|node| node.generation == generation()) {
            return &node.value;
        }
        // SAFETY: as in `newest`.
        let value = make(unsafe { inherited.as_ref() }.map(|node| &node.value));
        let made = Box::into_raw(Box::new(Node { generation: generation(), value }));
        match self.newest.compare_exchange(inherited, made, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: the node is published, and freed by `drop` alone.
            Ok(_) => unsafe { &(*made).value },
            Err(other) => {
                // SAFETY: the node came from the box above, and no other thread has seen it.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: nodes are only replaced by nodes, and only `drop` frees one.
                unsafe { &(*other).value }
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let newest = *self.newest.get_mut();
        // SAFETY: as in `newest`; there is no other reference any more.
        if unsafe { newest.as_ref() }.is_some_and(|node| node.generation == generation()) {
            // SAFETY: the node came from a box. The parent's node is leaked, as its locks may be held.
            drop(unsafe { Box::from_raw(newest) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn one_of_many_makers_prevails() {
        let cell: PerProcess<usize> = PerProcess::new();
        assert_eq!(cell.get(), None);
        let seen: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|number| {
                    scope.spawn({
                        let cell = &cell;
                        move || *cell.get_or_make(|_| number)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(seen.iter().all(|&value| value == seen[0]), "{seen:?}");
        assert_eq!(cell.get(), Some(&seen[0]));
    }

    /// Two threads find no value, and the second one creates its own after the first.
    #[test]
    fn a_value_that_another_thread_created_meanwhile_is_kept() {
        let cell: PerProcess<usize> = PerProcess::new();
        assert_eq!(*cell.make(|_| 1), 1);
        assert_eq!(*cell.make(|_| 2), 1);
        assert_eq!(cell.get(), Some(&1));
    }

    #[test]
    fn what_belongs_to_this_process_is_freed() {
        let value = Arc::new(());
        drop(PerProcess::of(Arc::clone(&value)));
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
