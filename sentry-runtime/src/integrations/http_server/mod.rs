//! The common part of the HTTP server integrations: the lifetime of one request.
//!
//! [`Incoming`] holds a request as it was received. [`Handling`] begins with it, activates the request's context
//! whenever the handler or the response's body runs ([`Handling::inside`]), records the response, and ends with the
//! last byte of the body, or when the handler or the body is dropped.
//!
//! [Spec, traces](https://develop.sentry.dev/sdk/telemetry/traces/),
//! [data collection](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

mod handling;
mod headers;
mod incoming;
mod outcome;
mod parts;
mod received;
mod request_text;
mod session;

pub(crate) use handling::{Handling, Naming, RunningRequest};
pub(crate) use incoming::Incoming;
pub(crate) use outcome::BodyEnd;
pub(crate) use parts::Head;
pub(crate) use received::RawHeader;
