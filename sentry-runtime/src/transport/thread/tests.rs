//! Tests of the thread with a scripted destination.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::protocol::{EnvelopeItem, ItemType};
use crate::transport::destination::Delivery;
use crate::transport::queue::Capacity;

const SOON: Duration = Duration::from_secs(60);

thread_local! {
    /// Whether starting a thread fails for the transports that this thread makes.
    pub(super) static NO_THREADS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A destination that reports what it receives, and answers as scripted; envelopes without a script are sent.
struct Scripted {
    seen: Sender<String>,
    script: Receiver<Box<dyn FnOnce() -> Delivery + Send>>,
    flushed: Arc<Mutex<u32>>,
    reason_unsent: DiscardReason,
}

impl Destination for Scripted {
    fn reason_unsent(&self) -> DiscardReason {
        self.reason_unsent
    }

    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery {
        let text = String::from_utf8_lossy(envelope.items()[0].payload()).into_owned();
        let _ = self.seen.send(text);
        self.script.try_recv().map_or(Delivery::Sent { bytes: 10 }, |answer| answer())
    }

    fn flush(&mut self) {
        *lock(&self.flushed) += 1;
    }
}

struct Setup {
    transport: TransportThread,
    ledger: Arc<Ledger>,
    seen: Receiver<String>,
    script: Sender<Box<dyn FnOnce() -> Delivery + Send>>,
    flushed: Arc<Mutex<u32>>,
}

fn setup(envelopes: usize) -> Setup {
    setup_with(envelopes, DiscardReason::NetworkError)
}

fn setup_with(envelopes: usize, reason_unsent: DiscardReason) -> Setup {
    let (seen_sender, seen) = channel();
    let (script, script_receiver) = channel();
    let ledger = Arc::new(Ledger::default());
    let flushed = Arc::default();
    let destination =
        Scripted { seen: seen_sender, script: script_receiver, flushed: Arc::clone(&flushed), reason_unsent };
    let options = ThreadOptions {
        capacity: Capacity { envelopes, ..Capacity::default() },
        attempts: 3,
        first_pause: Duration::from_millis(1),
        spool: None,
        starts_at_once: false,
    };
    let transport = TransportThread::new(destination, Some(Arc::clone(&ledger)), options);
    Setup { transport, ledger, seen, script, flushed }
}

fn envelope(ty: ItemType, category: DataCategory, name: &str) -> Envelope {
    let mut envelope = Envelope::new();
    envelope.add_item(EnvelopeItem::json(ty, name.as_bytes().to_vec(), category));
    envelope
}

fn error(name: &str) -> Envelope {
    envelope(ItemType::Event, DataCategory::Error, name)
}

fn log(name: &str) -> Envelope {
    envelope(ItemType::Log, DataCategory::LogItem, name)
}

impl Setup {
    /// Returns the losses as `reason category quantity`.
    fn lost(&self) -> Vec<String> {
        let lost = self.ledger.all_lost();
        lost.iter().map(|lost| format!("{:?} {:?} {}", lost.reason, lost.category, lost.quantity)).collect()
    }

    fn script(&self, answer: impl FnOnce() -> Delivery + Send + 'static) {
        self.script.send(Box::new(answer)).unwrap();
    }

    /// Makes the next delivery hang until the sender is used or dropped.
    fn hang(&self) -> Sender<()> {
        let (release, wait) = channel();
        self.script(move || {
            let _ = wait.recv();
            Delivery::Sent { bytes: 10 }
        });
        release
    }

    fn next(&self) -> String {
        self.seen.recv_timeout(SOON).unwrap()
    }
}

#[test]
fn what_was_delivered_is_counted_and_flushed() {
    let setup = setup(10);
    setup.transport.send_envelope(error("a"));
    setup.transport.send_envelope(log("b"));
    assert!(setup.transport.flush(SOON));
    assert_eq!(setup.ledger.all_sent(), [(DataCategory::Error, 1), (DataCategory::LogItem, 1)]);
    assert_eq!(setup.ledger.all_bytes(), 20);
    assert_eq!(*lock(&setup.flushed), 1);
    assert_eq!(setup.lost(), [""; 0]);
}

#[test]
fn a_full_queue_drops_the_least_important_and_counts_it() {
    let setup = setup(2);
    let release = setup.hang();
    setup.transport.send_envelope(log("in flight"));
    assert_eq!(setup.next(), "in flight");
    for envelope in [log("1"), log("2"), log("3"), error("4")] {
        setup.transport.send_envelope(envelope);
    }
    drop(release);
    assert!(setup.transport.flush(SOON));
    assert_eq!([setup.next(), setup.next()], ["4", "1"]);
    assert_eq!(setup.lost(), ["QueueOverflow LogItem 2"]);
}

#[test]
fn a_flush_waits_for_what_came_before_it_and_no_longer_than_its_timeout() {
    let setup = setup(10);
    let release = setup.hang();
    setup.transport.send_envelope(log("slow"));
    setup.next();
    let start = Instant::now();
    let timeout = Duration::from_millis(20);
    assert!(!setup.transport.flush(timeout));
    assert!(start.elapsed() >= timeout);
    assert_eq!(*lock(&setup.flushed), 0, "the destination is flushed after the queued envelopes");
    drop(release);
    assert!(setup.transport.flush(SOON));
    assert!(setup.transport.flush(Duration::MAX), "a timeout without end does not overflow");
}

#[test]
fn a_network_error_is_tried_again_and_then_lost() {
    let setup = setup(10);
    let failed = || Delivery::Failed(DiscardReason::NetworkError);
    for _ in 0..4 {
        setup.script(failed);
    }
    setup.transport.send_envelope(error("lost"));
    for _ in 0..3 {
        assert_eq!(setup.next(), "lost");
    }
    setup.transport.send_envelope(error("second chance"));
    assert_eq!([setup.next(), setup.next()], ["second chance", "second chance"]);
    assert!(setup.transport.flush(SOON));
    assert_eq!(setup.lost(), ["NetworkError Error 1"]);
    assert_eq!(setup.ledger.all_sent(), [(DataCategory::Error, 1)]);
}

#[test]
fn a_hurried_flush_does_not_try_each_of_many_again() {
    let setup = setup(10);
    let failed = || Delivery::Failed(DiscardReason::NetworkError);
    let (release, wait) = channel::<()>();
    setup.script(move || {
        let _ = wait.recv();
        Delivery::Failed(DiscardReason::NetworkError)
    });
    for _ in 0..6 {
        setup.script(failed);
    }
    for name in ["1", "2", "3"] {
        setup.transport.send_envelope(error(name));
    }
    setup.next();
    lock(&setup.transport.shared.state).closed = true;
    drop(release);
    assert!(setup.transport.flush(SOON));
    // The first envelope has all its attempts; after that the network is known to be unavailable.
    assert_eq!(setup.seen.try_iter().collect::<Vec<_>>(), ["1", "1", "2", "3"]);
    assert_eq!(setup.lost(), ["NetworkError Error 3"]);
}

#[test]
fn the_servers_own_count_is_not_reported() {
    let setup = setup(10);
    setup.script(|| Delivery::Refused);
    setup.script(|| Delivery::Lost(DiscardReason::SendError));
    setup.script(|| Delivery::Empty);
    for _ in 0..3 {
        setup.transport.send_envelope(error("x"));
    }
    assert!(setup.transport.flush(SOON));
    assert_eq!(setup.lost(), ["RatelimitBackoff Error 1", "SendError Error 1"]);
    let report = setup.ledger.take_unreported();
    assert_eq!(report.iter().map(|lost| lost.reason).collect::<Vec<_>>(), [DiscardReason::SendError]);
}

#[test]
fn a_panic_costs_one_envelope() {
    let setup = setup(10);
    setup.script(|| std::panic::resume_unwind(Box::new("a panic that the test asked for")));
    setup.transport.send_envelope(error("1"));
    setup.transport.send_envelope(error("2"));
    assert!(setup.transport.flush(SOON));
    assert_eq!(setup.lost(), ["InternalSdkError Error 1"]);
    assert_eq!(setup.ledger.all_sent(), [(DataCategory::Error, 1)]);
}

#[test]
fn after_shutdown_everything_is_lost_and_counted() {
    let setup = setup(10);
    setup.transport.send_envelope(error("before"));
    assert!(setup.transport.shutdown(SOON));
    assert!(!lock(&setup.transport.shared.state).running);
    setup.transport.send_envelope(error("after"));
    assert_eq!(setup.lost(), ["QueueOverflow Error 1"]);
    assert_eq!(setup.ledger.all_sent(), [(DataCategory::Error, 1)]);
    assert!(setup.transport.flush(Duration::ZERO));
    assert!(setup.transport.shutdown(Duration::ZERO));
}

#[test]
fn a_destination_without_a_network_loses_what_waits_at_the_end_for_another_reason() {
    let setup = setup_with(10, DiscardReason::QueueOverflow);
    let release = setup.hang();
    setup.transport.send_envelope(error("hangs"));
    setup.next();
    setup.transport.send_envelope(error("never printed"));
    assert!(!setup.transport.shutdown(Duration::from_millis(20)));
    assert_eq!(setup.lost(), ["QueueOverflow Error 1"]);
    drop(release);
}

#[test]
fn a_hanging_request_does_not_hold_the_program() {
    let setup = setup(10);
    let release = setup.hang();
    setup.transport.send_envelope(error("hangs"));
    setup.next();
    setup.transport.send_envelope(error("never leaves"));
    assert!(!setup.transport.shutdown(Duration::from_millis(20)));
    assert_eq!(setup.lost(), ["NetworkError Error 1"]);
    assert!(!setup.transport.flush(Duration::ZERO), "one envelope is still in flight");
    drop(release);
    assert!(setup.transport.flush(SOON), "the envelope was delivered");
    assert_eq!(setup.ledger.all_sent(), [(DataCategory::Error, 1)]);
}

#[test]
fn a_thread_that_died_is_started_again() {
    let setup = setup(10);
    assert!(setup.transport.flush(SOON));
    // Simulates a thread that died: the real one is stopped first.
    {
        let mut state = lock(&setup.transport.shared.state);
        state.stopping = true;
        setup.transport.shared.work.notify_one();
        let shared = &setup.transport.shared;
        state = shared.wait(state, deadline(SOON), |state| !state.running);
        assert!(!state.running);
        state.stopping = false;
    }
    setup.transport.send_envelope(error("again"));
    assert!(setup.transport.flush(SOON));
    assert_eq!(setup.ledger.all_sent(), [(DataCategory::Error, 1)]);
}

#[test]
fn dropping_the_transport_sends_what_is_queued() {
    let setup = setup(10);
    let release = setup.hang();
    setup.transport.send_envelope(error("1"));
    setup.transport.send_envelope(error("2"));
    drop(setup.transport);
    drop(release);
    assert_eq!(setup.seen.recv_timeout(SOON).unwrap(), "1");
    assert_eq!(setup.seen.recv_timeout(SOON).unwrap(), "2");
    assert!(setup.seen.recv_timeout(SOON).is_err(), "the thread has ended");
}

#[test]
fn a_panic_of_the_destination_is_no_event_to_deliver() {
    let setup = setup(10);
    let (tell, told) = channel();
    setup
        .script
        .send(Box::new(move || {
            tell.send(crate::base::callback::is_quiet()).unwrap();
            panic!("as if the HTTP client did")
        }))
        .unwrap();
    setup.transport.send_envelope(error("one"));
    assert!(told.recv_timeout(SOON).unwrap());
    setup.transport.send_envelope(error("two"));
    assert!(setup.transport.flush(SOON), "the thread keeps running");
}

#[test]
fn without_a_thread_everything_is_counted_by_the_answer_of_a_flush() {
    NO_THREADS.set(true);
    let setup = setup(10);
    for number in 0..12 {
        setup.transport.send_envelope(envelope(ItemType::Event, DataCategory::Error, &number.to_string()));
    }
    assert_eq!(setup.lost(), ["QueueOverflow Error 2"]);
    let started = Instant::now();
    assert!(setup.transport.flush(SOON), "everything is lost, and counted");
    assert_eq!(setup.lost(), ["QueueOverflow Error 2", "InternalSdkError Error 10"]);
    assert_eq!(setup.transport.queue_depths().envelopes, 0);
    NO_THREADS.set(false);
    setup.transport.send_envelope(envelope(ItemType::Event, DataCategory::Error, "later"));
    assert!(setup.transport.flush(SOON));
    assert_eq!(setup.seen.try_iter().collect::<Vec<_>>(), ["later"]);
    NO_THREADS.set(true);
    assert!(setup.transport.shutdown(SOON));
    assert!(started.elapsed() < SOON);
}
