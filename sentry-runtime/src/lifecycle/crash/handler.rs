//! The handler of crashes in the program: what runs on the crashing thread, in its signal handler.
//!
//! Nothing here allocates or takes a lock. A crash inside the handler ends the program at once: the system gives it no
//! second signal.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crash_context::CrashContext;

use super::cause::Cause;
#[cfg(not(target_os = "linux"))]
use super::exceptions as system;
use super::frames;
use super::reporter;
#[cfg(target_os = "linux")]
use super::signals as system;
use super::state::{AfterCrash, DUMP_TIMEOUT, GRACE, STATE, State, Step};
use crate::base::{diagnostics, stderr};
use crate::client::Client;
use crate::context::crashed;
use crate::lifecycle::panic;

/// Whether the handlers were installed. They stay for the life of the program.
static INSTALLED: OnceLock<bool> = OnceLock::new();

/// Installs the handlers and starts the threads and the monitor.
pub(super) fn start(client: &Arc<Client>) {
    if STATE.get().is_some() {
        return diagnostics::debug(format_args!(
            "crash_reports belongs to a client that was started earlier"
        ));
    }
    let options = client.options();
    let has_server = options.dsn.is_some() || options.transport.is_some();
    let state =
        STATE.get_or_make(|_| State::new(Arc::downgrade(client), options.shutdown_timeout, has_server));
    if *INSTALLED.get_or_init(install) {
        reporter::start(state);
    }
}

/// Starts the threads and a monitor in the child of a fork, whose handlers are those of its parent.
pub(super) fn resume() {
    if STATE.get().is_none() && INSTALLED.get() == Some(&true) {
        let state = STATE.get_or_make(|inherited| match inherited {
            Some(parent) => State::new(parent.client.clone(), parent.shutdown_timeout, parent.has_server),
            None => State::new(std::sync::Weak::new(), Duration::ZERO, false),
        });
        reporter::start(state);
    }
}

fn install() -> bool {
    #[cfg(target_os = "linux")]
    let installed = system::install(on_crash, on_second_crash);
    #[cfg(not(target_os = "linux"))]
    let installed = system::install(on_crash);
    installed.map_err(|error| diagnostics::debug(format_args!("crashes cannot be reported: {error}"))).is_ok()
}

/// Reports a crash. The previous handlers end the program afterwards, as they would have without this one.
fn on_crash(context: &CrashContext) -> AfterCrash {
    // A child of a fork that has recorded nothing.
    let Some(state) = STATE.get() else { return AfterCrash::Previous };
    // Another thread has crashed before, and the previous handlers have not ended the program yet.
    if state.is_done(Step::EVENT_WANTED) || state.is_done(Step::FLUSH_WANTED) {
        return AfterCrash::Previous;
    }
    reporter::refuse_sigpipe();
    stderr::give_up_lock();
    state.hold_client();
    let cause = Cause::of(context);
    let is_known = cause.is_abort() && panic::is_captured();
    if is_known {
        // The event of this failure is that of the panic.
        state.ask(Step::FLUSH_WANTED);
    } else {
        state.set_cause(cause);
        state.context.store(crashed::address().cast_mut(), Ordering::Release);
        state.registers.store(std::ptr::from_ref(context).cast_mut(), Ordering::Release);
        request_dump(state, context);
        state.ask(Step::EVENT_WANTED);
        State::wait(state.event_timeout(), || state.is_done(Step::EVENT_DONE));
        if !state.is_done(Step::EVENT_DONE) {
            give_up(
                state,
                "took too long: a callback hangs, or the crashing thread holds a lock that is needed",
            );
        }
    }
    let is_sent = || is_known || state.is_done(Step::SENT) || state.is_done(Step::NO_MONITOR);
    State::wait(state.shutdown_timeout + GRACE, || is_sent() && state.is_done(Step::FLUSHED));
    #[cfg(not(target_os = "linux"))]
    if cause.is_trap() {
        raise_again(cause);
    }
    // The handler of the standard library would ignore it, and the program go on after its crash was reported.
    if cause.is_sent_fault() { AfterCrash::Default } else { AfterCrash::Previous }
}

/// Notes that another thread has crashed while a crash is reported. If that thread makes the report, the first one waits for
/// nothing more than what the monitor sends.
#[cfg(target_os = "linux")]
fn on_second_crash(thread: u32) {
    let Some(state) = STATE.get().filter(|state| state.reporter_id.load(Ordering::Acquire) == thread) else {
        return;
    };
    if !state.is_done(Step::EVENT_DONE) {
        give_up(state, "has crashed itself, as in a callback that crashes");
    }
    state.done(Step::EVENT_DONE);
    state.done(Step::FLUSHED);
}

/// Leaves the event to the monitor, unless the reporter is handing over its own. Without a monitor the reporter may still
/// send it.
fn give_up(state: &State, reason: &str) {
    let monitor = state.monitor();
    if monitor.is_some() && !state.claim() {
        return;
    }
    say(reason);
    if let Some(monitor) = monitor {
        // If it has ended, the thread that reads its answers knows whether it has sent the report.
        let _ = frames::write(monitor, frames::ALONE, &[]);
    }
}

/// Prints why a report has failed, in a handler: the lock of the standard error may be held.
fn say(reason: &str) {
    #[cfg(unix)]
    for text in ["[sentry] error: the report of a crash is incomplete, as it ", reason, "\n"] {
        #[expect(unsafe_code, reason = "the safe function locks")]
        // SAFETY: the bytes are valid for the call, which is allowed in a handler.
        unsafe {
            libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
        }
    }
    #[cfg(windows)]
    let _ = reason;
}

/// Sends this thread the signal again, which arrives when its handler has returned.
#[cfg(not(target_os = "linux"))]
fn raise_again(cause: Cause) {
    #[cfg(unix)]
    #[expect(unsafe_code, reason = "there is no safe way to raise a signal")]
    // SAFETY: the call is allowed in a signal handler. The signal is blocked until it returns.
    unsafe {
        libc::raise(cause.number);
    }
    #[cfg(windows)]
    let _ = cause;
}

/// Sends the registers to the monitor, and waits until it has written the minidump.
fn request_dump(state: &State, context: &CrashContext) {
    let start = Instant::now();
    State::wait(DUMP_TIMEOUT, || state.has_input() || state.is_done(Step::NO_MONITOR));
    let Some(monitor) = state.monitor() else { return state.done(Step::NO_MONITOR) };
    #[cfg(unix)]
    let sent = frames::write(monitor, frames::CRASH, context.as_bytes());
    #[cfg(windows)]
    let sent = frames::write(monitor, frames::CRASH, &super::dump::to_bytes(context));
    if sent.is_err() {
        return state.done(Step::NO_MONITOR);
    }
    State::wait(DUMP_TIMEOUT.saturating_sub(start.elapsed()), || {
        state.is_done(Step::DUMPED) || state.is_done(Step::NO_MONITOR)
    });
}
