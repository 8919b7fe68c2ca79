//! The worker: the one background thread of a process, and how callers wake it.
//!
//! What the thread does is handed in by whoever starts a client ([`install`]), so that every room may wake the worker
//! without knowing the pipeline. The child of a fork has a worker of its own.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, compiler_fence};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use super::diagnostics;
use super::fork::PerProcess;

/// What the worker of a process runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hooks {
    /// The main loop, which never returns.
    pub(crate) run: fn(),
    /// Called once in each process, before its first worker starts.
    pub(crate) prepare: fn(),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();
static WORKER: PerProcess<Worker> = PerProcess::new();

/// The number of filled chunks of records that are worth a wake-up.
const CHUNKS_PER_WAKE: u32 = 16;

struct Worker {
    thread: Mutex<Option<Thread>>,
    /// There is a thread.
    running: AtomicBool,
    /// The thread sleeps until it is woken, or is about to.
    idle: AtomicBool,
    /// Somebody has woken the thread since it last began to look for work.
    rung: AtomicBool,
    /// Chunks of records filled since the thread last looked.
    chunks: AtomicU32,
}

/// Says what workers run. Only the first call counts.
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

/// The worker of a process that has none yet: at the first client, and in a child after a fork.
#[cold]
fn prepare() -> &'static Worker {
    let worker = WORKER.get_or_make(|_| Worker {
        thread: Mutex::new(None),
        running: AtomicBool::new(false),
        idle: AtomicBool::new(false),
        rung: AtomicBool::new(false),
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
        match thread::Builder::new().name("sentry-pipeline".to_owned()).spawn(hooks.run) {
            Ok(handle) => {
                *worker = Some(handle.thread().clone());
                self.running.store(true, Ordering::Release);
            }
            Err(error) => diagnostics::error(format_args!(
                "the pipeline thread could not be started ({error}): nothing is sent until the next try"
            )),
        }
    }

    fn wake(&self) {
        // Only one of many callers pays for the wake-up.
        if !self.rung.swap(true, Ordering::SeqCst)
            && let Some(worker) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner)
        {
            worker.unpark();
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

/// Wakes a worker that would otherwise not look for a long time.
///
/// The caller has just recorded something, and asks by a plain load whether the worker sleeps: a fence here would
/// cost as much as the span. So the load may come out as it was just before the worker said that it is idle, while
/// the record is still on its way to the worker's eyes. Such a record arrives within the time that a store takes
/// to become visible, which is nanoseconds; the worker looks once more some milliseconds after it said so, and
/// sleeps for long only if that look found nothing.
#[inline]
pub(crate) fn nudge() {
    let worker = worker();
    // The record is written before the question is asked, as far as the compiler is concerned.
    compiler_fence(Ordering::SeqCst);
    if worker.idle.load(Ordering::Relaxed) {
        worker.wake();
    }
}

/// Counts a chunk of records that was filled, and wakes the worker for every few of them. Does not unwind.
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

/// Returns whether this is the worker's own thread, which cannot wait for itself.
pub(crate) fn is_this_thread() -> bool {
    let worker = worker().thread.lock().unwrap_or_else(PoisonError::into_inner);
    worker.as_ref().is_some_and(|worker| worker.id() == thread::current().id())
}

/// The worker begins to look for work: whatever is handed over from now on wakes it again.
pub(crate) fn begin_round() {
    let worker = worker();
    worker.chunks.store(0, Ordering::Relaxed);
    worker.rung.store(false, Ordering::SeqCst);
}

/// Says whether the worker means to sleep until it is woken. Between saying so and such a sleep it has to look for
/// records once more, a moment later: see [`nudge`].
pub(crate) fn set_idle(idle: bool) {
    worker().idle.store(idle, Ordering::SeqCst);
}

/// Puts the worker to sleep for a time, or until something happens. Whoever wakes it between [`begin_round`] and here
/// leaves it a token with which it does not fall asleep.
pub(crate) fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => thread::park_timeout(pause),
        None => thread::park(),
    }
}

/// The worker's thread is ending, though it should not: another one takes its place.
pub(crate) fn replace() {
    let worker = worker();
    *worker.thread.lock().unwrap_or_else(PoisonError::into_inner) = None;
    worker.running.store(false, Ordering::Release);
    worker.start();
}
