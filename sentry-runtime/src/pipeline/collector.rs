//! The collector: gathers spans from the threads' recorders by segment.
//!
//! Records of many threads arrive in any order; those of one segment are gathered until its root has ended, and one
//! round longer. Spans that start after the root has ended, or end later than that, belong to work that outlives the root:
//! they are gathered as well, and sent as separate transactions of the same trace. Spans of streamed segments go to the
//! [streams](super::stream) instead.
//!
//! Gathered records use a share of the option `max_record_memory`. When the share is used up, segments that have
//! recorded nothing for a while are dropped, and spans for which there is still no room are counted as lost.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

pub(super) use super::span::buffer::{BufferedSpan, Child, ChildKind};

use super::backlog::{Backlog, Waiting, has_room};
use super::containment::{contain, contain_all};
use super::flight::{FlightRecorder, Unfinished};
use super::overdue::OpenSpans;
use super::polls::RunningPolls;
use super::remembered::Remembered;
use super::span::buffer::Room;
use super::stream::Streams;
use super::transaction::{self, Ended};
use crate::base::order::sort_pairs;
use crate::capture::event::number_of;
use crate::client::{self, Client};
use crate::context::recorder::{self, Source};
use crate::intake::flight::FlightRequest;
use crate::intake::message::{Capture, Progress};
use crate::intake::refused;
use crate::protocol::nesting::Prune as _;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason};
use crate::scope;
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::record::ProcessScopes;
use crate::trace::record::{Detail, Record};

/// The maximum number of segments gathered at the same time.
const MAX_SEGMENTS: usize = 16_384;
/// The time for which late spans are gathered.
const LATE: Duration = Duration::from_secs(1);
/// The maximum number of spans with attributes that were written before their segment was known.
const MAX_EARLY: usize = 4096;
/// The number of rounds that such attributes are kept: about ten seconds, while there is work.
const EARLY_ROUNDS: u64 = 200;
/// The number of rounds without records after which a segment may be dropped to make room.
const SILENCE: u64 = 2;

/// All gathered records.
#[derive(Default)]
pub(super) struct Collector {
    queues: Vec<Source>,
    open: IdMap<BufferedSpan>,
    streams: Streams,
    polls: RunningPolls,
    watched: OpenSpans,
    flight: FlightRecorder,
    room: Room,
    /// The number of bytes that may wait in batches.
    batch_room: usize,
    /// The held memory that was last reported to the recorders.
    reported_held: usize,
    round: u64,
    /// The times at which the two previous rounds began: a span written now was recorded after the earlier one.
    looked: [Option<Instant>; 2],
    /// Segments whose root ended in this round (`ending`) and in the previous round (`ended`).
    ending: Vec<Ended>,
    ended: Vec<Ended>,
    /// Segments that wait until the transport has room.
    backlog: Backlog,
    finished: IdMap<Finished>,
    remembered: Remembered,
    /// Segments with late spans, and the arrival time of the first.
    late: Vec<(LocalId, Instant)>,
}

/// A segment that has been written.
struct Finished {
    ended: Arc<Ended>,
    /// The attributes and details of its spans that are still open.
    open: BufferedSpan,
}

impl Finished {
    /// Returns whether some other part of the program refers to the segment, and may end spans of it.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.ended.segment) > 1
    }
}

impl Collector {
    /// Reads recorded spans and writes complete segments. Returns whether anything was read. With `all`, late spans are
    /// not waited for.
    pub(super) fn round(&mut self, all: bool) -> bool {
        let now = Instant::now();
        self.begin_round(recorder::memory_limit());
        let came = self.read();
        self.polls.report();
        self.watched.report();
        self.write(all, now);
        let held = self.held();
        if held != self.reported_held {
            self.reported_held = held;
            recorder::set_held(held);
        }
        came
    }

    /// Limits gathered spans and batches to three quarters of the memory, and batches to one; the queues have the rest. If the
    /// rest is less than the queues of some threads need, gathered spans may take half of the memory.
    fn begin_round(&mut self, memory: usize) {
        self.round += 1;
        let (quarter, most) = (memory / 4, memory / 4 * 3);
        self.batch_room = quarter.min(most.saturating_sub(self.room.held()));
        let unreserved = memory.saturating_sub(recorder::QUEUES_NEED);
        self.room.set_limit(most.saturating_sub(self.streams.bytes()).min(unreserved).max(memory / 2));
        self.ended.append(&mut self.ending);
        if std::mem::take(&mut self.room.short) {
            self.give_up_waiting();
            self.give_up_silent();
        }
    }

    /// Returns how much of the memory for records is held here.
    fn held(&self) -> usize {
        self.room.held() + self.streams.bytes()
    }

    fn write(&mut self, all: bool, now: Instant) {
        let since = self.since(now);
        while let Some(Waiting { ended, spans }) = self.backlog.next(all, &mut self.room) {
            self.write_transaction(ended, spans);
        }
        for ended in std::mem::take(&mut self.ended) {
            self.finish(ended, all, since);
        }
        self.backlog.ask_for_room();
        self.finish_late(all, now);
        self.streams.assign(&mut self.open, since, &mut self.room);
        self.streams.send_due(now, self.round, self.batch_room, &mut self.room);
        refused::count();
        self.looked = [self.looked[1], Some(now)];
    }

    /// Attaches the spans that ended last to an error whose trace is not sent, with the option `flight_recorder`.
    pub(super) fn attach_flight_record(&mut self, capture: &mut Capture) {
        if capture.client.options().flight_recorder.is_some() {
            self.read();
            let Self { open, ended, ending, flight, .. } = self;
            flight.attach(capture, &Unfinished { open, ended, ending });
        }
    }

    /// Answers a request for the spans that ended last. Everything before it has been read.
    pub(super) fn answer_flight(&mut self, request: &FlightRequest) {
        let Self { open, ended, ending, flight, .. } = self;
        flight.answer(request, &Unfinished { open, ended, ending });
    }

    /// Sends everything that is written, due or not.
    pub(super) fn send_all(&mut self) {
        self.count_dropped();
        self.streams.send_all();
    }

    /// Returns how many segments of the client at this address have begun and ceased to wait for room in its transport.
    pub(super) fn progress(&self, client: usize) -> Progress {
        self.backlog.progress(client)
    }

    /// Returns whether records wait for a later round.
    pub(super) fn has_work(&self) -> bool {
        let segments = self.ending.len() + self.ended.len() + self.late.len();
        segments > 0 || !self.backlog.is_empty() || self.streams.has_work()
    }

    /// Returns how long the pipeline may sleep unless it is woken; `None` for any time.
    pub(super) fn rest(&self) -> Option<Duration> {
        [self.streams.rest(), self.polls.rest(), self.watched.rest()].into_iter().flatten().min()
    }

    fn since(&self, now: Instant) -> Instant {
        self.looked[0].unwrap_or(now)
    }

    fn read(&mut self) -> bool {
        self.queues.append(&mut recorder::take_fresh());
        let mut queues = std::mem::take(&mut self.queues);
        let mut came = false;
        queues.retain_mut(|Source { records, thread, around }| {
            let given_up = records.drain(|record| {
                came = true;
                self.take(record, thread, around);
            });
            if given_up {
                self.polls.forget(thread);
            }
            !given_up
        });
        self.queues = queues;
        came
    }

    fn take(&mut self, record: Record, thread: &Thread, around: &mut Option<Box<ProcessScopes>>) {
        match record {
            Record::ProcessScopes(announced) => *around = Some(announced),
            Record::LazyRootEnd(root) => match around {
                Some(around) => {
                    let ended = Ended::light(root, around, number_of(thread.id()));
                    self.compact(ended.segment.key);
                    self.ending.push(ended);
                }
                // A segment is announced before its first root.
                None => {
                    let ledger = root.client.ledger();
                    ledger.lost(DiscardReason::BufferOverflow, DataCategory::Transaction, 1);
                    ledger.lost(DiscardReason::BufferOverflow, DataCategory::Span, 1);
                }
            },
            Record::Start { segment, isolation, current } => {
                let early = self.open.remove(&segment.key);
                self.streams.begin(segment, isolation, current, early, &mut self.room);
            }
            Record::End { segment, isolation, current, end, outcome } => {
                if let Some(stream) = self.streams.get(segment.key) {
                    stream.ended_on(thread);
                }
                self.watched.end(segment.key);
                self.compact(segment.key);
                let (thread, verdict) = (number_of(thread.id()), OnceLock::new());
                let global = scope::global().snapshot();
                self.ending.push(Ended {
                    segment,
                    global,
                    isolation,
                    current,
                    end,
                    outcome,
                    thread,
                    verdict,
                });
            }
            Record::SpanWatched(span) => self.watched.open(span),
            Record::PollBegin { span, at } => self.polls.begin(thread, span, at),
            Record::PollWatched(poll) => self.polls.begin_watched(thread, poll),
            Record::PollEnd { segment, span, at } => {
                let Some(length) = self.polls.end(thread, span, at).filter(|_| span != 0) else { return };
                match self.streams.get(segment) {
                    Some(stream) => stream.add_poll(span, length),
                    None => self.gathered(segment).0.polls.add(span, length),
                }
            }
            Record::Span { segment, id, parent, site, start, end, outcome } => {
                self.watched.end(id);
                let kind = ChildKind::Site { site, start, end, outcome };
                self.add(segment, Child { id, parent, kind }, thread);
            }
            Record::Attribute { segment, span, key, mut value } => {
                value.prune();
                match self.streams.get(segment) {
                    Some(stream) => stream.set(span, Cow::Borrowed(key), value, &mut self.room),
                    None => {
                        let (gathered, room) = self.gathered(segment);
                        gathered.add_attribute(span, key, value, room);
                    }
                }
            }
            Record::Form { segment, span, form } => {
                for (key, value) in form.grouped() {
                    let detail = Detail::Attribute(key, AttributeValue::from_json(&value));
                    self.add_detail(segment, span, detail);
                }
            }
            Record::Detail { segment, span, detail } => match *detail {
                Detail::Span(dynamic) => {
                    self.watched.end(span);
                    let parent = dynamic.parent;
                    let child = Child { id: span, parent, kind: ChildKind::Dynamic(Box::new(dynamic)) };
                    self.add(segment, child, thread);
                }
                detail => self.add_detail(segment, span, detail),
            },
        }
    }

    /// Releases the unused memory of a segment that has ended, if memory is becoming short.
    fn compact(&mut self, key: LocalId) {
        if self.room.is_fuller_than(2)
            && let Some(gathered) = self.open.get_mut(&key)
        {
            gathered.give_back_unused(&mut self.room);
        }
    }

    fn add_detail(&mut self, segment: LocalId, span: LocalId, mut detail: Detail) {
        if let Detail::Attribute(_, value) = &mut detail {
            value.prune();
        }
        match self.streams.get(segment) {
            Some(stream) => stream.say(span, detail, &mut self.room),
            None => {
                let (gathered, room) = self.gathered(segment);
                gathered.add_detail(span, detail, room);
            }
        }
    }

    fn add(&mut self, segment: LocalId, child: Child, thread: &Thread) {
        if self.streams.get(segment).is_none() {
            let (gathered, room) = self.gathered(segment);
            return gathered.add(child, room);
        }
        if self.streams.add(segment, child, Some(thread), &mut self.room) {
            let since = self.since(Instant::now());
            self.streams.relieve(segment, &mut self.open, since, &mut self.room);
        }
    }

    fn gathered(&mut self, segment: LocalId) -> (&mut BufferedSpan, &mut Room) {
        if !self.open.contains_key(&segment) {
            self.begin(segment);
        }
        let gathered = self.open.entry(segment).or_default();
        gathered.changed = self.round;
        (gathered, &mut self.room)
    }

    #[cold]
    fn begin(&mut self, segment: LocalId) {
        if let Some(finished) = self.finished.get_mut(&segment) {
            self.late.push((segment, Instant::now()));
            self.open.insert(segment, std::mem::take(&mut finished.open));
        } else if self.backlog.contains(segment) {
            self.late.push((segment, Instant::now()));
        }
        if self.open.len() >= MAX_SEGMENTS {
            self.give_up_oldest(MAX_SEGMENTS / 8, |_| true);
        }
    }

    /// Drops segments that wait, the newest first, until half of the memory is left for those that are running: a whole
    /// transaction less is better than several without some of their spans.
    #[cold]
    fn give_up_waiting(&mut self) {
        while self.room.is_fuller_than(4)
            && let Some(Waiting { ended, spans }) = self.backlog.newest(&mut self.room)
        {
            lose_transaction(DiscardReason::QueueOverflow, &ended, &spans);
        }
    }

    /// Drops segments that have recorded nothing for a while, until there is some room again.
    #[cold]
    fn give_up_silent(&mut self) {
        let round = self.round;
        self.give_up_oldest(usize::MAX, |gathered| gathered.changed + SILENCE < round);
        if self.room.is_fuller_than(6) {
            for finished in self.finished.values_mut() {
                self.room.give_back(std::mem::take(&mut finished.open).weight);
            }
        }
    }

    /// Drops the segments that have recorded nothing for the longest time.
    #[cold]
    fn give_up_oldest(&mut self, most: usize, may_go: impl Fn(&BufferedSpan) -> bool) {
        let ages = self.open.iter().filter(|(_, gathered)| may_go(gathered));
        let mut ages: Vec<_> = ages.map(|(&key, gathered)| (gathered.changed, key)).collect();
        sort_pairs(&mut ages);
        for (_, key) in ages.into_iter().take(most) {
            if most == usize::MAX && !self.room.is_fuller_than(6) {
                break;
            }
            if let Some(gathered) = self.open.remove(&key) {
                self.room.give_back(gathered.weight);
                lose_spans(client::global().as_deref(), gathered.children.len() as u64 + gathered.dropped);
            }
        }
    }

    fn finish(&mut self, ended: Ended, all: bool, since: Instant) {
        let client = Arc::clone(&ended.segment.client);
        if ended.segment.is_streamed() {
            let Self { streams, open, round, room, .. } = self;
            contain(&client, DataCategory::Span, || streams.end(ended, open, since, *round, room));
            return;
        }
        let mut gathered = self.open.remove(&ended.segment.key).unwrap_or_default();
        self.take_unassigned(&mut gathered);
        self.flight.keep(&ended, &gathered.children);
        if let Some(Waiting { ended, spans }) = self.backlog.add(ended, gathered, all, &mut self.room) {
            self.write_transaction(ended, spans);
        }
    }

    /// Writes the transaction of a segment, whose spans take no room any more.
    fn write_transaction(&mut self, ended: Ended, mut gathered: BufferedSpan) {
        let (key, client) = (ended.segment.key, Arc::clone(&ended.segment.client));
        let later = gathered.take_started_after(ended.end);
        let mut finished = Finished { ended: Arc::new(ended), open: BufferedSpan::default() };
        if finished.is_used() || !later.is_empty() {
            finished.open = gathered.take_open(key, &mut self.room);
        }
        if !later.is_empty() {
            // Late spans may have come while the segment waited.
            let open = self.open.entry(key).or_insert_with(|| {
                self.late.push((key, Instant::now()));
                std::mem::take(&mut finished.open)
            });
            open.changed = self.round;
            later.into_iter().for_each(|child| open.add(child, &mut self.room));
        }
        let ended = Arc::clone(&finished.ended);
        let spans = gathered.children.len() as u64 + 1;
        let quantities = [(DataCategory::Transaction, 1), (DataCategory::Span, spans)];
        contain_all(&client, &quantities, || transaction::process(&ended, gathered));
        self.finished.insert(key, finished);
        let Self { remembered, finished, open, .. } = self;
        let forgotten = remembered.add(key, self.round, |key| is_used(finished, open, key));
        self.forget(forgotten);
    }

    /// Forgets segments that can have no more spans.
    fn forget(&mut self, segments: Vec<LocalId>) {
        for finished in segments.iter().filter_map(|key| self.finished.remove(key)) {
            self.room.give_back(finished.open.weight);
        }
    }

    /// Moves the attributes of unassigned spans to the gathered spans: if a future was called in one place and polled
    /// in another, its attributes are stored under the span's own id.
    fn take_unassigned(&mut self, gathered: &mut BufferedSpan) {
        if self.open.is_empty() {
            return;
        }
        for child in &gathered.children {
            if self.open.get(&child.id).is_some_and(|unassigned_span| unassigned_span.children.is_empty())
                && let Some(unassigned_span) = self.open.remove(&child.id)
            {
                gathered.weight += unassigned_span.weight;
                gathered.attributes.extend(unassigned_span.attributes);
            }
        }
    }

    fn finish_late(&mut self, all: bool, now: Instant) {
        for (key, since) in std::mem::take(&mut self.late) {
            // Spans that follow their transaction wait for it.
            let waits = self.backlog.contains(key) || (!all && now.saturating_duration_since(since) < LATE);
            if waits {
                self.late.push((key, since));
                continue;
            }
            let Some(mut gathered) = self.open.remove(&key) else { continue };
            self.room.give_back(gathered.weight);
            match self.finished.get_mut(&key) {
                Some(finished) => {
                    if finished.is_used() {
                        finished.open = gathered.take_open(key, &mut self.room);
                    }
                    let ended = &finished.ended;
                    let client = Arc::clone(&ended.segment.client);
                    let quantities = [(DataCategory::Span, gathered.children.len() as u64)];
                    contain_all(&client, &quantities, || transaction::process_late(ended, gathered));
                }
                // The segment is not remembered any more.
                None => {
                    lose_spans(client::global().as_deref(), gathered.children.len() as u64 + gathered.dropped)
                }
            }
        }
        if self.open.len() > MAX_EARLY {
            let Self { open, room, round, .. } = self;
            open.retain(|_, gathered| {
                // Old attributes without a span: of calls that were never polled, or whose trace was not sampled.
                let kept = !gathered.children.is_empty() || *round < gathered.changed + EARLY_ROUNDS;
                if !kept {
                    room.give_back(gathered.weight);
                }
                kept
            });
        }
    }

    /// Counts the spans that segments which may never end have lost so far.
    fn count_dropped(&mut self) {
        let dropped = self.open.values_mut().map(|gathered| std::mem::take(&mut gathered.dropped)).sum();
        lose_spans(client::global().as_deref(), dropped);
    }

    /// Counts the gathered spans of unfinished segments as lost because their client closes. The client of a span is
    /// known only when its root ends, so if there are other clients, the spans stay until then.
    pub(super) fn close(&mut self, client: &Arc<Client>) {
        self.close_backlog(client);
        let Self { remembered, finished, open, .. } = self;
        let is_of_client = |key| {
            finished.get(&key).is_some_and(|finished| Arc::ptr_eq(&finished.ended.segment.client, client))
        };
        let forgotten = remembered.close(self.round, is_of_client, |key| is_used(finished, open, key));
        self.forget(forgotten);
        self.streams.close(client, self.round, self.since(Instant::now()), &mut self.open, &mut self.room);
        if client::all().iter().any(|other| !Arc::ptr_eq(other, client) && other.is_enabled()) {
            return;
        }
        let open = std::mem::take(&mut self.open);
        let lost = |gathered: BufferedSpan| {
            self.room.give_back(gathered.weight);
            gathered.children.len() as u64 + gathered.dropped
        };
        lose_spans(Some(client), open.into_values().map(lost).sum());
    }

    /// Hands waiting transactions of a client that closes to its transport, as far as there is room, and counts the others
    /// as lost.
    fn close_backlog(&mut self, client: &Arc<Client>) {
        while let Some(Waiting { ended, spans }) = self.backlog.next_of(client, &mut self.room) {
            if has_room(client, true) {
                self.write_transaction(ended, spans);
            } else {
                lose_transaction(DiscardReason::NetworkError, &ended, &spans);
            }
        }
        self.backlog.forget(client);
        self.backlog.ask_for_room();
    }

    /// Counts everything as lost after a bug of the toolkit.
    pub(super) fn discard(mut self) {
        self.streams.discard();
        let spans = self.open.values().map(|gathered| gathered.children.len() as u64).sum::<u64>();
        for ended in self.ending.iter().chain(&self.ended) {
            let ledger = ended.segment.client.ledger();
            if !ended.segment.is_streamed() {
                ledger.lost(DiscardReason::InternalSdkError, DataCategory::Transaction, 1);
            }
            ledger.lost(DiscardReason::InternalSdkError, DataCategory::Span, 1);
        }
        for Waiting { ended, spans } in self.backlog.into_waiting() {
            lose_transaction(DiscardReason::InternalSdkError, &ended, &spans);
        }
        if let Some(client) = client::global() {
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Span, spans);
        }
        recorder::set_held(0);
        // The other ends of these queues are still written to.
        recorder::put_back(self.queues);
    }
}

fn lose_transaction(reason: DiscardReason, ended: &Ended, spans: &BufferedSpan) {
    let ledger = ended.segment.client.ledger();
    ledger.lost(reason, DataCategory::Transaction, 1);
    ledger.lost(reason, DataCategory::Span, spans.children.len() as u64 + spans.dropped + 1);
}

/// Returns whether a segment may have spans that are not written yet.
fn is_used(finished: &IdMap<Finished>, open: &IdMap<BufferedSpan>, key: LocalId) -> bool {
    open.contains_key(&key) || finished.get(&key).is_some_and(Finished::is_used)
}

fn lose_spans(client: Option<&Client>, spans: u64) {
    if let Some(client) = client {
        client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, spans);
    }
}

#[cfg(test)]
mod tests;
