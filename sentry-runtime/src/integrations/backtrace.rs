//! Stacks, by the names of the official crate.

use crate::client::integration::Integration;
use crate::pipeline::event;
use crate::protocol::Stacktrace;
use crate::stacktrace::RawStack;

/// Does nothing: stacks are attached by the option `attach_stacktrace`.
#[derive(Debug, Clone, Copy, Default)]
#[deprecated(note = "leave it out, and use the option `attach_stacktrace`")]
pub struct AttachStacktraceIntegration;

#[allow(deprecated, reason = "the type itself")]
impl AttachStacktraceIntegration {
    /// Returns the integration, which does nothing.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[allow(deprecated, reason = "the type itself")]
impl Integration for AttachStacktraceIntegration {
    fn name(&self) -> &'static str {
        "attach-stacktrace"
    }
}

/// Does nothing: every stack is resolved and sorted into frames of the program and of its dependencies.
#[derive(Debug, Clone, Copy, Default)]
#[deprecated(note = "leave it out: every stack is processed")]
pub struct ProcessStacktraceIntegration;

#[allow(deprecated, reason = "the type itself")]
impl ProcessStacktraceIntegration {
    /// Returns the integration, which does nothing.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[allow(deprecated, reason = "the type itself")]
impl Integration for ProcessStacktraceIntegration {
    fn name(&self) -> &'static str {
        "process-stacktrace"
    }
}

/// Returns the stack of the running code, with names and lines; `None` without a client. The first call reads debug
/// information, which can take a second or more: for errors and messages, the pipeline thread does it.
///
/// ```
/// let stacktrace = sentry::integrations::backtrace::current_stacktrace();
/// # assert!(stacktrace.is_none());
/// ```
#[must_use]
pub fn current_stacktrace() -> Option<Stacktrace> {
    let client = crate::api::get_client().filter(|client| client.is_enabled())?;
    event::resolved(&client, &RawStack::capture())
}
