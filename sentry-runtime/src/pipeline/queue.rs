//! The way into the pipeline: bounded queues, and when the thread is woken.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, compiler_fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

use super::check_in::PendingCheckIn;
use super::feedback::PendingFeedback;
use super::sessions::PendingSession;
use super::worker;
use crate::answer::{Answer, owed};
use crate::base::callback;
use crate::base::diagnostics;
use crate::base::fork::PerProcess;
use crate::bounded::Bounded;
use crate::capture::event::Capture;
use crate::client::Client;
use crate::context::recorder;
use crate::protocol::{DataCategory, DiscardReason};

/// What callers hand over.
#[derive(Debug)]
pub(crate) enum Message {
    Event(Box<Capture>),
    CheckIn(Box<PendingCheckIn>),
    Feedback(Box<PendingFeedback>),
    Session(Box<PendingSession>),
}

/// Somebody waits until everything before this was processed.
pub(super) struct FlushRequest {
    pub(super) done: Answer<()>,
    /// The client that sends nothing after it.
    pub(super) closing: Option<Arc<Client>>,
}

/// How many messages of each kind wait.
pub(super) struct MessageCounts {
    pub(super) sessions: usize,
    pub(super) events: usize,
    pub(super) feedback: usize,
    pub(super) check_ins: usize,
}

/// Events that wait. Check-ins have a queue of their own, so that no flood of errors can drop them.
const EVENTS: usize = 1024;
const CHECK_INS: usize = 1024;
const FEEDBACK: usize = 64;
const SESSIONS: usize = 4096;

pub(super) struct Queues {
    events: Bounded<Box<Capture>>,
    check_ins: Bounded<Box<PendingCheckIn>>,
    feedback: Bounded<Box<PendingFeedback>>,
    sessions: Bounded<Box<PendingSession>>,
    flushes: Bounded<FlushRequest>,
    worker: Mutex<Option<Thread>>,
    /// There is a worker.
    running: AtomicBool,
    /// The worker sleeps until it is woken, or is about to.
    idle: AtomicBool,
    /// Somebody has woken the worker since it last began to look for work.
    rung: AtomicBool,
    /// Who waits for a flush: since when, and how long at most.
    waiting: Mutex<Vec<(Instant, Duration)>>,
    /// How many those are, to be asked without the lock.
    waiters: AtomicUsize,
    /// Chunks of records filled since the worker last looked.
    chunks: AtomicU32,
    /// A callback has captured an event since the worker last asked.
    nested: AtomicBool,
}

/// So many filled chunks are worth a wake-up.
const CHUNKS_PER_WAKE: u32 = 16;

static QUEUES: PerProcess<Queues> = PerProcess::new();

pub(super) fn queues() -> &'static Queues {
    match QUEUES.get() {
        Some(queues) => queues,
        None => begin(),
    }
}

/// The queues of a process that has none yet, with their worker: at the first client, and in a child after a fork.
#[cold]
fn begin() -> &'static Queues {
    let queues = QUEUES.get_or_make(|_| Queues {
        events: Bounded::new(EVENTS),
        check_ins: Bounded::new(CHECK_INS),
        feedback: Bounded::new(FEEDBACK),
        sessions: Bounded::new(SESSIONS),
        flushes: Bounded::unbounded(),
        worker: Mutex::new(None),
        running: AtomicBool::new(false),
        idle: AtomicBool::new(false),
        rung: AtomicBool::new(false),
        waiting: Mutex::new(Vec::new()),
        waiters: AtomicUsize::new(0),
        chunks: AtomicU32::new(0),
        nested: AtomicBool::new(false),
    });
    #[cfg(all(unix, feature = "signals"))]
    if let Err(error) = crate::lifecycle::signals::resume() {
        diagnostics::error(format_args!(
            "signals end this process at once, before anything is sent: {error}"
        ));
    }
    queues
}

impl Queues {
    pub(super) fn next_check_in(&self) -> Option<Box<PendingCheckIn>> {
        self.check_ins.pop()
    }

    pub(super) fn next_event(&self) -> Option<Box<Capture>> {
        self.events.pop()
    }

    pub(super) fn next_feedback(&self) -> Option<Box<PendingFeedback>> {
        self.feedback.pop()
    }

    pub(super) fn next_session(&self) -> Option<Box<PendingSession>> {
        self.sessions.pop()
    }

    /// How much waits now.
    pub(super) fn count_messages(&self) -> MessageCounts {
        MessageCounts {
            // Before the events: those that happened in such a session are counted then, too.
            sessions: self.sessions.len(),
            events: self.events.len(),
            feedback: self.feedback.len(),
            check_ins: self.check_ins.len(),
        }
    }

    pub(super) fn next_flush(&self) -> Option<FlushRequest> {
        self.flushes.pop()
    }

    pub(super) fn has_messages(&self) -> bool {
        self.check_ins.len()
            + self.events.len()
            + self.feedback.len()
            + self.sessions.len()
            + self.flushes.len()
            > 0
    }

    /// Whether a callback has captured an event since this was last asked.
    pub(super) fn take_nested(&self) -> bool {
        self.nested.swap(false, Ordering::SeqCst)
    }

    /// The worker begins to look for work: what is handed over from now on wakes it again.
    pub(super) fn begin_round(&self) {
        self.chunks.store(0, Ordering::Relaxed);
        self.rung.store(false, Ordering::SeqCst);
    }

    /// Says whether the worker means to sleep until it is woken. Between saying so and such a sleep it has to look
    /// for records once more, a moment later: see [`nudge`].
    pub(super) fn set_idle(&self, idle: bool) {
        self.idle.store(idle, Ordering::SeqCst);
    }

    /// Puts the worker to sleep: for so long, or until something happens. Whoever wakes it between
    /// [`Queues::begin_round`] and here leaves it a token with which it does not fall asleep.
    pub(super) fn sleep(&self, pause: Option<Duration>) {
        if self.has_messages() {
            return;
        }
        match pause {
            Some(pause) => thread::park_timeout(pause),
            None => thread::park(),
        }
    }

    fn ensure_worker(&self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_some() {
            return;
        }
        match thread::Builder::new().name("sentry-pipeline".to_owned()).spawn(worker::run) {
            Ok(handle) => {
                *worker = Some(handle.thread().clone());
                self.running.store(true, Ordering::Release);
            }
            Err(error) => diagnostics::error(format_args!(
                "the pipeline's thread could not be started ({error}): nothing is sent until the next try"
            )),
        }
    }

    /// The worker's thread is ending, though it should not: another one takes its place.
    pub(super) fn replace_worker(&self) {
        *self.worker.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.running.store(false, Ordering::Release);
        self.ensure_worker();
    }

    fn wake(&self) {
        // Only one of many callers pays for the wake-up.
        if !self.rung.swap(true, Ordering::SeqCst)
            && let Some(worker) = &*self.worker.lock().unwrap_or_else(PoisonError::into_inner)
        {
            worker.unpark();
        }
    }
}

/// Starts the worker if there is none.
pub(super) fn ensure_worker() {
    let queues = queues();
    if !queues.running.load(Ordering::Acquire) {
        queues.ensure_worker();
    }
}

fn is_worker(thread: ThreadId) -> bool {
    let worker = queues().worker.lock().unwrap_or_else(PoisonError::into_inner);
    worker.as_ref().is_some_and(|worker| worker.id() == thread)
}

pub(super) fn send(message: Message) {
    let queues = queues();
    let full = DiscardReason::QueueOverflow;
    match message {
        Message::Event(capture) => {
            if callback::depth() > 0 {
                queues.nested.store(true, Ordering::SeqCst);
            }
            if let Err(capture) = queues.events.push(capture) {
                capture.client.ledger().lost(full, DataCategory::Error, 1);
            }
        }
        Message::CheckIn(check_in) => {
            if let Err(check_in) = queues.check_ins.push(check_in) {
                check_in.client.ledger().lost(full, DataCategory::Monitor, 1);
            }
        }
        Message::Feedback(feedback) => {
            if let Err(feedback) = queues.feedback.push(feedback) {
                feedback.lost(full);
            }
        }
        Message::Session(session) => match queues.sessions.push(session) {
            // Requests end by the thousand: one wake-up is enough for all that wait.
            Ok(2..) => return,
            Ok(_) => {}
            Err(session) => return session.client.ledger().lost(full, DataCategory::Session, 1),
        },
    }
    ensure_worker();
    queues.wake();
}

/// Wakes the worker, or starts it.
pub(super) fn wake() {
    ensure_worker();
    queues().wake();
}

/// Whether this is the pipeline's own thread, which cannot wait for itself.
pub(super) fn is_own_thread() -> bool {
    is_worker(thread::current().id())
}

/// How many messages wait.
pub(super) fn depth() -> usize {
    let queues = queues();
    queues.events.len() + queues.check_ins.len() + queues.feedback.len() + queues.sessions.len()
}

/// Wakes a worker that would otherwise not look for a long time.
///
/// The caller has just recorded something, and asks by a plain load whether the worker sleeps: a fence here would
/// cost as much as the span. So the load may come out as it was just before the worker said that it is idle, while
/// the record is still on its way to the worker's eyes. Such a record arrives within the time that a store takes
/// to become visible, which is nanoseconds; the worker looks once more some milliseconds after it said so, and
/// sleeps for long only if that look found nothing.
#[inline]
pub(super) fn nudge() {
    let queues = queues();
    // The record is written before the question is asked, as far as the compiler is concerned.
    compiler_fence(Ordering::SeqCst);
    if queues.idle.load(Ordering::Relaxed) {
        queues.wake();
    }
}

pub(super) fn wake_for_chunk() {
    let queues = queues();
    if queues.chunks.fetch_add(1, Ordering::Relaxed) >= CHUNKS_PER_WAKE {
        queues.wake();
    }
}

pub(super) fn flush(closing: Option<Arc<Client>>, timeout: Duration) -> bool {
    if is_worker(thread::current().id()) {
        // A callback asks for the end of the work that it is part of.
        diagnostics::debug(format_args!("flush was called by a callback: it cannot wait for itself"));
        return false;
    }
    let queues = queues();
    if !queues.running.load(Ordering::Acquire) {
        if !queues.has_messages() && !recorder::has_fresh() {
            // Nothing was ever captured.
            return true;
        }
        ensure_worker();
    }
    let (done, finished) = owed();
    if queues.flushes.push(FlushRequest { done, closing }).is_err() {
        return false;
    }
    let waiting = Waiting::new(queues, timeout);
    queues.wake();
    let in_time = finished.wait(timeout).is_ok();
    drop(waiting);
    in_time
}

/// Somebody waits for a flush, as long as it lives.
struct Waiting<'a>(&'a Queues, Instant);

impl<'a> Waiting<'a> {
    fn new(queues: &'a Queues, timeout: Duration) -> Self {
        let now = Instant::now();
        queues.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((now, timeout));
        queues.waiters.fetch_add(1, Ordering::SeqCst);
        Self(queues, now)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::SeqCst);
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = waiting.iter().position(|(since, _)| *since == self.1) {
            waiting.swap_remove(at);
        }
    }
}

/// Whether somebody has waited for half of their time: what is slow should be left out now, so that the rest still
/// gets out.
pub(super) fn is_hurried() -> bool {
    let queues = queues();
    queues.waiters.load(Ordering::SeqCst) > 0
        && queues
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|(since, timeout)| since.elapsed() > *timeout / 2)
}
