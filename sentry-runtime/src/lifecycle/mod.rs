//! The life of a client: `init`, the guard, flush and close, the panic hook, crashes, signals, exits, forks, and
//! the transports of the options.

#[cfg(feature = "crash")]
pub(crate) mod crash;
pub(crate) mod exit;
mod final_report;
pub(crate) mod forks;
pub(crate) mod guard;
pub(crate) mod init;
pub(crate) mod main_guard;
pub(crate) mod panic;
mod shutdown;
#[cfg(all(unix, feature = "signals"))]
pub(crate) mod signals;
mod startup_report;
mod stats;
mod transports;
