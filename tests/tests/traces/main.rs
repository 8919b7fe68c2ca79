//! Tests of traces through the public API: the sent transactions, incoming and outgoing traces, and sampling.

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
