//! Logs, metrics, sessions and feedback through the public face.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

#[path = "../support/mod.rs"]
mod support;

mod allocations;
mod feedback;
mod logs;
mod metrics;
mod sessions;
