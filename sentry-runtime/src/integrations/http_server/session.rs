//! Request-mode sessions of server requests: each of the two functions is called once per request.
//!
//! [Spec, "Session Aggregates"](https://develop.sentry.dev/sdk/telemetry/sessions/)

use std::sync::Arc;

use crate::capture::session;
use crate::client::Client;
use crate::context::thread_context::Context;
use crate::instrument::instrumented::End;
use crate::protocol::{SessionMode, SessionStatus};

/// Returns the client, if it tracks request sessions automatically.
fn counting(request: &Context) -> Option<Arc<Client>> {
    let counts = |client: &Arc<Client>| {
        let options = client.options();
        options.auto_session_tracking && options.session_mode == SessionMode::Request && client.is_enabled()
    };
    match request.segment() {
        // Most clients count none, and this one is at hand.
        Some(segment) => Some(&segment.client).filter(|client| counts(client)).cloned(),
        None => request.client().filter(counts),
    }
}

/// Begins the session of a request with the given context.
pub(super) fn begin(request: &Context) {
    if let Some(client) = counting(request) {
        session::request_started(&client, &request.isolation);
    }
}

/// Ends the session of a request that was answered completely or aborted. Errors captured in it have counted in its
/// session by then; a panic that was not captured counts here.
pub(super) fn end(request: &Context, end: End) {
    if let Some(client) = counting(request) {
        let status = if end == End::Panicked { SessionStatus::Crashed } else { SessionStatus::Exited };
        session::request_ended(&client, request, status);
    }
}
