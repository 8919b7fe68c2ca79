//! Tests of the way from the queue to the server: requests, refusals, servers that do not answer, waiting items, and
//! the counts of lost items.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod attachments;
mod backpressure;
mod closing;
mod left_overs;
mod limits;
mod network;
mod queue;
mod reports;
mod request;
mod spool;
mod spooler;
mod spotlight;
mod tls;
mod waiting;

use std::time::{Duration, Instant};

use sentry::Level;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::FakeSentry;
use sentry_tests::support::LONG;

pub(crate) fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

pub(crate) fn transaction(name: &'static str) {
    sentry::start_span(name, |_| ());
}

/// Waits until `done` returns true.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns the number of items that were lost for a reason, as counted by the client.
pub(crate) fn lost(stats: &sentry::Stats, reason: DiscardReason, category: DataCategory) -> u64 {
    let entries = stats.dropped.iter();
    entries.filter(|e| e.reason == reason && e.category == category).map(|e| e.quantity).sum()
}

pub(crate) fn texts(server: &FakeSentry) -> Vec<String> {
    server
        .events()
        .iter()
        .map(|event| event["logentry"]["message"].as_str().unwrap_or("-").to_owned())
        .collect()
}
