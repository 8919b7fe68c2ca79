//! Programs as they are written for the official crate, against this one. What a program has to change is in the
//! README's table and nowhere else: here it is marked by a comment.

mod errors_and_messages;
mod panics_and_threads;
mod scopes_and_breadcrumbs;
mod tests_of_users;
mod traces;
mod types;

use sentry::ClientOptions;
use sentry::protocol::Event;
use sentry_tests::support;

/// The events of a closure, as they arrive at a server.
fn captured(options: ClientOptions, run: impl FnOnce()) -> Vec<Event<'static>> {
    let seen = support::observe(options, run);
    seen.events().into_iter().map(|event| serde_json::from_value(event).expect("an event")).collect()
}
