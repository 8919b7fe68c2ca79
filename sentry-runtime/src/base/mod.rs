//! The ground floor: containment of user code, diagnostics, forks, and the roles of our own threads.
//!
//! Nothing here knows what is recorded or where it goes, so every other room may use it.

pub(crate) mod callback;
pub(crate) mod diagnostics;
pub(crate) mod epoch;
pub(crate) mod fork;
pub(crate) mod lock;
pub(crate) mod probe;
pub(crate) mod static_map;
pub(crate) mod thread_role;
pub(crate) mod worker;
