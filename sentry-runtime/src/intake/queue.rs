//! The queues between the callers and the pipeline thread: bounded, one for each kind of message.
//!
//! A caller never waits: if a queue is full, the message is dropped and counted. Check-ins have their own queue, so
//! that a flood of errors cannot displace them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::check_in::PendingCheckIn;
use super::log::LogRecord;
use super::message::{BatchRecord, Capture, FlushRequest, Message, PendingFeedback, PendingSession};
use super::metric::MetricRecord;
use super::weight::{self, Weigh};
use crate::base::fork::PerProcess;
use crate::base::{callback, worker};
use crate::protocol::{DataCategory, DiscardReason};
use crate::scope::Scope;
use crate::transport::{priority, room};

/// The number of messages of each kind that wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageCounts {
    pub(crate) sessions: usize,
    pub(crate) events: usize,
    pub(crate) feedback: usize,
    pub(crate) check_ins: usize,
}

const EVENTS: usize = 1024;
const CHECK_INS: usize = 1024;
const FEEDBACK: usize = 64;
const SESSIONS: usize = 4096;
/// The capacity of the queues of logs and of metrics. With the batch of 100 that the pipeline holds this is the
/// spec's 1000.
const RECORDS: usize = 900;
/// The number of waiting logs, or metrics, at which the worker is woken: a batch.
const RECORDS_PER_WAKE: usize = 100;

/// The number of waiting bytes from which the pipeline thread is woken for each message.
const MANY_BYTES: usize = 1 << 20;

/// One queue. Only the pipeline thread takes messages out or, if there is none, a flush.
pub(super) struct Queue<T> {
    /// Each message with its bytes, except for those of its scopes.
    sender: Sender<(usize, T)>,
    waiting: Receiver<(usize, T)>,
    /// The bytes that wait here and in the other queues.
    bytes: &'static AtomicUsize,
    share: Share,
}

/// The share that a queue may fill of the memory for everything that waits (the option `queue_bytes`).
#[derive(Debug, Clone, Copy)]
struct Share {
    /// The most that may wait for the pipeline thread once a message of this queue does, in eighths of the option.
    eighths: usize,
    /// The importance of the messages: less important envelopes that wait for the network make room.
    level: usize,
}

/// Check-ins find room when everything else has used up its share: no flood of errors may drop them.
const OF_CHECK_INS: Share = Share { eighths: 7, level: priority::CHECK_IN };
/// The rest is left for what the pipeline hands on.
const OF_EVENTS: Share = Share { eighths: 6, level: priority::EVENT };
/// More important data must find some room.
const OF_RECORDS: Share = Share { eighths: 4, level: priority::RECORD };

impl<T: Weigh> Queue<T> {
    fn new(capacity: Option<usize>, share: Share) -> Self {
        let (sender, waiting) = capacity.map_or_else(unbounded, bounded);
        Self { sender, waiting, bytes: room::captured(), share }
    }

    /// Appends a message, or returns it if the queue is full.
    pub(super) fn push(&self, message: T) -> Result<(), T> {
        let own = message.own_bytes();
        let shared = |scope: &Arc<Scope>| scope.waiting.add(|| weight::of_scope(scope));
        let added = own + message.scopes().into_iter().flatten().map(shared).sum::<usize>();
        let waiting = self.bytes.fetch_add(added, Ordering::Relaxed).saturating_add(added);
        let has_room = message.client().is_none_or(|client| {
            waiting <= client.options().queue_bytes / 8 * self.share.eighths
                && client.room().admits(waiting, self.share.level)
        });
        if !has_room {
            self.forget(own, &message);
            return Err(message);
        }
        self.sender.try_send((own, message)).map_err(|refused| {
            let (own, message) = refused.into_inner();
            self.forget(own, &message);
            message
        })
    }

    fn pop(&self) -> Option<T> {
        let (own, message) = self.waiting.try_recv().ok()?;
        self.forget(own, &message);
        Some(message)
    }

    /// Takes off the bytes of a message that does not wait here.
    fn forget(&self, own: usize, message: &T) {
        let shared = |scope: &Arc<Scope>| scope.waiting.remove();
        let shared = message.scopes().into_iter().flatten().map(shared).sum::<usize>();
        self.bytes.fetch_sub(own + shared, Ordering::Relaxed);
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns whether a quarter of the queue is taken, or many bytes wait.
    fn is_filling(&self) -> bool {
        self.waiting.capacity().is_some_and(|capacity| self.len() > capacity / 4)
            || self.bytes.load(Ordering::Relaxed) > MANY_BYTES
    }
}

pub(crate) struct Queues {
    events: Queue<Message>,
    check_ins: OnceLock<Queue<PendingCheckIn>>,
    feedback: Queue<Message>,
    sessions: Queue<Message>,
    logs: OnceLock<Queue<BatchRecord>>,
    metrics: OnceLock<Queue<BatchRecord>>,
    pub(super) flushes: Queue<Message>,
    /// The pending flushes: when each began, and its timeout.
    pub(super) waiting: Mutex<Vec<(Instant, Duration)>>,
    /// The number of pending flushes, readable without the lock.
    pub(super) waiters: AtomicUsize,
    /// Whether a callback has captured an event since the pipeline last checked.
    nested: AtomicBool,
}

static QUEUES: PerProcess<Queues> = PerProcess::new();

pub(crate) fn queues() -> &'static Queues {
    match QUEUES.get() {
        Some(queues) => queues,
        None => begin(),
    }
}

/// Creates the queues of a process that has none yet: at the first client, and in a child after a fork.
#[cold]
fn begin() -> &'static Queues {
    QUEUES.get_or_make(|_| Queues::new())
}

/// Takes the oldest message of a queue; all messages in a queue are of one kind.
macro_rules! next {
    ($($(#[$doc:meta])* $name:ident: $queue:ident, $kind:ident => $ty:ty;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(&self) -> Option<Box<$ty>> {
            match self.$queue.pop()? {
                Message::$kind(message) => Some(message),
                _ => None,
            }
        }
    )*};
}

impl Queues {
    pub(crate) fn new() -> Self {
        Self {
            events: Queue::new(Some(EVENTS), OF_EVENTS),
            check_ins: OnceLock::new(),
            feedback: Queue::new(Some(FEEDBACK), OF_EVENTS),
            sessions: Queue::new(Some(SESSIONS), OF_EVENTS),
            logs: OnceLock::new(),
            metrics: OnceLock::new(),
            flushes: Queue::new(None, OF_CHECK_INS),
            waiting: Mutex::new(Vec::new()),
            waiters: AtomicUsize::new(0),
            nested: AtomicBool::new(false),
        }
    }

    next! {
        next_event: events, Event => Capture;
        next_feedback: feedback, Feedback => PendingFeedback;
        next_session: sessions, Session => PendingSession;
        next_flush: flushes, Flush => FlushRequest;
    }

    /// Returns the number of waiting messages of each kind, except for logs, metrics and flushes.
    pub(crate) fn count_messages(&self) -> MessageCounts {
        MessageCounts {
            // Before the events: events that happened in such a session are then included in the count of events.
            sessions: self.sessions.len(),
            events: self.events.len(),
            feedback: self.feedback.len(),
            check_ins: self.waiting_check_ins(),
        }
    }

    /// Takes the oldest waiting check-in.
    pub(crate) fn next_check_in(&self) -> Option<PendingCheckIn> {
        self.check_ins.get()?.pop()
    }

    fn waiting_check_ins(&self) -> usize {
        self.check_ins.get().map_or(0, Queue::len)
    }

    /// Takes the oldest waiting log.
    pub(crate) fn next_log(&self) -> Option<LogRecord> {
        match self.logs.get()?.pop()? {
            BatchRecord::Log(record) => Some(record),
            BatchRecord::Metric(_) => None,
        }
    }

    /// Takes the oldest waiting metric.
    pub(crate) fn next_metric(&self) -> Option<MetricRecord> {
        match self.metrics.get()?.pop()? {
            BatchRecord::Metric(record) => Some(record),
            BatchRecord::Log(_) => None,
        }
    }

    /// Returns the number of waiting logs.
    pub(crate) fn waiting_logs(&self) -> usize {
        self.logs.get().map_or(0, Queue::len)
    }

    /// Returns the number of waiting metrics.
    pub(crate) fn waiting_metrics(&self) -> usize {
        self.metrics.get().map_or(0, Queue::len)
    }

    /// Returns whether a message waits that is not sent in batches.
    pub(crate) fn has_messages(&self) -> bool {
        self.has_messages_besides_sessions() || self.sessions.len() > 0
    }

    /// Like [`has_messages`](Self::has_messages), without changes of sessions.
    pub(crate) fn has_messages_besides_sessions(&self) -> bool {
        self.waiting_check_ins() + self.events.len() + self.feedback.len() + self.flushes.len() > 0
    }

    pub(crate) fn push_session(&self, session: Box<PendingSession>) -> Result<(), Message> {
        self.sessions.push(Message::Session(session))
    }

    /// Returns whether a callback has captured an event since the last call.
    pub(crate) fn take_nested(&self) -> bool {
        self.nested.swap(false, Ordering::SeqCst)
    }
}

/// Hands an event to the pipeline, or drops and counts it if the queue is full.
pub(crate) fn send_event(capture: Box<Capture>) {
    let queues = queues();
    if callback::depth() > 0 {
        queues.nested.store(true, Ordering::SeqCst);
    }
    // The client was closed in the meantime: the event is counted, so that the close can report it.
    if !capture.client.is_enabled() {
        return capture.lost(DiscardReason::QueueOverflow);
    }
    if let Err(Message::Event(capture)) = queues.events.push(Message::Event(capture)) {
        capture.lost(DiscardReason::QueueOverflow);
    }
    wake_for_message(&queues.events);
}

/// Hands a check-in to the pipeline.
pub(crate) fn send_check_in(check_in: PendingCheckIn) {
    let lost = |check_in: PendingCheckIn| {
        check_in.content.client().ledger().lost(DiscardReason::QueueOverflow, DataCategory::Monitor, 1);
    };
    if !check_in.content.client().is_enabled() {
        return lost(check_in);
    }
    // Its memory is allocated for the first check-in: most programs have no jobs.
    let queue = queues().check_ins.get_or_init(|| Queue::new(Some(CHECK_INS), OF_CHECK_INS));
    if let Err(check_in) = queue.push(check_in) {
        lost(check_in);
    }
    wake_for_message(queue);
}

/// Wakes the worker for a message: at once if the queue fills, so that a nap of the worker loses none.
fn wake_for_message<T: Weigh>(queue: &Queue<T>) {
    if queue.is_filling() { worker::wake() } else { worker::wake_soon() }
}

/// Hands feedback to the pipeline.
pub(crate) fn send_feedback(feedback: Box<PendingFeedback>) {
    if !feedback.client.is_enabled() {
        return feedback.lost(DiscardReason::QueueOverflow);
    }
    if let Err(Message::Feedback(feedback)) = queues().feedback.push(Message::Feedback(feedback)) {
        feedback.lost(DiscardReason::QueueOverflow);
    }
    worker::wake();
}

/// Hands a change of a session to the pipeline. Requests end by the thousand, so a pipeline that is awake is not woken
/// again: it finds the change in its next round.
pub(crate) fn send_session(session: Box<PendingSession>) {
    if let Err(Message::Session(session)) = queues().push_session(session) {
        return session.client.ledger().lost(DiscardReason::QueueOverflow, DataCategory::Session, 1);
    }
    worker::ensure();
    worker::nudge();
}

/// Hands a log to the pipeline.
pub(crate) fn send_log(record: LogRecord) {
    let queue = records(&queues().logs);
    match queue.push(BatchRecord::Log(record)) {
        Ok(()) => wake_for_records(queue),
        Err(record) => record.lost(DiscardReason::BufferOverflow),
    }
}

/// Hands a metric to the pipeline.
pub(crate) fn send_metric(record: MetricRecord) {
    let queue = records(&queues().metrics);
    match queue.push(BatchRecord::Metric(record)) {
        Ok(()) => wake_for_records(queue),
        Err(record) => record.lost(DiscardReason::BufferOverflow),
    }
}

/// Returns a queue of records, whose memory is allocated for the first record: many programs never log.
fn records(queue: &OnceLock<Queue<BatchRecord>>) -> &Queue<BatchRecord> {
    queue.get_or_init(|| Queue::new(Some(RECORDS), OF_RECORDS))
}

/// Wakes the worker for the first record of a batch, which starts the batch's timer, and for a full batch.
fn wake_for_records(queue: &Queue<BatchRecord>) {
    worker::ensure();
    if queue.len() >= RECORDS_PER_WAKE {
        worker::wake();
    } else {
        worker::nudge();
    }
}

/// Returns the number of waiting messages.
pub(crate) fn depth() -> usize {
    let queues = queues();
    queues.events.len() + queues.waiting_check_ins() + queues.feedback.len() + queues.sessions.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    struct Weightless;

    impl Weigh for Weightless {
        fn own_bytes(&self) -> usize {
            0
        }

        fn scopes(&self) -> Option<[&Arc<Scope>; 3]> {
            None
        }

        fn client(&self) -> Option<&Client> {
            None
        }
    }

    #[test]
    fn a_queue_is_filling_from_a_quarter_on() {
        let queue = Queue::new(Some(8), OF_EVENTS);
        let filling = [1, 2, 3].map(|_| {
            assert!(queue.push(Weightless).is_ok());
            queue.is_filling()
        });
        assert_eq!(filling, [false, false, true]);
        assert!(queue.pop().is_some() && !queue.is_filling());
    }
}
