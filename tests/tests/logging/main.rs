//! Tests of the integrations for the crates `tracing` and `log`.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod log_records;
mod loops;
mod tracing_active;
mod tracing_async;
mod tracing_events;
mod tracing_spans;

use std::fmt;

use sentry::integrations::tracing::{SentryLayer, layer};
use tracing_subscriber::layer::SubscriberExt as _;

/// Runs a closure with the layer on this thread.
fn traced<R>(run: impl FnOnce() -> R) -> R {
    traced_by(layer(), run)
}

fn traced_by<R>(layer: SentryLayer, run: impl FnOnce() -> R) -> R {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), run)
}

/// Runs a closure without the breadcrumbs of other tests.
fn alone<R>(run: impl FnOnce() -> R) -> R {
    sentry::with_isolation_scope(|| {
        sentry::get_isolation_scope().clear_breadcrumbs();
        run()
    })
}

#[derive(Debug)]
struct DiskFull;

impl fmt::Display for DiskFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk is full")
    }
}

impl std::error::Error for DiskFull {}

#[derive(Debug)]
struct NotSaved(DiskFull);

impl fmt::Display for NotSaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was not saved")
    }
}

impl std::error::Error for NotSaved {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
