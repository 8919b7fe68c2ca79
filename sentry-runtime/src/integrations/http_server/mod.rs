//! What the integrations of servers have in common: the life of one request.
//!
//! [`Incoming`] is what a request says of itself, as far as it may be kept. [`Handling`] begins with it, puts the
//! request's context in place whenever the handler or the response's body runs ([`Handling::inside`]), hears how
//! it was answered, and ends with the last byte of the body, or when either is dropped.
//!
//! Spec: `telemetry/traces/index.mdx`, `foundations/client/data-collection/index.mdx`.

mod handling;
mod incoming;
mod outcome;
mod session;

pub(crate) use handling::{Handling, Naming, RunningRequest};
pub(crate) use incoming::{Head, Incoming};
pub(crate) use outcome::BodyEnd;
