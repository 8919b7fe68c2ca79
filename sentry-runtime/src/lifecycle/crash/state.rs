//! The state that the crashing thread shares with the program's reporting threads: words that a signal handler may read and
//! write.

#[cfg(unix)]
use std::os::fd::{AsRawFd as _, IntoRawFd as _, RawFd};
use std::process::{ChildStdin, ChildStdout};
#[cfg(unix)]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crash_context::CrashContext;

use super::cause::Cause;
use super::process::Process;
use crate::base::fork::PerProcess;
use crate::client::Client;

/// How long the crashing thread waits for the monitor to start and to write the minidump.
pub(super) const DUMP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the crashing thread waits for the event.
pub(super) const EVENT_TIMEOUT: Duration = Duration::from_secs(2);
/// The same without a server. No minidump is written then, and the names of functions are all that a developer sees: to find
/// them in a large program without optimisation takes seconds. A longer `shutdown_timeout` prolongs it.
const EVENT_TIMEOUT_OF_VIEWS: Duration = Duration::from_secs(10);

/// How long the program waits beyond a deadline for the last answer of the monitor.
pub(super) const GRACE: Duration = Duration::from_millis(500);

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
    /// It is decided who makes the event that the monitor sends, see [`State::claim`].
    const CLAIMED: Self = Self(1 << 7);
}

/// The end of the program after a crash was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterCrash {
    /// The previous handlers are restored and decide.
    Previous,
    /// The system ends the program.
    Default,
}

/// The state of crash reports in one process.
#[derive(Debug)]
pub(super) struct State {
    pub(super) client: Weak<Client>,
    /// A handle to the same client, from a crash on, see [`State::hold_client`].
    held: AtomicPtr<Client>,
    /// The option of that client: how long sending may delay the end.
    pub(super) shutdown_timeout: Duration,
    /// Whether the client sends to a server, which can read minidumps.
    pub(super) has_server: bool,
    /// The input of the monitor, once it was started.
    input: OnceLock<ChildStdin>,
    /// The monitor itself.
    pub(super) process: OnceLock<Process>,
    pub(super) reporter: OnceLock<Thread>,
    /// The id that the system gave the reporter; 0 before it runs.
    #[cfg(target_os = "linux")]
    pub(super) reporter_id: AtomicU32,
    steps: AtomicU32,
    /// The thread state of the crashing thread.
    pub(super) context: AtomicPtr<()>,
    /// The registers of the crashing thread.
    pub(super) registers: AtomicPtr<CrashContext>,
    number: AtomicI32,
    code: AtomicI32,
    thread: AtomicU32,
    /// The address of the cause.
    address: AtomicUsize,
    has_address: AtomicBool,
}

/// The state of this process. A child of a fork has none until it records something.
pub(super) static STATE: PerProcess<State> = PerProcess::new();

impl State {
    pub(super) fn new(client: Weak<Client>, shutdown_timeout: Duration, has_server: bool) -> Self {
        Self {
            client,
            held: AtomicPtr::new(std::ptr::null_mut()),
            shutdown_timeout,
            has_server,
            input: OnceLock::new(),
            process: OnceLock::new(),
            reporter: OnceLock::new(),
            #[cfg(target_os = "linux")]
            reporter_id: AtomicU32::new(0),
            steps: AtomicU32::new(0),
            context: AtomicPtr::new(std::ptr::null_mut()),
            registers: AtomicPtr::new(std::ptr::null_mut()),
            number: AtomicI32::new(0),
            code: AtomicI32::new(0),
            thread: AtomicU32::new(0),
            address: AtomicUsize::new(0),
            has_address: AtomicBool::new(false),
        }
    }

    /// Returns how long the crashing thread waits for the event.
    pub(super) fn event_timeout(&self) -> Duration {
        if self.has_server { EVENT_TIMEOUT } else { EVENT_TIMEOUT_OF_VIEWS.max(self.shutdown_timeout) }
    }

    pub(super) fn set_cause(&self, cause: Cause) {
        self.number.store(cause.number, Ordering::Relaxed);
        self.code.store(cause.code, Ordering::Relaxed);
        self.thread.store(cause.thread, Ordering::Relaxed);
        self.address.store(cause.address.unwrap_or_default(), Ordering::Relaxed);
        self.has_address.store(cause.address.is_some(), Ordering::Relaxed);
    }

    pub(super) fn cause(&self) -> Cause {
        Cause {
            number: self.number.load(Ordering::Relaxed),
            code: self.code.load(Ordering::Relaxed),
            thread: self.thread.load(Ordering::Relaxed),
            address: self.has_address.load(Ordering::Relaxed).then(|| self.address.load(Ordering::Relaxed)),
        }
    }

    pub(super) fn done(&self, step: Step) {
        self.steps.fetch_or(step.0, Ordering::AcqRel);
    }

    pub(super) fn is_done(&self, step: Step) -> bool {
        self.steps.load(Ordering::Acquire) & step.0 == step.0
    }

    /// Decides who makes the event that the monitor sends: the first one who asks. The reporter asks when its event is
    /// ready, the crashing thread when it has waited long enough; it leaves the event to the monitor.
    pub(super) fn claim(&self) -> bool {
        self.steps.fetch_or(Step::CLAIMED.0, Ordering::AcqRel) & Step::CLAIMED.0 == 0
    }

    /// Keeps the client for the report, unless `close` had returned before the crash. Other threads go on, and may close
    /// it. Safe in a signal handler: to add a handle neither allocates nor locks.
    pub(super) fn hold_client(&self) {
        let Some(client) = self.client.upgrade() else { return };
        let is_closed = client.has_close_returned();
        if !is_closed {
            client.report_crash();
        }
        // Not dropped here, as it may be the last handle by now.
        let client = Arc::into_raw(client).cast_mut();
        if !is_closed {
            self.held.store(client, Ordering::Release);
        }
    }

    /// Returns the client that was kept, once.
    #[expect(unsafe_code, reason = "a signal handler can only store a pointer")]
    pub(super) fn take_held_client(&self) -> Option<Arc<Client>> {
        let client = self.held.swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: the pointer is that of a handle which `hold_client` has given away, and nobody else gets it.
        (!client.is_null()).then(|| unsafe { Arc::from_raw(client) })
    }

    /// Waits until the monitor has sent the report or has ended, at most for `limit`. Returns whether it has ended without
    /// sending the report.
    pub(super) fn is_lost_by_monitor(&self, limit: Duration) -> bool {
        // Read at once: the last answer precedes the end.
        let steps = || self.steps.load(Ordering::Acquire) & (Step::SENT.0 | Step::NO_MONITOR.0);
        Self::wait(limit, || steps() != 0);
        steps() == Step::NO_MONITOR.0
    }

    pub(super) fn set_input(&self, input: ChildStdin) {
        let _ = self.input.set(input);
    }

    /// Whether the monitor was started.
    pub(super) fn has_input(&self) -> bool {
        self.input.get().is_some()
    }

    /// Returns the input of the monitor, if it was started and has not ended.
    pub(super) fn monitor(&self) -> Option<&ChildStdin> {
        let input = self.input.get().filter(|_| !self.is_done(Step::NO_MONITOR))?;
        // The program may have closed it, and use its number for something else.
        #[cfg(unix)]
        return Some(input).filter(|_| PIPES[0].open().is_some());
        #[cfg(windows)]
        Some(input)
    }

    /// Asks the reporter for something.
    pub(super) fn ask(&self, step: Step) {
        self.done(step);
        // Either the reporter sees the step, or this thread sees the reporter.
        fence(Ordering::SeqCst);
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

/// The ends of the connections to the monitor, which a child of a fork closes: the monitor ends when the last process has.
#[cfg(unix)]
static PIPES: [Pipe; 2] = [const { Pipe { descriptor: AtomicI32::new(-1), inode: AtomicU64::new(0) } }; 2];

/// A descriptor of a pipe. Programs that become daemons close all descriptors, and their numbers are used again: then it must
/// not be touched.
#[cfg(unix)]
struct Pipe {
    descriptor: AtomicI32,
    inode: AtomicU64,
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "there is no safe way to close a descriptor that may be another's")]
impl Pipe {
    fn note(&self, descriptor: RawFd) {
        self.inode.store(inode(descriptor).unwrap_or(0), Ordering::Relaxed);
        self.descriptor.store(descriptor, Ordering::Relaxed);
    }

    /// Returns the descriptor, if it is open and still that of this pipe. Safe in a signal handler.
    fn open(&self) -> Option<RawFd> {
        let descriptor = self.descriptor.load(Ordering::Relaxed);
        (descriptor >= 0 && inode(descriptor) == Some(self.inode.load(Ordering::Relaxed)))
            .then_some(descriptor)
    }

    fn close(&self) {
        if let Some(descriptor) = self.open() {
            // SAFETY: the descriptor is open and that of this pipe, which nobody uses any more.
            unsafe { libc::close(descriptor) };
        }
        self.descriptor.store(-1, Ordering::Relaxed);
    }
}

/// Returns the number of the pipe or socket to which a descriptor belongs; `None` if it is closed, or something else.
#[cfg(unix)]
#[expect(unsafe_code, reason = "there is no safe way to look at a descriptor that may be closed")]
#[allow(clippy::useless_conversion, reason = "the types differ between processors")]
fn inode(descriptor: RawFd) -> Option<u64> {
    // SAFETY: zeros are valid for the plain data, and the call only writes to it.
    let file = unsafe {
        let mut file: libc::stat = std::mem::zeroed();
        if libc::fstat(descriptor, &raw mut file) != 0 {
            return None;
        }
        file
    };
    [libc::S_IFIFO, libc::S_IFSOCK].contains(&(file.st_mode & libc::S_IFMT)).then(|| u64::from(file.st_ino))
}

#[cfg(unix)]
pub(super) fn note_pipes(input: &ChildStdin, output: &ChildStdout) {
    PIPES[0].note(input.as_raw_fd());
    PIPES[1].note(output.as_raw_fd());
}

#[cfg(windows)]
pub(super) fn note_pipes(_input: &ChildStdin, _output: &ChildStdout) {}

/// Closes the output of a monitor that has ended.
pub(super) fn close_output(output: ChildStdout) {
    #[cfg(unix)]
    {
        let _ = output.into_raw_fd();
        PIPES[1].close();
    }
    #[cfg(windows)]
    drop(output);
}

/// Closes the pipes to the monitor of the parent, in the child of a fork.
#[cfg(unix)]
pub(crate) fn reset_after_fork() {
    // The owner of the descriptors is in the state of the parent, which is neither read nor dropped here.
    PIPES.iter().for_each(Pipe::close);
}
