//! From the queue to the server: the request, answers that refuse, servers that do not answer, what waits and on which
//! terms, and the account of everything that was lost.

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

/// Works until the answer is yes.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How many items were lost for a reason, by the client's own account.
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
