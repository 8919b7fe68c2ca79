//! Panics: a hook that captures each with its message, place and stack, before whatever hook was there.
//!
//! The hook runs where the panic happens, so the event has the trace, the scopes and the stack of that place,
//! however many annotated functions the panic crosses on its way out.

use std::any::Any;
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::Once;
use std::time::Duration;

use crate::capture::{self, Capture};
use crate::scope::active;
use crate::{client, monitor};

thread_local! {
    /// Panics of code that we run and contain ourselves are no events.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// Installs the hook, once a process. The hook that was there runs after ours.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            capture_panic(info);
            previous(info);
        }));
    });
}

/// Runs something that may panic and is contained by the caller, without making an event of it.
pub(crate) fn quietly<R>(run: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _restore = Restore(QUIET.replace(true));
    run()
}

fn capture_panic(info: &PanicHookInfo<'_>) {
    if client::level() == client::Level::Off || QUIET.get() || CAPTURING.replace(true) {
        return;
    }
    let wanted = active::with(|context| context.client()).filter(|client| client.options().capture_panics);
    if let Some(client) = wanted {
        let location = info.location().map(|at| (at.file().to_owned(), at.line(), at.column()));
        capture::submit(Capture::panic(message(info.payload()), location));
        if cfg!(panic = "abort") {
            // Nothing runs after this hook: what is open ends here, and what is captured goes out now.
            monitor::fail_open_runs();
            client.flush(client.options().shutdown_timeout.max(Duration::from_millis(100)));
        }
    }
    CAPTURING.set(false);
}

/// The text of a panic's payload.
fn message(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "a value that is no text".to_owned(),
    }
}
