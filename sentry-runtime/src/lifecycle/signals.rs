//! Signals that end the program: captured data is sent first, then the signal ends the program as usual.
//!
//! The handler only writes to a pipe; a thread reads from the pipe and does the rest. A second signal ends the program
//! at once.

#![expect(unsafe_code, reason = "there is no safe way to ask what a signal does")]

pub(super) mod at_once;

use std::ffi::c_int;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use self::at_once::AT_ONCE;
use crate::base::diagnostics;
use crate::base::fork::PerProcess;
use crate::client;
use crate::instrument::monitor;

/// The signals that are watched; empty until then.
static WATCHED: OnceLock<Vec<c_int>> = OnceLock::new();
/// Set when the thread of this process runs or could not be started.
static READER: PerProcess<()> = PerProcess::new();

/// The first process of a container. Linux gives it no signal that it does not handle, so it cannot end by one.
const INIT: u32 = 1;
/// The exit code of a program that a signal ended, less the number of the signal, by the convention of shells and
/// container runtimes.
const ENDED_BY_SIGNAL: c_int = 128;

/// Sends captured data before `SIGTERM` or `SIGINT` ends the program, waiting at most for the option
/// `shutdown_timeout`. The signal still ends the program, so its parent process sees the usual status; a second signal
/// ends it at once. Monitored jobs that are running are reported as failed.
///
/// The first process of a container (process 1) cannot end by a signal on Linux. It exits with code 128 plus the number
/// of the signal instead, 143 for `SIGTERM`. Without this function, or another handler, Linux withholds the signal from
/// such a process, and the container runtime ends it by `SIGKILL` after the grace period.
///
/// For programs that leave these signals to the system: the system does not run destructors, so the guard of
/// [`init`](crate::init) cannot flush. A program that handles the signals to shut down in an orderly way drops its
/// guard or calls [`flush`](crate::flush), and does not need this function. Signals that the program ignores or handles
/// at the time of the call are not changed.
///
/// Call it once, early in `main`. Children of a `fork` are covered from their first capture.
///
/// Available on Unix with the feature `signals`.
///
/// # Errors
/// The error of the system if it refuses the handlers or the thread.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// let _guard = sentry::init(());
/// sentry::flush_on_signals()?;
/// # Ok(())
/// # }
/// ```
pub fn flush_on_signals() -> io::Result<()> {
    // The child of a fork inherits the handlers, but not the thread.
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

/// Returns whether the signal has the system's default action.
fn is_default(signal: c_int) -> bool {
    // SAFETY: the struct is plain data, for which zeros are valid, and the call only writes to it.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0 && now.sa_sigaction == libc::SIG_DFL
    }
}

/// Starts the thread, in a process that needs one and has none yet.
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
        diagnostics::debug(format_args!("signal {signal}: all data was sent in time: {flushed}"));
    }
    #[cfg(all(writes_minidumps, target_os = "linux"))]
    super::crash::let_crash_end();
    if std::process::id() == INIT {
        low_level::exit(ENDED_BY_SIGNAL + signal);
    }
    if let Err(error) = low_level::emulate_default_handler(signal) {
        diagnostics::error(format_args!("signal {signal}: the default action of the system failed: {error}"));
    }
}
