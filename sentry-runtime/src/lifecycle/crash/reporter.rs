//! The threads of the program: one starts the monitor and reads its answers, one makes the event of a crash.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant, SystemTime};

#[cfg(not(target_os = "linux"))]
use super::exceptions as system;
use super::frames::{self, Answers};
use super::process::Process;
#[cfg(target_os = "linux")]
use super::signals as system;
use super::stack;
use super::state::{self, GRACE, State, Step};
use crate::base::{diagnostics, thread_role};
use crate::capture::event::DatedEvent;
use crate::client::{self, Client, Receivers};
use crate::context::crashed;
use crate::instrument::monitor;
use crate::intake::message::Capture;
#[cfg(feature = "dashboard")]
use crate::options::LocalView;
use crate::pipeline;
use crate::protocol::Envelope;
#[cfg(feature = "dashboard")]
use crate::protocol::Event;
use crate::protocol::nesting::Shallow;
use crate::protocol::random::random_u64;
use crate::transport::Transport;

/// Starts both threads. Without them the handler does nothing.
pub(super) fn start(state: &'static State) {
    let spawn = |name: &str, run: fn(&'static State)| {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            thread_role::mark();
            refuse_sigpipe();
            run(state);
        });
        thread
            .map_err(|error| {
                diagnostics::error(format_args!(
                    "the thread `{name}` could not be started ({error}): crashes are not fully reported"
                ));
            })
            .ok()
    };
    spawn("sentry-crash", report);
    // Only a server can read a minidump.
    if !state.has_server {
        return state.done(Step::NO_MONITOR);
    }
    // Not the name of the monitor: until it executes the program, the new process has the name of this thread.
    if spawn("sentry-watch", watch).is_none() {
        state.done(Step::NO_MONITOR);
    }
}

/// Prevents that this thread ends the program by writing to a monitor that is gone.
pub(super) fn refuse_sigpipe() {
    #[cfg(unix)]
    #[expect(unsafe_code, reason = "there is no safe way to block a signal")]
    // SAFETY: the set is plain data, for which zeros are valid, and the calls only write to it.
    unsafe {
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut signals);
        libc::sigaddset(&raw mut signals, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, std::ptr::null_mut());
    }
}

/// Starts the monitor and reads its answers until it ends.
fn watch(state: &'static State) {
    let token = format!("{:016x}{:016x}", random_u64(), random_u64());
    let mut was_ready = false;
    match Process::start(&token) {
        Ok((process, input, output)) => {
            state::note_pipes(&input, &output);
            let _ = state.process.set(process);
            state.set_input(input);
            let mut output = ManuallyDrop::new(output);
            for (answer, id) in Answers::new(&mut *output, &token) {
                match answer {
                    frames::STARTED => system::allow(id),
                    frames::READY => was_ready = true,
                    frames::DUMPED => state.done(Step::DUMPED),
                    frames::SENT => state.done(Step::SENT),
                    _ => {}
                }
            }
            state.done(Step::NO_MONITOR);
            state::close_output(ManuallyDrop::into_inner(output));
        }
        Err(error) => diagnostics::debug(format_args!("the crash monitor could not be started: {error}")),
    }
    state.done(Step::NO_MONITOR);
    if !state.is_done(Step::EVENT_WANTED) {
        let when = if was_ready { "" } else { " before it was ready" };
        diagnostics::debug(format_args!(
            "the crash monitor ended{when}: crashes are reported without a minidump"
        ));
    }
}

/// Waits for a crash, and reports it.
fn report(state: &'static State) {
    #[cfg(target_os = "linux")]
    state.reporter_id.store(system::thread_id().cast_unsigned(), Ordering::Release);
    // Set before the steps are read: a thread that crashes earlier finds nobody to wake, and its step is seen below.
    // See `State::ask`.
    let _ = state.reporter.set(std::thread::current());
    fence(Ordering::SeqCst);
    while !state.is_done(Step::EVENT_WANTED) && !state.is_done(Step::FLUSH_WANTED) {
        std::thread::park();
    }
    let client = client_of(state);
    let mut report = Report { renewed: Vec::new(), with_monitor: None };
    if state.is_done(Step::EVENT_WANTED) {
        if !state.is_done(Step::DUMPED) {
            dismiss_monitor(state);
        }
        let envelope = client.as_ref().and_then(|client| envelope(state, client));
        let taken = hand_over(state, envelope.as_ref());
        if let (Some(client), Some(envelope)) = (&client, envelope) {
            report.send(client, envelope, taken);
        }
        state.done(Step::EVENT_DONE);
    }
    if let Some(client) = client {
        monitor::fail_open_runs();
        report.finish(state, &client, Duration::ZERO);
        client.flush(state.shutdown_timeout);
        report.finish(state, &client, Duration::MAX);
        client.crash_reported();
    }
    state.done(Step::FLUSHED);
}

/// Ends a monitor that hangs. If it went on later, it would report the crash a second time.
fn dismiss_monitor(state: &State) {
    // A program that has dropped its rights cannot kill it. It reads this after its minidump.
    if let Some(monitor) = state.monitor() {
        let _ = frames::write(monitor, frames::NOTHING, &[]);
    }
    if let Some(process) = state.process.get().filter(|_| !state.is_done(Step::NO_MONITOR)) {
        process.kill();
    }
    state.done(Step::NO_MONITOR);
}

/// Returns the client that asked for crash reports, or the one that has taken its place; `None` if both were closed before
/// the crash. It is enabled, and remains so if it is closed now.
fn client_of(state: &State) -> Option<Arc<Client>> {
    let is_active = |client: &Arc<Client>| client.is_enabled() && client.options().crash_reports;
    let client = state.take_held_client().or_else(|| client::global().filter(is_active))?;
    client.report_crash();
    Some(client)
}

/// Builds the event of the crash in the context of the crashing thread; `None` if it is dropped.
#[expect(unsafe_code, reason = "the state of the crashing thread is read")]
fn envelope(state: &State, client: &Arc<Client>) -> Option<Envelope> {
    // The rest of the time is for callbacks.
    let limit = Instant::now() + state.event_timeout() / 2;
    let cause = state.cause();
    let registers = state.registers.load(Ordering::Acquire);
    // SAFETY: the crashing thread has stored the address, and waits in its handler, which keeps the registers.
    let is_overflow = unsafe { registers.as_ref() }.is_some_and(|context| cause.is_overflow(context));
    let mut event = cause.event(is_overflow);
    #[cfg(feature = "dashboard")]
    say(client, &event);
    stack::add(state, client, &mut event, limit);
    let context = state.context.load(Ordering::Acquire);
    // SAFETY: the crashing thread has stored the address of its own state, and waits in its handler. If it has waited in
    // vain, it only ends the process.
    let _entered = unsafe { crashed::enter_context_of(context, Arc::clone(client)) };
    let draft = Capture::event(Shallow::of(event));
    pipeline::crash_envelope(*DatedEvent::now(draft)?.capture()?)
}

/// Prints a line about the crash if the program shows it on its own dashboard alone, which ends with it.
#[cfg(feature = "dashboard")]
fn say(client: &Client, event: &Event<'_>) {
    let options = client.options();
    if !options.dashboard.is_on() || options.local != LocalView::Off {
        return;
    }
    if let Some(exception) = event.exception.values.first() {
        diagnostics::notice(format_args!(
            "the program has crashed: {}: {} (its dashboard ends with it; SENTRY_LOCAL=1 prints the stack)",
            exception.ty,
            exception.value.as_deref().unwrap_or_default()
        ));
    }
}

/// Hands the envelope to the monitor, which sends it to the server with the minidump. Returns whether the monitor sends the
/// event: this one, or one of its own if the crashing thread has not waited.
fn hand_over(state: &State, envelope: Option<&Envelope>) -> bool {
    let bytes = envelope.map(|envelope| envelope.to_bytes(SystemTime::now()));
    if !state.claim() {
        return true;
    }
    let (kind, payload) = match &bytes {
        Some(bytes) => (frames::ENVELOPE, bytes.as_slice()),
        None => (frames::NOTHING, [].as_slice()),
    };
    let taken = state.monitor().is_some_and(|monitor| frames::write(monitor, kind, payload).is_ok());
    if taken {
        return true;
    }
    // It has ended. It sends an event of its own before if the program was stopped for long.
    state.is_lost_by_monitor(GRACE);
    state.done(Step::NO_MONITOR);
    state.is_done(Step::SENT)
}

/// The event of a crash on its way.
struct Report {
    /// Transports that were made for it.
    renewed: Vec<Arc<dyn Transport>>,
    /// The event, as long as the monitor is to send it.
    with_monitor: Option<Envelope>,
}

impl Report {
    /// Sends the event to the views of a developer alone if the monitor has taken it, and to all receivers if not.
    fn send(&mut self, client: &Client, envelope: Envelope, taken: bool) {
        self.with_monitor = taken.then(|| envelope.clone());
        let to = if taken { Receivers::Views } else { Receivers::All };
        let own = if taken { client.views() } else { client.transport() };
        if !client.is_closed() {
            own.into_iter().for_each(|own| own.send_envelope(envelope.clone()));
        } else if own.is_some() {
            self.send_anew(client, envelope, to);
        }
    }

    fn send_anew(&mut self, client: &Client, envelope: Envelope, to: Receivers) {
        if let Some(transport) = client.new_transport(to) {
            transport.send_envelope(envelope);
            self.renewed.push(transport);
        }
    }

    /// Waits until the event was sent. Sends it to the server if the monitor has ended before it did, for which it waits at
    /// most for `limit`.
    fn finish(&mut self, state: &State, client: &Client, limit: Duration) {
        if self.with_monitor.is_some()
            && state.is_lost_by_monitor(limit)
            && let Some(envelope) = self.with_monitor.take()
        {
            self.send_anew(client, envelope, Receivers::Server);
        }
        for transport in self.renewed.drain(..) {
            transport.shutdown(state.shutdown_timeout);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;

    #[test]
    fn the_reporter_can_be_woken_before_it_waits() {
        let state: &'static State = Box::leak(Box::new(State::new(Weak::new(), Duration::ZERO, false)));
        state.done(Step::FLUSH_WANTED);
        report(state);
        let reporter = state.reporter.get().map(std::thread::Thread::id);
        assert_eq!(reporter, Some(std::thread::current().id()));
        assert!(state.is_done(Step::FLUSHED));
    }
}
