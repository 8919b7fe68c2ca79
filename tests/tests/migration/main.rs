//! Tests of programs written for the official crate. All changes that a program needs are in the table in
//! `MIGRATING.md`; here, a comment marks each of them.

mod clients_and_options;
mod envelopes_and_check_ins;
mod errors_and_messages;
mod errors_of_anyhow;
mod hubs;
mod names;
mod panics_and_threads;
mod scopes_and_breadcrumbs;
mod servers_and_logs;
mod spans_and_headers;
mod tests_of_users;
mod traces;
mod tracing_layers;
mod types;

use sentry::ClientOptions;
use sentry::protocol::Event;
use sentry_tests::support::{self, Seen};

/// Runs a closure with scopes of its own, and returns what arrives at a server.
fn observe(options: ClientOptions, run: impl FnOnce()) -> Seen<()> {
    support::observe(options, || sentry::with_isolation_scope(run))
}

/// Returns the events of a closure as they arrive at a server.
fn captured(options: ClientOptions, run: impl FnOnce()) -> Vec<Event<'static>> {
    let seen = observe(options, run);
    seen.events().into_iter().map(|event| serde_json::from_value(event).expect("an event")).collect()
}
