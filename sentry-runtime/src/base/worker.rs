//! The worker: the one background thread of a process, and the functions that wake it.
//!
//! The code that starts a client passes in what the thread runs ([`install`]), so that every module may wake the worker
//! without depending on the pipeline. The child of a fork has its own worker.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, compiler_fence};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use super::alarm::Alarm;
use super::diagnostics;
use super::fork::PerProcess;

/// The functions that the worker of a process runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hooks {
    /// The main loop, which never returns.
    pub(crate) run: fn(),
    /// Called once in each process, before its first worker starts.
    pub(crate) prepare: fn(),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();
static WORKER: PerProcess<Worker> = PerProcess::new();

/// Whether the worker waits until a transport has room.
static AWAITS_ROOM: AtomicBool = AtomicBool::new(false);

/// The number of filled chunks of records after which the worker is woken.
const CHUNKS_PER_WAKE: u32 = 16;

/// The time for which the worker sleeps after messages, in which further ones need not wake it. Waking a thread is a
/// system call, which takes longer than most captures; messages often come in bursts.
const NAP: Duration = Duration::from_millis(1);

/// The size of the thread's stack, in bytes of address space. Callbacks run on it, and values that they drop are freed
/// by recursion: 100,000 levels of objects take about 90 MB in a debug build. Only used pages take memory.
const STACK: usize = if cfg!(target_pointer_width = "64") { 128 << 20 } else { 2 << 20 };

struct Worker {
    thread: Mutex<Option<Thread>>,
    /// Whether the thread exists.
    running: AtomicBool,
    /// Whether the thread sleeps until it is woken, or is about to.
    idle: AtomicBool,
    /// The last attempt to start a thread failed, which the user was told.
    failed: AtomicBool,
    alarm: Alarm,
    /// The number of chunks of records filled since the thread last looked.
    chunks: AtomicU32,
}

/// Sets what workers run. Only the first call has an effect.
pub(crate) fn install(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

#[inline]
fn worker() -> &'static Worker {
    match WORKER.get() {
        Some(worker) => worker,
        None => prepare(),
    }
}

/// Creates the worker of a process that has none yet: at the first client, and in a child after a fork.
#[cold]
fn prepare() -> &'static Worker {
    let worker = WORKER.get_or_make(|_| Worker {
        thread: Mutex::new(None),
        running: AtomicBool::new(false),
        idle: AtomicBool::new(false),
        failed: AtomicBool::new(false),
        alarm: Alarm::new(),
        chunks: AtomicU32::new(0),
    });
    if let Some(hooks) = HOOKS.get() {
        (hooks.prepare)();
    }
    worker
}

impl Worker {
    fn start(&self) {
        let Some(hooks) = HOOKS.get() else { return };
        let mut worker = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_some() {
            return;
        }
        let builder = || thread::Builder::new().name("sentry-pipeline".to_owned());
        let spawned = builder().stack_size(STACK).spawn(hooks.run);
        match spawned.or_else(|_| builder().spawn(hooks.run)) {
            Ok(handle) => {
                *worker = Some(handle.thread().clone());
                self.running.store(true, Ordering::Release);
                self.failed.store(false, Ordering::Relaxed);
            }
            // Every capture tries, and need not say so.
            Err(_) if self.failed.swap(true, Ordering::Relaxed) => {}
            Err(error) => diagnostics::error(format_args!(
                "the pipeline thread could not be started ({error}): nothing is sent until a later attempt \
                 succeeds"
            )),
        }
    }

    fn wake(&self) {
        // If many callers wake the worker, only one pays for the system call.
        if self.alarm.ring() {
            self.unpark();
        }
    }

    fn unpark(&self) {
        if let Some(worker) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            worker.unpark();
        }
    }

    /// Begins to look for work.
    fn look(&self) {
        self.chunks.store(0, Ordering::Relaxed);
        self.alarm.look();
    }

    /// Puts the worker to sleep, unless it was woken since it began to look for work.
    fn sleep(&self, pause: Option<Duration>) {
        // A pause of no length takes the token of whoever has woken it.
        match if self.alarm.is_rung() { Some(Duration::ZERO) } else { pause } {
            Some(pause) => thread::park_timeout(pause),
            None => thread::park(),
        }
    }
}

/// Returns whether the worker of this process runs.
pub(crate) fn is_running() -> bool {
    worker().running.load(Ordering::Acquire)
}

/// Starts the worker if there is none.
pub(crate) fn ensure() {
    let worker = worker();
    if !worker.running.load(Ordering::Acquire) {
        worker.start();
    }
}

/// Wakes the worker, or starts it.
pub(crate) fn wake() {
    ensure();
    worker().wake();
}

/// Wakes the worker, or starts it, unless it naps: it then looks for work within a millisecond.
#[inline]
pub(crate) fn wake_soon() {
    let worker = worker();
    if !worker.running.load(Ordering::Acquire) {
        worker.start();
    }
    if worker.alarm.ring_softly() {
        worker.unpark();
    }
}

/// Wakes a worker that would otherwise sleep for a long time.
///
/// The caller has just recorded something, and checks with a plain load whether the worker sleeps: a fence here would
/// cost as much as the span. So the load may return the value from just before the worker set its idle flag, while the
/// worker cannot see the record yet. Such a record becomes visible within the time that a store takes, which is
/// nanoseconds; the worker looks once more some milliseconds after it set the flag, and sleeps for long only if that
/// look found nothing.
#[inline]
pub(crate) fn nudge() {
    let worker = worker();
    // Keeps the compiler from moving the load before the write of the record.
    compiler_fence(Ordering::SeqCst);
    if worker.idle.load(Ordering::Relaxed) {
        worker.wake();
    }
}

/// Sets whether the worker waits until a transport has room.
pub(crate) fn set_awaits_room(awaits: bool) {
    AWAITS_ROOM.store(awaits, Ordering::SeqCst);
}

/// Wakes the worker, once, if it waits until a transport has room. Called by a transport that has.
pub(crate) fn room_made() {
    if AWAITS_ROOM.load(Ordering::Relaxed) && AWAITS_ROOM.swap(false, Ordering::SeqCst) {
        wake();
    }
}

/// Counts a filled chunk of records, and wakes the worker after every [`CHUNKS_PER_WAKE`]. Does not unwind.
#[cold]
#[inline(never)]
pub(crate) fn chunk_filled() {
    super::callback::contain(|| {
        let worker = worker();
        if worker.chunks.fetch_add(1, Ordering::Relaxed) >= CHUNKS_PER_WAKE {
            worker.wake();
        }
    });
}

/// Returns whether the current thread is the worker, which cannot wait for itself.
pub(crate) fn is_this_thread() -> bool {
    let worker = worker().thread.lock().unwrap_or_else(PoisonError::into_inner);
    worker.as_ref().is_some_and(|worker| worker.id() == thread::current().id())
}

/// Begins a round of the worker: messages handed over from now on wake it again.
pub(crate) fn begin_round() {
    worker().look();
}

/// Sets whether the worker is about to sleep until it is woken. Between this call and such a sleep the worker must look
/// for records once more, some milliseconds later: see [`nudge`].
pub(crate) fn set_idle(idle: bool) {
    worker().idle.store(idle, Ordering::SeqCst);
}

/// Puts the worker to sleep for `pause`, or until it is woken. If it was woken since [`begin_round`], it does not sleep.
pub(crate) fn sleep(pause: Option<Duration>) {
    worker().sleep(pause);
}

/// Puts the worker to sleep for a short time after it had messages, at most for `pause`. See [`wake_soon`].
pub(crate) fn nap(pause: Option<Duration>) {
    let worker = worker();
    worker.alarm.nap();
    worker.sleep(Some(pause.map_or(NAP, |pause| pause.min(NAP))));
}

/// Replaces the worker when its thread ends, which it should not.
pub(crate) fn replace() {
    let worker = worker();
    *worker.thread.lock().unwrap_or_else(PoisonError::into_inner) = None;
    worker.alarm.look();
    worker.running.store(false, Ordering::Release);
    worker.start();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_does_not_sleep_if_a_callback_has_used_up_the_token_of_whoever_woke_it() {
        let worker = Worker {
            thread: Mutex::new(Some(thread::current())),
            running: AtomicBool::new(true),
            idle: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            alarm: Alarm::new(),
            chunks: AtomicU32::new(0),
        };
        worker.look();
        worker.wake();
        // The callback waits for something of its own, on the thread of the worker.
        thread::park();
        // Nobody would unpark it: it was woken already.
        worker.sleep(None);
        worker.look();
        worker.wake();
        worker.sleep(None);
    }
}
