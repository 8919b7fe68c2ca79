//! The handlers of crashes on other systems than Linux, by the crate `crash-handler`.

#![expect(unsafe_code, reason = "what may run in a handler is promised to `crash-handler`")]

use std::sync::OnceLock;

use crash_context::CrashContext;
use crash_handler::{CrashEventResult, CrashHandler, Error};

use super::state::AfterCrash;

static HANDLER: OnceLock<CrashHandler> = OnceLock::new();

/// Installs the handlers.
pub(super) fn install(on_crash: fn(&CrashContext) -> AfterCrash) -> Result<(), Error> {
    let handle =
        move |context: &CrashContext| CrashEventResult::Handled(on_crash(context) == AfterCrash::Default);
    // SAFETY: the function keeps to what a handler may do, see its documentation.
    let handler = CrashHandler::attach(unsafe { crash_handler::make_crash_event(handle) })?;
    let _ = HANDLER.set(handler);
    Ok(())
}

/// Allows the monitor, and no other process, to read the memory of this one while a crash is handled.
pub(super) fn allow(monitor: u32) {
    #[cfg(unix)]
    // On a thread of its own: a crash in progress holds the lock that this needs, and waits for who calls this.
    if let Some(handler) = HANDLER.get() {
        let allow = std::thread::Builder::new().name("sentry-allow".to_owned());
        let _ = allow.spawn(move || handler.set_ptracer(Some(monitor)));
    }
    #[cfg(not(unix))]
    let _ = monitor;
}
