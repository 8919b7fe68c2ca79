//! Panics: a hook that captures each with its message, place and stack, before whatever hook was there.
//!
//! The hook runs where the panic happens, so the event has the trace, the scopes and the stack of that place,
//! however many annotated functions the panic crosses on its way out.

use std::any::Any;
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::Once;
use std::time::Duration;

use crate::base::callback;
use crate::capture::event;
use crate::client;
use crate::context::active;
use crate::instrument::monitor;
use crate::intake::message::Capture;

thread_local! {
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

fn capture_panic(info: &PanicHookInfo<'_>) {
    let end = PanicOutcome::of(info);
    // Panics that are contained stay quiet; one that ends the program is contained by nobody.
    if client::capture_mode() == client::CaptureMode::Off
        || (callback::is_quiet() && end == PanicOutcome::Unwinds)
    {
        return;
    }
    if CAPTURING.replace(true) {
        return;
    }
    let wanted = active::with(|context| context.client()).filter(|client| client.options().capture_panics);
    if let Some(client) = wanted {
        if end != PanicOutcome::AbortsForAnother {
            let location = info.location().map(|at| (at.file().to_owned(), at.line(), at.column()));
            event::submit(Capture::panic(message(info.payload()), location));
        }
        if end != PanicOutcome::Unwinds {
            // Nothing runs after this hook: what is open ends here, and what is captured goes out now.
            monitor::fail_open_runs();
            client.flush(client.options().shutdown_timeout.max(Duration::from_millis(100)));
        }
    }
    CAPTURING.set(false);
}

/// What comes after the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PanicOutcome {
    Unwinds,
    Aborts,
    /// The panic that was captured before could not go on; this is only how the standard library says so.
    AbortsForAnother,
}

/// What the standard library says, from a place of its own, when a panic cannot unwind any further: out of a function
/// of another language, or out of a destructor that runs because of another panic.
const STUCK: [&str; 2] = ["panic in a function that cannot unwind", "panic in a destructor during cleanup"];
/// How the compiler's checks of unsafe code begin, which abort wherever they fail. They name the user's place, so
/// there is only the text to know them by; a panic that begins like one is merely sent before it unwinds.
const CHECKS: [&str; 3] = [
    "unsafe precondition(s) violated: ",
    "null pointer dereference occurred",
    "misaligned pointer dereference: ",
];

impl PanicOutcome {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        let text = text(info.payload()).unwrap_or_default();
        let is_in_core = |file: &str| {
            ["core/src/panicking.rs", r"core\src\panicking.rs"].iter().any(|own| file.ends_with(own))
        };
        if STUCK.contains(&text) && info.location().is_some_and(|at| is_in_core(at.file())) {
            Self::AbortsForAnother
        } else if cfg!(panic = "abort") || CHECKS.iter().any(|check| text.starts_with(check)) {
            Self::Aborts
        } else {
            Self::Unwinds
        }
    }
}

fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// The text of a panic's payload.
fn message(payload: &(dyn Any + Send)) -> String {
    text(payload).unwrap_or("a value that is no text").to_owned()
}
