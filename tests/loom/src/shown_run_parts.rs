//! The checker's atomics in the place of the standard library's.

pub(super) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
