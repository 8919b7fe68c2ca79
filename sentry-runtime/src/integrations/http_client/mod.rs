//! The common part of the HTTP client integrations: an [`Exchange`] is one request and its response.
//!
//! A middleware describes the request as a [`Target`] and begins an exchange with it, which starts the span and adds
//! the trace headers. The middleware sends the request inside [`Exchange::span`] and reports the outcome, which ends
//! the span and adds a breadcrumb. An exchange without an outcome counts as cancelled.

mod exchange;
mod target;

pub(super) use exchange::Exchange;
pub(super) use target::Target;
