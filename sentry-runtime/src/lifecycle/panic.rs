//! The panic hook: captures each panic with its message, location and stack, and then runs the previous hook.
//!
//! The hook runs where the panic happens, so the event has the trace, the scopes and the stack of that location, even
//! if the panic then unwinds through many annotated functions.

use std::any::Any;
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::Once;
use std::time::Duration;

use crate::base::callback;
use crate::capture::event;
use crate::client::{self, Client};
use crate::context::active;
use crate::instrument::monitor;
use crate::instrument::vars::{self, running};
use crate::intake::message::Capture;
use crate::stacktrace::locals::CapturedLocals;

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// Installs the hook once per process. The previous hook runs after it.
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
    capture(info, |client| client.options().capture_panics);
}

fn capture(info: &PanicHookInfo<'_>, wants: fn(&Client) -> bool) {
    let end = PanicOutcome::of(info);
    // Contained panics are not captured, except those that end the program, which cannot be contained.
    if client::capture_mode() == client::CaptureMode::Off
        || (callback::is_quiet() && end == PanicOutcome::Unwinds)
    {
        return;
    }
    if CAPTURING.replace(true) {
        return;
    }
    let wanted = active::with(|context| context.client()).filter(|client| wants(client));
    if let Some(client) = wanted {
        if end != PanicOutcome::AbortsForAnother {
            let location = info.location().map(|at| (at.file().to_owned(), at.line(), at.column()));
            let unwinds = end == PanicOutcome::Unwinds && vars::shows_vars(client.options());
            let late = if unwinds { running::begin_panic() } else { None };
            let locals = CapturedLocals { late, ..CapturedLocals::default() };
            event::submit(Capture::panic(message(info.payload()), location).with_locals(locals));
        }
        if end != PanicOutcome::Unwinds {
            // Nothing runs after this hook: open runs end here, and captured data is sent now.
            monitor::fail_open_runs();
            client.flush(client.options().shutdown_timeout.max(Duration::from_millis(100)));
        }
    }
    CAPTURING.set(false);
}

/// Captures a panic from a hook of the program's own.
pub(crate) fn capture_by_hand(info: &PanicHookInfo<'_>) {
    capture(info, |_| true);
}

/// What the panic does after the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PanicOutcome {
    Unwinds,
    Aborts,
    /// A panic that was already captured cannot unwind; the standard library reports that with this second panic.
    AbortsForAnother,
}

/// The messages of the standard library, with a location in `core`, when a panic cannot unwind any further: out of an
/// `extern` function, or out of a destructor that runs because of another panic.
const STUCK: [&str; 2] = ["panic in a function that cannot unwind", "panic in a destructor during cleanup"];
/// The beginnings of the messages of the compiler's checks of unsafe code, which abort. They have the user's location,
/// so only the text identifies them; a panic with such a text is only sent before it unwinds.
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

pub(crate) fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// The text of a panic's payload.
fn message(payload: &(dyn Any + Send)) -> String {
    text(payload).unwrap_or("a value that is not a string").to_owned()
}
