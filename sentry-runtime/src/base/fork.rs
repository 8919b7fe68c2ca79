//! What becomes of the toolkit in the child of a `fork`: the child begins anew.
//!
//! A child has a copy of everything its parent had in memory, but of its threads only the one that forked. So
//! queues would be copies that nobody reads or that two processes send, locks may be held by threads that are
//! not there, and both sides would go on with the same ids. Three things are done about it:
//!
//! * Every process has a [generation]. Whatever belongs to a process, such as queues, counters and threads, stands
//!   in a [`PerProcess`], which a child makes anew when it first needs it. The parent's copy is left alone: to free
//!   it, its locks would have to be taken.
//! * What belongs to the thread that forks is put right by the [`Hooks`], which run on that thread.
//! * The few locks around data that the child goes on with are held by the forking thread during the fork, so that
//!   nobody else holds them, and the data is whole.
//!
//! Nothing of this is seen by a program that never forks: it costs a comparison where queues are looked for.
//!
//! This is one of the few places with `unsafe` code: the handlers are registered with the C library, and a
//! `PerProcess` owns what its pointer points to. Values are only added while others may look, never freed.

#![expect(
    unsafe_code,
    reason = "a C function is called, and values are looked at without a lock, see the module's text"
)]

use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// How many forks lie between the process that made the first client and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// The number of this process among its ancestors.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// What runs on the thread that forks. None of it may panic, allocate, or wait for long.
pub(crate) struct Hooks {
    /// Before the fork.
    pub(crate) before: fn(),
    /// After it, in the process that forked.
    pub(crate) in_parent: fn(),
    /// After it, in the new process. The [`generation`] is a new one already.
    pub(crate) in_child: fn(),
}

/// Lets the hooks run at every fork from now on. Only the first call counts.
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
            "a fork of this program will not be noticed ({refused})"
        ));
    }
}

#[cfg(not(unix))]
fn register() {}

/// A value of which every process has its own.
pub(crate) struct PerProcess<T> {
    newest: AtomicPtr<Node<T>>,
    _owns: PhantomData<Box<Node<T>>>,
}

struct Node<T> {
    generation: u32,
    value: T,
}

// SAFETY: it hands out references to a `T` that any thread may have made, and drops it on any.
unsafe impl<T: Send + Sync> Sync for PerProcess<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for PerProcess<T> {}

impl<T> PerProcess<T> {
    /// Nothing, for now.
    pub(crate) const fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()), _owns: PhantomData }
    }

    /// This process's value.
    pub(crate) fn of(value: T) -> Self {
        let node = Box::new(Node { generation: generation(), value });
        Self { newest: AtomicPtr::new(Box::into_raw(node)), _owns: PhantomData }
    }

    fn newest(&self) -> Option<&Node<T>> {
        // SAFETY: the pointer is null or came from a box, and what it points to is freed by `drop` alone.
        unsafe { self.newest.load(Ordering::Acquire).as_ref() }
    }

    /// This process's value, if it was made.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.newest().filter(|node| node.generation == generation()).map(|node| &node.value)
    }

    /// This process's value. It is made when there is none, perhaps by several threads at once, of which one
    /// prevails; `make` is given the value of the process before, whose locks may be held by nobody who lives.
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
        // SAFETY: as in `newest`.
        let value = make(unsafe { inherited.as_ref() }.map(|node| &node.value));
        let made = Box::into_raw(Box::new(Node { generation: generation(), value }));
        match self.newest.compare_exchange(inherited, made, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: it is in its place, and freed by `drop` alone.
            Ok(_) => unsafe { &(*made).value },
            Err(other) => {
                // SAFETY: it came from the box above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: only nodes are put in place of others, and none is freed but by `drop`.
                unsafe { &(*other).value }
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let newest = *self.newest.get_mut();
        // SAFETY: as in `newest`; nobody else has a reference any more.
        if unsafe { newest.as_ref() }.is_some_and(|node| node.generation == generation()) {
            // SAFETY: it came from a box. What a parent process made is left alone, as its locks may be held.
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

    #[test]
    fn what_belongs_to_this_process_is_freed() {
        let value = Arc::new(());
        drop(PerProcess::of(Arc::clone(&value)));
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
