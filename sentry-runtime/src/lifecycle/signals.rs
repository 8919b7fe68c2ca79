//! Signals that end the program: what was captured is sent first, then the program ends by the signal as ever.
//!
//! The handler itself only writes to a pipe; a thread of its own reads from that and does the rest. A second signal
//! ends the program at once: whoever sends it does not want to wait.

#![expect(unsafe_code, reason = "there is no safe way to ask what a signal does")]

use std::ffi::c_int;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use crate::base::diagnostics;
use crate::base::fork::PerProcess;
use crate::client;
use crate::instrument::monitor;

/// The signals that are watched, once they are.
static WATCHED: OnceLock<Vec<c_int>> = OnceLock::new();
/// The thread of this process runs, or could not be started.
static READER: PerProcess<()> = PerProcess::new();
/// A signal ends the program at once: one came before, or there is no thread that reads them.
static AT_ONCE: AtomicBool = AtomicBool::new(true);

/// Lets what was captured be sent when `SIGTERM` or `SIGINT` ends the program, for at most the option
/// `shutdown_timeout`. The program ends by the signal all the same, so whoever waits for it sees the same status as
/// ever; a second signal ends it at once. Monitored jobs that run at that time are reported as failed.
///
/// Meant for programs that leave these signals to the system: destructors do not run, so the guard of
/// [`init`](crate::init) cannot flush. A program that handles them itself, to shut down in good order, lets its guard
/// be dropped or calls [`flush`](crate::flush), and does not need this. A signal that is ignored or handled when this
/// is called is left alone.
///
/// Call it once, early in `main`. Children of a `fork` are covered from the first thing that they capture.
///
/// Unix, feature `signals`.
///
/// # Errors
/// The system refuses the handlers or the thread.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// let _guard = sentry::init(());
/// sentry::flush_on_signals()?;
/// # Ok(())
/// # }
/// ```
pub fn flush_on_signals() -> io::Result<()> {
    // The child of a fork has the handlers, but not the thread.
    super::forks::watch();
    if WATCHED.get().is_none() {
        let left_to_us: Vec<c_int> =
            [SIGTERM, SIGINT].into_iter().filter(|&signal| is_default(signal)).collect();
        if WATCHED.set(left_to_us.clone()).is_ok() {
            for signal in left_to_us {
                flag::register_conditional_default(signal, &AT_ONCE)?;
            }
        }
    }
    resume()
}

/// Whether the signal does what the system does with it.
fn is_default(signal: c_int) -> bool {
    // SAFETY: the struct is plain data, for which zeros are fine, and the call only writes to it.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0 && now.sa_sigaction == libc::SIG_DFL
    }
}

/// Signals end the child of a fork at once, until it has something to send.
pub(crate) fn reset_after_fork() {
    AT_ONCE.store(true, Ordering::SeqCst);
}

/// Starts the thread, in a process that has none yet and is to have one.
pub(crate) fn resume() -> io::Result<()> {
    let Some(watched) = WATCHED.get().filter(|_| READER.get().is_none()) else { return Ok(()) };
    READER.get_or_make(|_| ());
    let mut signals = Signals::new(watched)?;
    std::thread::Builder::new().name("sentry-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            AT_ONCE.store(true, Ordering::SeqCst);
            end_by(signal);
        }
    })?;
    AT_ONCE.store(false, Ordering::SeqCst);
    Ok(())
}

fn end_by(signal: c_int) {
    if let Some(client) = client::global().filter(|client| client.is_enabled()) {
        monitor::fail_open_runs();
        let flushed = client.flush(client.options().shutdown_timeout);
        diagnostics::debug(format_args!("signal {signal}: everything was sent: {flushed}"));
    }
    if let Err(error) = low_level::emulate_default_handler(signal) {
        diagnostics::error(format_args!("signal {signal} could not be given back to the system: {error}"));
    }
}
