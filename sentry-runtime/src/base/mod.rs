//! The lowest layer: containment of user code, diagnostics, fork support, and the roles of the toolkit's own threads.
//!
//! Nothing here knows what is recorded or where it is sent, so every other module may use it.

mod alarm;
mod alarm_parts;
pub(crate) mod callback;
pub(crate) mod diagnostics;
pub(crate) mod epoch;
pub(crate) mod fork;
pub(crate) mod lock;
pub(crate) mod order;
pub(crate) mod probe;
pub(crate) mod static_map;
pub(crate) mod stderr;
pub(crate) mod thread;
pub(crate) mod thread_role;
pub(crate) mod worker;
