//! The events of a request, for everything that must not capture the same failure again.

use std::sync::atomic::AtomicBool;

/// The events of a request that a server integration handles.
#[allow(dead_code, reason = "for the integrations of servers and logging crates, which are features")]
#[derive(Debug, Default)]
pub(crate) struct RequestEvents {
    /// Whether one was captured, or the program decided that there is none.
    pub(crate) captured: AtomicBool,
    /// Whether the program decided that the error of a handler is no failure.
    pub(crate) ignored: AtomicBool,
    /// Whether the request is over. Tasks that it started may still work in its scope.
    pub(crate) ended: AtomicBool,
    /// The failures that become events when they reach the integration, unless one was captured before.
    pub(crate) awaited: AwaitedFailures,
}

/// The failures that a server integration captures.
#[allow(dead_code, reason = "named by the integration of tower, which is a feature")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum AwaitedFailures {
    #[default]
    None,
    /// Errors of the service and of the body.
    Errors,
    /// The same, and responses with a status of 500 or more.
    ErrorsAndResponses,
}
