//! Tests of web handlers: `#[server_action]`, `#[api_handler]`, `#[data_fetcher]` and the function forms of all three.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod api_handler;
mod data_fetcher;
mod forms;
mod functions;
mod headers;
mod refusals;
mod server_action;
mod server_action_errors;
mod suspended_actions;
mod tags;

use std::fmt;

use sentry::{ActionError, ControlFlow};
use sentry_tests::support::{Seen, only};
use serde_json::Value;

const TRACE: &str = "771a43a4192642f0b136d5159a501700";
const SPAN: &str = "1234567890abcdef";

fn sentry_trace() -> String {
    format!("{TRACE}-{SPAN}-1")
}

#[derive(Debug)]
enum PageError {
    Moved,
    Missing,
    Broken,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page is {self:?}")
    }
}

impl std::error::Error for PageError {}

impl ActionError for PageError {
    fn control_flow(&self) -> ControlFlow {
        match self {
            Self::Moved => ControlFlow::Redirect,
            Self::Missing => ControlFlow::NotFound,
            Self::Broken => ControlFlow::Failure,
        }
    }
}

/// Returns the trace context of the only transaction.
#[track_caller]
fn root<R>(seen: &Seen<R>) -> Value {
    seen.transaction()["contexts"]["trace"].clone()
}

/// Returns the only exception of the only event.
#[track_caller]
fn exception<R>(seen: &Seen<R>) -> Value {
    only(seen.event()["exception"]["values"].as_array().cloned().unwrap_or_default())
}

fn caught<R>(run: impl FnOnce() -> R) {
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err(), "it panics");
}

/// Ignores the returned value of a handler.
fn ignore<T>(_value: T) {}
