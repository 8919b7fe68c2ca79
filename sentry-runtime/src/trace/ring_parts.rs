//! What [`ring`](super::ring) is built of: the standard library's atomics and cells. The model of the ring under
//! `tests/loom` puts those of a checker in their place, which tries every order in which threads can run.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
pub(super) use std::sync::{Arc, Mutex};

/// Slots in a chunk: at 64 bytes a record this is 8 KiB.
pub(crate) const CHUNK: usize = 128;
/// Read chunks that are kept for later; more are given back to the allocator.
pub(super) const SPARE: usize = 64;

/// A cell whose content is reached by a pointer: who dereferences it says why that is sound.
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    #[inline]
    pub(super) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Looks at the content; nobody writes meanwhile.
    #[inline]
    pub(super) fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
        look(self.0.get())
    }

    /// Changes the content; nobody else looks meanwhile.
    #[inline]
    pub(super) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.0.get())
    }
}

/// A `const fn`; the checker's cells cannot be made by one.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])* $visibility const fn $($rest)*
    };
}
pub(super) use const_fn;
