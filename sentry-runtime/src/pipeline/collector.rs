//! The collector: gathers spans from the threads' recorders by segment.
//!
//! Records of many threads arrive in any order; those of one segment are gathered until its root has ended, and one
//! round longer. Spans that start after the root has ended, or end later than that, belong to work that outlives the root:
//! they are gathered as well, and sent as separate transactions of the same trace. Spans of streamed segments go to the
//! [streams](super::stream) instead.
//!
//! Gathered records use a share of the option `max_record_memory`. When the share is used up, segments that have
//! recorded nothing for a while are dropped, and spans for which there is still no room are counted as lost.
//!
//! [`records`] sorts the records, [`ended`] hands on segments that have ended, and [`losses`] drops and counts what cannot
//! be kept.

mod ended;
mod losses;
mod records;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use super::span::buffer::{BufferedSpan, Child};

use super::backlog::{Backlog, Waiting};
use super::flight::{FlightRecorder, Unfinished};
use super::overdue::OpenSpans;
use super::polls::RunningPolls;
use super::remembered::Remembered;
use super::span::buffer::Room;
use super::stream::Streams;
use super::transaction::Ended;
use crate::context::recorder::{self, Source};
use crate::intake::check_in::{self, PendingCheckIn};
use crate::intake::flight::FlightRequest;
use crate::intake::message::{Capture, Progress};
use crate::intake::refused;
use crate::trace::clock::Anchor;
use crate::trace::ids::{IdMap, LocalId};

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
    late: Vec<LateSegment>,
    /// Recorded check-ins of jobs, which are sent next.
    check_ins: Vec<PendingCheckIn>,
}

/// A segment with late spans.
struct LateSegment {
    key: LocalId,
    /// The arrival time of the first.
    since: Instant,
    /// The clocks at that time.
    anchor: Anchor,
}

impl LateSegment {
    fn new(key: LocalId) -> Self {
        Self { key, since: Instant::now(), anchor: Anchor::take() }
    }
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
        self.write_check_ins();
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

    /// Sends the recorded check-ins of jobs. Their arrival times matter, so they do not wait for the next round. Returns
    /// whether a thread has recorded any.
    pub(super) fn send_check_ins(&mut self) -> bool {
        let recorded = check_in::take_recorded();
        if recorded {
            self.read();
        }
        self.write_check_ins();
        recorded
    }

    fn write_check_ins(&mut self) {
        for pending in std::mem::take(&mut self.check_ins) {
            super::check_in::contained(pending);
        }
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
        while let Some(Waiting { ended, spans, anchor }) = self.backlog.next(all, &mut self.room) {
            self.write_transaction(ended, spans, &anchor);
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
}

/// Returns whether a segment may have spans that are not written yet.
fn is_used(finished: &IdMap<Finished>, open: &IdMap<BufferedSpan>, key: LocalId) -> bool {
    open.contains_key(&key) || finished.get(&key).is_some_and(Finished::is_used)
}

#[cfg(test)]
mod tests;
