//! The contexts of the machine, as an integration by the name of the official crate.

use crate::client::hint::Hint;
use crate::client::integration::Integration;
use crate::protocol::Event;

/// Leaves contexts of the machine out of errors and messages. Without it, all of them are collected.
///
/// ```
/// use sentry::integrations::contexts::ContextIntegration;
///
/// let options = sentry::ClientOptions::new().add_integration(ContextIntegration::new().add_device(false));
/// # assert_eq!(options.integrations.len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct ContextIntegration {
    os: bool,
    rust: bool,
    device: bool,
}

impl ContextIntegration {
    /// Returns the integration with all contexts.
    #[must_use]
    pub fn new() -> Self {
        Self { os: true, rust: true, device: true }
    }

    /// Sets whether events have the context `os` (default: `true`).
    #[must_use]
    pub fn add_os(self, add: bool) -> Self {
        Self { os: add, ..self }
    }

    /// Sets whether events have the context `rust`, the compiler (default: `true`).
    #[must_use]
    pub fn add_rust(self, add: bool) -> Self {
        Self { rust: add, ..self }
    }

    /// Sets whether events have the context `device` (default: `true`).
    #[must_use]
    pub fn add_device(self, add: bool) -> Self {
        Self { device: add, ..self }
    }
}

impl Default for ContextIntegration {
    fn default() -> Self {
        Self::new()
    }
}

impl Integration for ContextIntegration {
    fn name(&self) -> &'static str {
        "contexts"
    }

    fn process_event(&self, mut event: Event<'static>, _hint: &mut Hint) -> Option<Event<'static>> {
        for (name, keep) in [("os", self.os), ("rust", self.rust), ("device", self.device)] {
            if !keep {
                event.contexts.remove(name);
            }
        }
        Some(event)
    }
}
