//! The building blocks of [`ring`](super::ring): the standard library's atomics and cells. The model of the ring under
//! `tests/loom` replaces them by those of a model checker, which tries every possible thread interleaving.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
pub(super) use std::sync::{Arc, Mutex};

#[cfg(test)]
pub(super) use super::cache_lines::pretended::{Core, evict};
#[cfg(not(test))]
pub(super) use super::cache_lines::{Core, evict};

/// The number of slots in a chunk: at 64 bytes per record, a chunk has 8 KiB.
pub(crate) const CHUNK: usize = 128;
/// The maximum number of spare chunks; more are returned to the allocator.
pub(super) const SPARE: usize = 64;

/// A cell with access by pointer; the code that dereferences the pointer states why that is sound.
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    #[inline]
    pub(super) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Reads the content; there is no writer meanwhile.
    #[inline]
    pub(super) fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
        look(self.0.get())
    }

    /// Changes the content; there is no other access meanwhile.
    #[inline]
    pub(super) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.0.get())
    }
}

/// A `const fn`; the model checker's cells have no `const` constructor.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])* $visibility const fn $($rest)*
    };
}
pub(super) use const_fn;
