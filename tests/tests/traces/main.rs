//! Traces through the public face: what a transaction looks like on the wire, how a trace comes in from another
//! service and goes out to the next, and which traces are recorded.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod active;
mod baggage;
mod blocks;
mod by_hand;
mod describing;
mod environment;
mod filters;
mod flight;
mod groups;
mod hooks;
mod incoming;
mod keep;
mod outgoing;
mod overdue;
mod parents;
mod payload;
mod sampling;
mod span_hook;
mod targets;
mod w3c;

/// A trace and a span of another service.
const TRACE: &str = "771a43a4192642f0b136d5159a501700";
const SPAN: &str = "1234567890abcdef";

fn sentry_trace(suffix: &str) -> (&'static str, String) {
    ("sentry-trace", format!("{TRACE}-{SPAN}{suffix}"))
}
