//! What the clients of HTTP have in common: an [`Exchange`] is one request and its answer.
//!
//! A middleware describes the request as a [`Target`] and begins an exchange with it, which starts the span and puts
//! the trace into the headers; it sends the request inside of [`Exchange::span`], and says how it went. That ends the
//! span and leaves a breadcrumb. An exchange of which nothing is said was given up.

mod exchange;
mod target;

pub(super) use exchange::Exchange;
pub(super) use target::Target;
