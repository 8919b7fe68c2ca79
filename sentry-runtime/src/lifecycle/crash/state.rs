//! What the crashing thread, the threads of the program and the monitor's answers share: words that a signal handler may
//! read and write.

#[cfg(unix)]
use std::os::fd::AsRawFd as _;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::cause::Cause;
use crate::base::fork::PerProcess;
use crate::client::Client;

/// How long the crashing thread waits for the monitor to start and to write the minidump.
pub(super) const DUMP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the crashing thread and the monitor wait for the event.
pub(super) const EVENT_TIMEOUT: Duration = Duration::from_secs(2);

/// The steps that are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step(pub(super) u32);

impl Step {
    pub(super) const DUMPED: Self = Self(1);
    /// The monitor has sent the report, or has given up.
    pub(super) const SENT: Self = Self(1 << 1);
    /// There is no monitor (any more).
    pub(super) const NO_MONITOR: Self = Self(1 << 2);
    /// The crashing thread wants an event.
    pub(super) const EVENT_WANTED: Self = Self(1 << 3);
    /// The crashing thread wants what is recorded to be sent.
    pub(super) const FLUSH_WANTED: Self = Self(1 << 4);
    /// The event is with the monitor, or with the transport of the program.
    pub(super) const EVENT_DONE: Self = Self(1 << 5);
    pub(super) const FLUSHED: Self = Self(1 << 6);
}

/// The state of crash reports in one process.
#[derive(Debug)]
pub(super) struct State {
    pub(super) client: Weak<Client>,
    /// The option of that client: how long sending may delay the end.
    pub(super) shutdown_timeout: Duration,
    /// The input of the monitor, once it was started.
    pub(super) monitor: OnceLock<ChildStdin>,
    /// The monitor itself.
    pub(super) process: OnceLock<Mutex<Child>>,
    pub(super) reporter: OnceLock<Thread>,
    steps: AtomicU32,
    /// The thread state of the crashing thread.
    pub(super) context: AtomicPtr<()>,
    number: AtomicI32,
    code: AtomicI32,
    thread: AtomicU32,
}

/// The state of this process. A child of a fork has none until it records something.
pub(super) static STATE: PerProcess<State> = PerProcess::new();

impl State {
    pub(super) fn new(client: Weak<Client>, shutdown_timeout: Duration) -> Self {
        Self {
            client,
            shutdown_timeout,
            monitor: OnceLock::new(),
            process: OnceLock::new(),
            reporter: OnceLock::new(),
            steps: AtomicU32::new(0),
            context: AtomicPtr::new(std::ptr::null_mut()),
            number: AtomicI32::new(0),
            code: AtomicI32::new(0),
            thread: AtomicU32::new(0),
        }
    }

    pub(super) fn set_cause(&self, cause: Cause) {
        self.number.store(cause.number, Ordering::Relaxed);
        self.code.store(cause.code, Ordering::Relaxed);
        self.thread.store(cause.thread, Ordering::Relaxed);
    }

    pub(super) fn cause(&self) -> Cause {
        Cause {
            number: self.number.load(Ordering::Relaxed),
            code: self.code.load(Ordering::Relaxed),
            thread: self.thread.load(Ordering::Relaxed),
        }
    }

    pub(super) fn done(&self, step: Step) {
        self.steps.fetch_or(step.0, Ordering::AcqRel);
    }

    pub(super) fn is_done(&self, step: Step) -> bool {
        self.steps.load(Ordering::Acquire) & step.0 == step.0
    }

    /// Asks the reporter for something.
    pub(super) fn ask(&self, step: Step) {
        self.done(step);
        if let Some(reporter) = self.reporter.get() {
            reporter.unpark();
        }
    }

    /// Waits until `is_over`, at most for `limit`. Sleeps in short turns, because a signal handler must not use what
    /// threads are usually woken by.
    pub(super) fn wait(limit: Duration, is_over: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_over() && start.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The ends of the pipes to the monitor, which a child of a fork closes: the monitor ends when the last process has.
#[cfg(unix)]
static PIPES: [AtomicI32; 2] = [const { AtomicI32::new(-1) }; 2];

#[cfg(unix)]
pub(super) fn note_pipes(input: &ChildStdin, output: &ChildStdout) {
    PIPES[0].store(input.as_raw_fd(), Ordering::Relaxed);
    PIPES[1].store(output.as_raw_fd(), Ordering::Relaxed);
}

#[cfg(windows)]
pub(super) fn note_pipes(_input: &ChildStdin, _output: &ChildStdout) {}

/// Closes the pipes to the monitor of the parent, in the child of a fork.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "the owner of the descriptors is in the parent's state, which is never dropped"
)]
pub(crate) fn reset_after_fork() {
    for pipe in &PIPES {
        let descriptor = pipe.swap(-1, Ordering::Relaxed);
        if descriptor >= 0 {
            // SAFETY: the descriptor is open, and nobody in this process uses it: the state of the parent process is
            // not read after a fork, and its threads do not exist here.
            unsafe { libc::close(descriptor) };
        }
    }
}
