//! Tests of scopes through the public API: which scopes apply to an event, how work gets scopes of its own, their
//! contents, and extensions of a client.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod asynchronous;
mod composing;
mod content;
mod integrations;
mod layers;
mod processors;

use sentry::{ClientOptions, Level};
use sentry_tests::support::observe;
use serde_json::Value;

fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

/// Runs a closure in an isolation scope of its own, clears the global scope, and returns a function that finds an event
/// by its message.
fn events(options: ClientOptions, run: impl FnOnce()) -> impl Fn(&str) -> Value {
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            sentry::get_global_scope().clear();
        }
    }
    let seen = observe(options, || {
        let _clear = Clear;
        sentry::with_isolation_scope(run);
    });
    let events = seen.events();
    move |text| {
        let found = events.iter().find(|event| event["logentry"]["message"] == text);
        found.unwrap_or_else(|| panic!("no `{text}` among {events:#?}")).clone()
    }
}

/// Returns the messages of an event's breadcrumbs.
fn crumbs(event: &Value) -> Vec<String> {
    let crumbs = event["breadcrumbs"]["values"].as_array().into_iter().flatten();
    crumbs.map(|crumb| crumb["message"].as_str().unwrap_or_default().to_owned()).collect()
}

fn crumb(text: &str) -> sentry::Breadcrumb {
    sentry::Breadcrumb { message: Some(text.to_owned()), ..sentry::Breadcrumb::default() }
}
