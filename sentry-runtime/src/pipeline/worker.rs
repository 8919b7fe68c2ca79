//! The main loop of the pipeline thread.
//!
//! A round processes everything that has arrived: check-ins first, then events and feedback, then session changes,
//! spans, logs and metrics. A segment that has ended is written one round later, when all earlier records of other
//! threads have certainly been read. A flush is two rounds. Events that have waited for their request for too long are
//! captured at the beginning of a round. After a round with messages the thread naps for a moment, so that callers need not
//! wake it for each message of a burst.

use super::backpressure::Watch;
use super::batch::Batches;
use super::collector::Collector;
use super::containment::{contain, contain_all};
use super::unwinding::UnwindingPanics;
use super::{check_in, event, feedback, sessions, warmup};
use crate::base::callback;
use crate::base::diagnostics;
use crate::base::worker;
use crate::intake::message::{Capture, FlushRequest};
use crate::intake::queue::{Queues, queues};
use crate::protocol::{Attachment, DataCategory};
use crate::scope::request_events;

/// The number of rounds without work after which the thread sleeps until it is woken.
const QUIET_ROUNDS: u32 = 4;
/// The maximum number of events in one round, before spans are processed.
const EVENTS_PER_ROUND: usize = 64;

pub(crate) fn run() {
    /// Replaces the worker whenever its thread ends.
    struct Replace;
    impl Drop for Replace {
        fn drop(&mut self) {
            worker::replace();
        }
    }
    let _replace = Replace;
    crate::base::thread_role::mark();
    let mut collector = Collector::default();
    let mut batches = Batches::default();
    let mut clock = sessions::Clock::default();
    let mut panics = UnwindingPanics::default();
    loop {
        // User callbacks are contained one by one; this contains bugs of the toolkit.
        if callback::contain(|| work(queues(), &mut collector, &mut batches, &mut clock, &mut panics))
            .is_none()
        {
            diagnostics::error(format_args!(
                "the pipeline panicked and restarts; the spans and batches it held are counted as lost"
            ));
            std::mem::take(&mut collector).discard();
        }
    }
}

fn work(
    queues: &Queues,
    collector: &mut Collector,
    batches: &mut Batches,
    clock: &mut sessions::Clock,
    panics: &mut UnwindingPanics,
) -> std::convert::Infallible {
    let mut quiet = 0;
    let mut watch = Watch::new();
    let mut was_idle = false;
    loop {
        worker::begin_round();
        let held = request_events::send_overdue();
        let flushes: Vec<Box<FlushRequest>> = std::iter::from_fn(|| queues.next_flush()).collect();
        let asked = !flushes.is_empty();
        let limit = if asked { usize::MAX } else { EVENTS_PER_ROUND };
        // A flush includes events that callbacks capture while they process its items, and so on.
        let turns = if asked { callback::DEEPEST + 1 } else { 1 };
        let (mut busy, mut had_messages) = (false, false);
        for turn in 0..turns {
            // Other threads may keep capturing: their new events are not waited for.
            let limit = if turn == 0 || queues.take_nested() { limit } else { 0 };
            had_messages |= messages(queues, limit, asked, collector, clock, panics);
            busy |= collector.round(asked);
            busy |= batches.round(asked);
            clock.round(asked);
        }
        if asked {
            // A segment is written one round after its root has ended: after the last of those turns.
            collector.round(true);
            collector.send_all();
            for mut flush in flushes {
                if let Some(request) = &flush.flight {
                    collector.answer_flight(request);
                }
                if let Some(client) = flush.closing.take() {
                    collector.close(&client);
                }
                flush.answer(collector.progress(flush.client));
            }
        }
        watch.look();
        if has_more(queues, panics) {
            continue;
        }
        quiet = if busy || had_messages { 0 } else { quiet + 1 };
        let idle = quiet > QUIET_ROUNDS && !collector.has_work();
        worker::set_idle(idle);
        let due = [collector.rest(), batches.rest(), clock.rest(), watch.rest(), panics.rest(), held]
            .into_iter()
            .flatten()
            .min();
        // The last check before a long sleep comes after the idle flag is visible to callers.
        let pause = if idle && was_idle {
            due
        } else {
            Some(due.map_or_else(warmup::longest_round, |due| due.min(warmup::longest_round())))
        };
        // Do not sleep if a message arrived meanwhile.
        if !has_more(queues, panics) {
            if had_messages { worker::nap(pause) } else { worker::sleep(pause) }
        }
        was_idle = idle;
    }
}

/// Returns whether a message waits that the next round takes. Changes of sessions are not taken while an event is set
/// aside, see [`messages`]: the pipeline rests until it looks at the event again.
fn has_more(queues: &Queues, panics: &UnwindingPanics) -> bool {
    if panics.is_empty() { queues.has_messages() } else { queues.has_messages_besides_sessions() }
}

/// Processes the messages that were waiting when it began, but at most `limit` events, and with `all` those that were
/// set aside. Returns whether there were any.
///
/// Later messages wait: callers may be faster than this thread, and spans, flushes and everything else come after.
fn messages(
    queues: &Queues,
    limit: usize,
    all: bool,
    collector: &mut Collector,
    session_clock: &mut sessions::Clock,
    panics: &mut UnwindingPanics,
) -> bool {
    let waiting = queues.count_messages();
    let mut recorded = false;
    let mut check_ins = |most, collector: &mut Collector| {
        recorded |= collector.send_check_ins();
        for pending in std::iter::from_fn(|| queues.next_check_in()).take(most) {
            // The start of its run may have been recorded meanwhile, and is sent first.
            recorded |= collector.send_check_ins();
            check_in::contained(pending);
        }
    };
    check_ins(waiting.check_ins, collector);
    for mut capture in std::iter::from_fn(|| queues.next_event()).take(limit.min(waiting.events)) {
        collector.attach_flight_record(&mut capture);
        if let Some(capture) = panics.set_aside(capture) {
            process_event(capture);
        }
        // An event may take long, and the arrival time of a check-in matters.
        check_ins(1, collector);
    }
    while let Some(capture) = panics.next(all) {
        process_event(capture);
    }
    for pending in std::iter::from_fn(|| queues.next_feedback()).take(waiting.feedback) {
        let client = std::sync::Arc::clone(&pending.client);
        let files = (DataCategory::Attachment, Attachment::bytes_of(pending.attachments()));
        contain_all(&client, &[(DataCategory::Feedback, 1), files], || feedback::process(*pending));
    }
    // Sessions are processed once no event waits that may have happened in them.
    let sessions = if waiting.events <= limit && panics.is_empty() { waiting.sessions } else { 0 };
    for pending in std::iter::from_fn(|| queues.next_session()).take(sessions) {
        let client = std::sync::Arc::clone(&pending.client);
        contain(&client, DataCategory::Session, || sessions::process(*pending));
        session_clock.touch();
    }
    recorded || waiting.events + waiting.check_ins + waiting.feedback + sessions > 0
}

fn process_event(capture: Box<Capture>) {
    let client = std::sync::Arc::clone(&capture.client);
    let files = (DataCategory::Attachment, Attachment::bytes_of(capture.attachments()));
    contain_all(&client, &[(DataCategory::Error, 1), files], || event::process(*capture));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;
    use crate::client::Client;
    use crate::client::session::Session;
    use crate::context::span_context::SpanContext;
    use crate::intake::message::{Body, CapturingThread, PendingSession, SessionChange};
    use crate::options::ClientOptions;
    use crate::protocol::{Level, Uuid};
    use crate::scope::Scopes;
    use crate::stacktrace::locals::{CapturedLocals, Late};
    use crate::transport::TestTransport;

    /// Returns the event of a panic that unwinds.
    fn panic(client: &Arc<Client>) -> Box<Capture> {
        let (global, isolation, current) = Default::default();
        Box::new(Capture {
            event_id: Uuid::default(),
            timestamp: SystemTime::now(),
            body: Body::Message("no more lightbulbs".to_owned()),
            level: Level::Fatal,
            span_context: SpanContext::current(),
            stack: None,
            locals: CapturedLocals { known: Vec::new(), late: Some(Arc::new(Late::new())) },
            thread: CapturingThread { id: 1, handle: std::thread::current() },
            hint: None,
            scopes: Scopes { global, isolation, current },
            session: None,
            client: Arc::clone(client),
            depth: 0,
        })
    }

    #[test]
    fn the_pipeline_rests_although_a_session_waits_for_the_event_of_a_panic() {
        let options = ClientOptions::new().dsn("https://key@example.com/1").release("shop@1");
        let client = Client::new(options.transport(TestTransport::new())).unwrap();
        let session = Session::start(client.options(), Uuid::default(), None, 0).unwrap();
        let change = SessionChange::Captured;
        let queues = Queues::new();
        let pending = PendingSession { client: Arc::clone(&client), session, change };
        assert!(queues.push_session(Box::new(pending)).is_ok());
        let (mut collector, mut clock) = (Collector::default(), sessions::Clock::default());
        let mut panics = UnwindingPanics::default();
        assert!(panics.set_aside(panic(&client)).is_none());
        // If the event was waited for long enough meanwhile, the session is taken in the same round.
        let round = |_: &usize| {
            messages(&queues, 1, false, &mut collector, &mut clock, &mut panics);
            has_more(&queues, &panics)
        };
        assert_eq!((0..100).take_while(round).count(), 0, "the number of rounds without a rest");
        assert!(panics.is_empty() || queues.has_messages(), "the session waits for the event");
    }
}
