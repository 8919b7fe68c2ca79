//! Panics, by the names of the official crate.

use std::panic::PanicHookInfo;

use crate::client::integration::Integration;
use crate::lifecycle::panic as hook;

/// Does nothing: panics are captured by the option `capture_panics`, which is on by default.
#[derive(Debug, Clone, Copy, Default)]
#[deprecated(
    note = "leave it out: panics are captured unless the option `capture_panics` is off; `before_send` can change their message"
)]
pub struct PanicIntegration;

#[allow(deprecated, reason = "the type itself")]
impl PanicIntegration {
    /// Returns the integration, which does nothing.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[allow(deprecated, reason = "the type itself")]
impl Integration for PanicIntegration {
    fn name(&self) -> &'static str {
        "panic"
    }
}

/// Captures a panic, for a panic hook of the program's own. With the option `capture_panics`, which is on by default, the
/// client's own hook does it.
///
/// ```
/// let options = sentry::ClientOptions::new().capture_panics(false);
/// std::panic::set_hook(Box::new(|info| sentry::integrations::panic::panic_handler(info)));
/// # drop((options, std::panic::take_hook()));
/// ```
pub fn panic_handler(info: &PanicHookInfo<'_>) {
    hook::capture_by_hand(info);
}

/// Returns the message of a panic.
#[must_use]
pub fn message_from_panic_info<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    hook::text(info.payload()).unwrap_or("Box<Any>")
}
