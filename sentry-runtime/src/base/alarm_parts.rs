//! The building blocks of [`alarm`](super::alarm): the standard library's atomics. The model of the alarm under
//! `tests/loom` replaces them by those of a model checker.

pub(super) use std::sync::atomic::{AtomicBool, Ordering};
