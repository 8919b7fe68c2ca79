//! Where request-mode sessions hear of requests: each of the two is called once for every request.
//!
//! Spec: `telemetry/sessions/index.mdx`, "Session Aggregates".

use std::sync::Arc;

use crate::capture::session;
use crate::client::Client;
use crate::context::thread_context::Context;
use crate::instrument::instrumented::End;
use crate::protocol::{SessionMode, SessionStatus};

/// The client, if it counts requests by itself.
fn counting(request: &Context) -> Option<Arc<Client>> {
    request.client().filter(|client| {
        let options = client.options();
        client.is_enabled() && options.auto_session_tracking && options.session_mode == SessionMode::Request
    })
}

/// A request came in; the context is its own.
pub(super) fn begin(request: &Context) {
    if let Some(client) = counting(request) {
        session::request_started(&client, &request.isolation);
    }
}

/// The request was answered to the last byte, or given up. What was captured in it has counted in its session by
/// then; a panic that nobody captured counts here.
pub(super) fn end(request: &Context, end: End) {
    if let Some(client) = counting(request) {
        let status = if end == End::Panicked { SessionStatus::Crashed } else { SessionStatus::Exited };
        session::request_ended(&client, request, status);
    }
}
