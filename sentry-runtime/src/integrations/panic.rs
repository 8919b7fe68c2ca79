//! The panic hook, for programs with a hook of their own.
//!
//! [`init`](crate::init) installs a hook that captures each panic with its message, location and stack, and then runs
//! the previous hook. A hook that is installed later (`std::panic::set_hook`, `color-eyre`, `human-panic`) replaces it,
//! unless that hook calls the previous one. Panics are captured all the same, by the functions with an attribute that
//! they leave on their way:
//!
//! | function | what the event has |
//! |---|---|
//! | `#[sentry::main]`, web handlers, monitored jobs, futures with `.bind_scope()` or `.in_span(…)`, requests under the layer for tower and the middleware for actix-web | the message, and the trace and scopes of the request or job |
//! | `#[sentry::span]` inside one of them | its span, and the stack from this function on |
//! | `#[sentry::span]` outside of them, `async` or the recorded root of a trace | the same; the message is unknown |
//!
//! The stack between that function and the panic is missing. There are three ways to keep it:
//!
//! - Install the other hook before `sentry::init`.
//! - Call [`register_panic_handler`] after the other hook is installed.
//! - Call [`panic_handler`] in a hook of your own.
//!
//! The same happens to a panic that `std::panic::resume_unwind` raises, which calls no hook. A panic that a hook of ours
//! saw is not captured again if it is resumed on another thread or in another task. A panic that no hook of ours saw is
//! captured once by each task with an attribute that it leaves.
//!
//! The option [`capture_panics`](crate::ClientOptions::capture_panics) turns all of this off.

use std::panic::PanicHookInfo;

use crate::capture::unwinding;
use crate::client::integration::Integration;
use crate::lifecycle::panic;

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

/// Captures a panic from the program's own panic hook, with its message, location and stack. Also works with the option
/// `capture_panics` off. Does nothing without a client. A hook of [`init`](crate::init) that also sees the panic does not capture it again.
///
/// ```
/// let _sentry = sentry::init(sentry::ClientOptions::new());
/// std::panic::set_hook(Box::new(|info| {
///     sentry::integrations::panic::panic_handler(info);
///     eprintln!("Sorry, the shop is closed: {info}");
/// }));
/// # let _ = std::panic::take_hook();
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/)
pub fn panic_handler(info: &PanicHookInfo<'_>) {
    panic::panic_handler(info);
}

/// Installs the hook of [`init`](crate::init) again, in front of the present hook, which runs after it. For programs that
/// install another hook after `init`. Does nothing on a thread that panics.
///
/// ```
/// let _sentry = sentry::init(sentry::ClientOptions::new());
/// std::panic::set_hook(Box::new(|info| eprintln!("Sorry, the shop is closed: {info}")));
/// sentry::integrations::panic::register_panic_handler();
/// # let _ = std::panic::take_hook();
/// ```
pub fn register_panic_handler() {
    panic::install_in_front();
}

/// Returns the message of a panic.
#[must_use]
pub fn message_from_panic_info<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    unwinding::text(info.payload()).unwrap_or("Box<Any>")
}
