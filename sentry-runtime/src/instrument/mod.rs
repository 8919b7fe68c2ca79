//! Instrumentation: what the attributes and the functions of the API open around the code of the user.
//!
//! [`guard`] is the span of a synchronous function, [`async_span`] that of a future, [`span`] one that is started by
//! hand. [`handler`], [`monitor`] and [`ai`] build on them; [`autoref`] finds out what a value can do.

pub mod ai;
pub(crate) mod async_span;
pub(crate) mod autoref;
pub(crate) mod block;
pub(crate) mod flags;
pub(crate) mod future;
pub(crate) mod gen_ai;
pub(crate) mod guard;
pub(crate) mod handler;
pub(crate) mod instrumented;
pub(crate) mod monitor;
pub(crate) mod open;
pub(crate) mod options;
pub(crate) mod outgoing;
pub(crate) mod root;
pub(crate) mod span;
pub(crate) mod start;
