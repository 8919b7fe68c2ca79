//! Tests of traces that are sent span by span while they run, with the option `trace_lifecycle`.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod batches;
mod hooks;
mod ignored;
mod late;
mod losses;
mod parity;
mod spans;

use sentry::{ClientOptions, TraceLifecycle};
use sentry_tests::support::{self, Seen, only};
use serde_json::Value;

/// Returns the options of a client that streams.
fn streaming() -> ClientOptions {
    support::options().trace_lifecycle(TraceLifecycle::Stream)
}

/// Returns the only streamed span of this name.
#[track_caller]
fn span<R>(seen: &Seen<R>, name: &str) -> Value {
    only(seen.streamed_spans().into_iter().filter(|span| span["name"] == name).collect())
}

/// Returns the value of an attribute of a span, or `null` without one.
fn attribute<'a>(span: &'a Value, name: &str) -> &'a Value {
    &span["attributes"][name]["value"]
}
