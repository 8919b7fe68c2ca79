//! The building blocks of [`shown_run`](super::shown_run): the standard library's atomics. The model under `tests/loom`
//! replaces them by those of a model checker.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
