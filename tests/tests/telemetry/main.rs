//! Tests of logs, metrics, sessions and feedback through the public API.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod allocations;
mod feedback;
mod logs;
mod metrics;
mod sessions;
