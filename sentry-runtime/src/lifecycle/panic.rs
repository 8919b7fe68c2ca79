//! The panic hook: captures each panic with its message, location and stack, and then runs the previous hook.
//!
//! The hook runs where the panic happens, so the event has the trace, the scopes and the stack of that location, even
//! if the panic then unwinds through many annotated functions. A panic that no hook of ours sees is noticed while it
//! unwinds, see `capture/unwinding.rs`.
//!
//! Hooks may be chained in any order: one panic is one event, however many hooks of ours see it.

use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use crate::base::callback;
use crate::capture::{event, unwinding};
use crate::client::{self, Client};
use crate::context::active;
use crate::instrument::monitor;
use crate::instrument::vars::{self, running};
use crate::intake::message::Capture;
use crate::stacktrace::locals::CapturedLocals;

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
    /// Whether the panic that this thread raised last was captured.
    static CAPTURED: Cell<bool> = const { Cell::new(false) };
    /// Set while a hook of ours runs, with the hooks behind it.
    static IN_HOOK: Cell<bool> = const { Cell::new(false) };
    /// The panic that the program's own hook handed over last, until a hook of ours sees it.
    static HANDED_OVER: Cell<Option<PanicId>> = const { Cell::new(None) };
}

/// The number of times that a hook of ours was installed.
static INSTALLED: AtomicU32 = AtomicU32::new(0);

/// The identity of a panic for two hook calls. A later panic at the same place has another one: a hook was installed
/// meanwhile, without which none of ours would be called, or the former panic has left code of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
struct PanicId {
    /// The address of its description.
    address: usize,
    place: (u32, u32),
    installed: u32,
    left: u64,
}

impl PanicId {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        Self {
            address: std::ptr::from_ref(info).addr(),
            place: info.location().map_or((0, 0), |at| (at.line(), at.column())),
            installed: INSTALLED.load(Ordering::Relaxed),
            left: unwinding::left(),
        }
    }
}

/// Installs the hook once per process. The previous hook runs after it.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    // The standard library forbids a change of hooks while the thread panics.
    if !std::thread::panicking() {
        ONCE.call_once(install_in_front);
    }
}

/// Installs the hook in front of the present one, which runs after it.
pub(crate) fn install_in_front() {
    if std::thread::panicking() {
        return;
    }
    INSTALLED.fetch_add(1, Ordering::Relaxed);
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // A hook of ours may be among the previous ones.
        let is_first = !IN_HOOK.replace(true);
        if is_first && HANDED_OVER.take() != Some(PanicId::of(info)) {
            capture_panic(info);
        }
        previous(info);
        if is_first {
            IN_HOOK.set(false);
            running::unwinds();
        }
    }));
}

/// Captures a panic for a hook of the program's, also if the option `capture_panics` is off.
pub(crate) fn panic_handler(info: &PanicHookInfo<'_>) {
    let captures = |client: &Arc<Client>| client.options().capture_panics;
    let is_captured = IN_HOOK.get() && active::client().is_some_and(|client| captures(&client));
    if !is_captured {
        HANDED_OVER.set(Some(PanicId::of(info)));
        capture(info, |_| true);
        // Nothing of ours runs at the end of the program's hook, unless it is inside one of ours.
        if !IN_HOOK.get() {
            running::unwinds();
        }
    }
}

/// Returns whether this thread panics and the panic was captured: if the program aborts now, that is the same failure. Safe
/// in a signal handler.
#[cfg(writes_minidumps)]
pub(super) fn is_captured() -> bool {
    CAPTURED.get() && std::thread::panicking()
}

fn capture_panic(info: &PanicHookInfo<'_>) {
    capture(info, |client| client.options().capture_panics);
}

fn capture(info: &PanicHookInfo<'_>, wants: fn(&Client) -> bool) {
    if client::capture_mode() == client::CaptureMode::Off {
        return;
    }
    let end = PanicOutcome::of(info);
    if end != PanicOutcome::AbortsForAnother {
        CAPTURED.set(false);
    }
    unwinding::seen_by_hook(info.payload());
    // Contained panics are not captured, except those that end the program, which cannot be contained.
    if callback::is_quiet() && end == PanicOutcome::Unwinds {
        return;
    }
    if CAPTURING.replace(true) {
        return;
    }
    let wanted = active::client().filter(|client| wants(client));
    if let Some(client) = wanted {
        if end != PanicOutcome::AbortsForAnother {
            let location = info.location().map(|at| (at.file().to_owned(), at.line(), at.column()));
            let unwinds = end == PanicOutcome::Unwinds && vars::shows_vars(client.options());
            let late = if unwinds { running::begin_panic() } else { None };
            let locals = CapturedLocals { late, ..CapturedLocals::default() };
            event::submit(Capture::panic(unwinding::message(info.payload()), location).with_locals(locals));
            CAPTURED.set(true);
        }
        if end != PanicOutcome::Unwinds {
            // Nothing runs after this hook: open runs end here, and captured data is sent now.
            monitor::fail_open_runs();
            client.flush(client.options().shutdown_timeout.max(Duration::from_millis(100)));
        }
    }
    CAPTURING.set(false);
}

/// The course of a panic after the hook.
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
        let text = unwinding::text(info.payload()).unwrap_or_default();
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
