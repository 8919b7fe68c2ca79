//! The caller's half of capturing: events, errors, sessions, logs, metrics and feedback, on the thread where they
//! happen.
//!
//! Each function takes a snapshot of the thread's context and hands it to the intake. All slow work happens on the
//! pipeline thread.

pub(crate) mod errors;
pub(crate) mod event;
pub(crate) mod feedback;
mod ignore;
pub mod logger;
pub mod metrics;
mod payloads;
pub(crate) mod reading;
pub(crate) mod reported;
mod sameness;
pub(crate) mod seen;
pub(crate) mod session;
pub(crate) mod unwinding;
