//! Instrumentation: the spans, handlers and monitors that attributes and API functions put around the user's code.
//!
//! [`guard`] is the span of a synchronous function, [`async_span`] that of a future, and [`span`] a span that is
//! started by hand. [`handler`], [`monitor`] and [`ai`] build on them; [`autoref`] detects the abilities of a value.

pub mod ai;
pub(crate) mod async_span;
pub(crate) mod attributes;
pub(crate) mod autoref;
pub(crate) mod block;
pub(crate) mod flags;
pub(crate) mod future;
pub(crate) mod gen_ai;
pub(crate) mod guard;
pub(crate) mod guard_under;
pub(crate) mod handler;
pub(crate) mod ignore;
pub(crate) mod instrumented;
pub mod mcp;
pub(crate) mod monitor;
pub(crate) mod open;
pub(crate) mod options;
pub(crate) mod outgoing;
pub(crate) mod passed_on;
mod prepared;
pub(crate) mod queue;
pub(crate) mod root;
pub(crate) mod span;
pub(crate) mod start;
#[cfg(feature = "stream")]
pub(crate) mod stream;
pub(crate) mod vars;
