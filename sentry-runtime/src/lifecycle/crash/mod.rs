//! Crash reports: a minidump and an event when a signal, or an exception of Windows, ends the program.
//!
//! Two processes take part. The *monitor* is the same executable, started again by `init` with [`MARK`] in its
//! environment: there, `init` does not return but waits at its standard input. The *program* installs handlers for the
//! signals. Pipes connect them, so nobody else can reach the monitor, and it ends with the program, however that ends.
//!
//! ```text
//! crashing thread                reporter thread            monitor
//! ───────────────────────        ─────────────────────      ───────────────────────────────
//! registers ───────────────────────────────────────────►    stop the program, write minidump
//! wait                                                ◄───  DUMPED
//! address of its context ──────► scopes, before_send
//!                                event as envelope ─────►   add the minidump
//! wait                           end jobs, flush            send, or keep in the spool
//!                                                     ◄───  SENT
//! the previous handlers, which end the program
//! ```
//!
//! A signal handler must not allocate or lock, and memory may be damaged. So the crashing thread only writes to a pipe,
//! stores words and sleeps; each wait has a deadline, and each step has a replacement:
//!
//! * The reporter cannot finish (it needs a lock that the crashing thread holds): the crashing thread gives up, and the
//!   monitor sends an event that has only the signal and the options of the client.
//! * The monitor cannot start or was killed: the reporter sends the event without a minidump.
//! * Neither works: the program ends as it would without this feature, some seconds later.
//!
//! A crash is one event. Who makes it is decided once, in the program (`State::claim`): by the reporter when its event is
//! ready, or by the crashing thread when it gives up. The monitor waits for that decision, or for the end of the program.
//!
//! Other threads go on meanwhile. They may close the client, which reports the crash all the same (`client/crashed.rs`),
//! or end the program by `exit`, which waits (`signals/exit.rs`).
//!
//! The file `signals` installs the handlers (`exceptions` on Windows and Android), [`handler`] has the part that runs
//! in them, [`reporter`] the threads of the program, [`process`] starts the other process, [`monitor`] runs in it, and
//! [`frames`] has what they say to each other.

#[cfg(writes_minidumps)]
mod cause;
#[cfg(writes_minidumps)]
mod dump;
#[cfg(all(writes_minidumps, not(target_os = "linux")))]
mod exceptions;
#[cfg(writes_minidumps)]
mod frames;
#[cfg(writes_minidumps)]
mod handler;
#[cfg(writes_minidumps)]
mod monitor;
#[cfg(walks_crashed_threads)]
mod overflow;
#[cfg(writes_minidumps)]
mod private_data;
#[cfg(writes_minidumps)]
mod process;
#[cfg(walks_crashed_threads)]
mod registers;
#[cfg(writes_minidumps)]
mod reporter;
#[cfg(all(writes_minidumps, target_os = "linux"))]
mod signals;
#[cfg(writes_minidumps)]
mod stack;
#[cfg(writes_minidumps)]
mod state;

#[cfg(writes_minidumps)]
pub(super) use monitor::run as run_monitor;
#[cfg(all(writes_minidumps, target_os = "linux", feature = "signals"))]
pub(super) use signals::exit::let_crash_end;

use std::sync::Arc;

#[cfg(not(writes_minidumps))]
use crate::base::diagnostics;
use crate::client::Client;

/// The environment variable of the monitor, with the token of its answers.
const MARK: &str = "_SENTRY_CRASH_MONITOR";

/// Returns whether this process is the monitor of crash reports: the same executable, which
/// [`init`](crate::init) has started a second time.
///
/// In that process `init` does not return. Ask before it for what only the program itself should do, such as taking a
/// lock file or printing a banner. With [`#[sentry::main]`](macro@crate::main) nothing runs before.
///
/// ```
/// if !sentry::integrations::crash::is_monitor_process() {
///     println!("Shop 1.4.2");
/// }
/// let _guard = sentry::init(sentry::ClientOptions::new().crash_reports(true));
/// ```
#[must_use]
pub fn is_monitor_process() -> bool {
    #[cfg(all(writes_minidumps, unix))]
    if process::has_foreign_rights() {
        return false;
    }
    cfg!(writes_minidumps) && std::env::var_os(MARK).is_some()
}

/// Starts crash reports for this process, if the client asks for them. The first client that does decides.
pub(super) fn start(client: &Arc<Client>) {
    let options = client.options();
    if !options.crash_reports || !client.is_enabled() {
        return;
    }
    #[cfg(writes_minidumps)]
    handler::start(client);
    #[cfg(not(writes_minidumps))]
    diagnostics::debug(format_args!("crash_reports has no effect on this system"));
}

/// Forgets the monitor of the parent, in the child of a fork.
#[cfg(all(writes_minidumps, unix))]
pub(super) fn reset_after_fork() {
    state::reset_after_fork();
    #[cfg(target_os = "linux")]
    signals::reset_after_fork();
}

/// Starts crash reports in the child of a fork, if the parent has them.
pub(super) fn resume() {
    #[cfg(writes_minidumps)]
    handler::resume();
}
