//! Where request-mode sessions hear of requests: each of the two is called once for every request.
//!
//! Spec: `telemetry/sessions/index.mdx`, "Session Aggregates".

use crate::scope::context::Context;
use crate::trace::instrumented::End;

/// A request came in; the context is its own.
pub(super) fn begin(_request: &Context) {}

/// The request was answered to the last byte, or given up. Whether an event was captured in it is told by
/// `captured` of its isolation scope.
pub(super) fn end(_request: &Context, _end: End) {}
