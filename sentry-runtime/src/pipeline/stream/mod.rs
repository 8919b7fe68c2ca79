//! Streamed traces: every span is sent soon after its end, while the trace still runs.
//!
//! A segment is known from its first record on, with its scopes. A span that has ended waits one round, so that earlier
//! records of other threads about it have certainly been read; then it is written to the
//! [batch](crate::pipeline::stream::batch) of its trace and not kept. Of an open span only its details are kept.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/spans/implementation/),
//! [span buffer](https://develop.sentry.dev/sdk/telemetry/spans/span-buffer/)

pub(crate) mod attributes;
pub(crate) mod batch;
pub(crate) mod root;
pub(crate) mod segment;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::remembered::Remembered;
use super::span::buffer::{BufferedSpan, Child, Room};
use super::stream::batch::{Batches, Key, LONGEST};
use super::stream::segment::{Phase, Stream};
use super::transaction::Ended;
use crate::client::Client;
use crate::protocol::{DataCategory, DiscardReason};
use crate::scope::ScopeCell;
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::segment::Segment;

/// The number of segments from which on leaked ones are searched for.
const MANY_SEGMENTS: usize = 16_384;
/// The maximum number of spans of one segment that wait for the next round. If there are more, the first are written at
/// once.
const MAX_WAITING: usize = 4096;
/// The number of rounds that a batch waits for spans of other threads after its segment's end.
const STRAGGLERS: u64 = 1;

/// All streamed segments.
#[derive(Default)]
pub(super) struct Streams {
    known: IdMap<Stream>,
    /// The number of running segments of each trace.
    running: HashMap<Key, usize>,
    /// Segments with spans that wait for the next round.
    touched: Vec<LocalId>,
    remembered: Remembered,
    batches: Batches,
    swept: Option<Instant>,
    /// The number of segments after the last search for leaked ones.
    after_sweep: usize,
}

impl Streams {
    /// Begins a segment; the pipeline may already know some of its spans.
    pub(super) fn begin(
        &mut self,
        segment: Arc<Segment>,
        isolation: Arc<ScopeCell>,
        current: Arc<ScopeCell>,
        gathered: Option<BufferedSpan>,
        room: &mut Room,
    ) {
        if self.known.len() >= MANY_SEGMENTS.max(2 * self.after_sweep) {
            self.sweep(room);
        }
        let key = segment.key;
        *self.running.entry(Key::of(&segment)).or_default() += 1;
        let phase = Phase::Live { isolation, current };
        self.known.insert(key, Stream::new(segment, phase));
        if let Some(gathered) = gathered {
            self.adopt(key, gathered, room);
        }
    }

    fn adopt(&mut self, key: LocalId, gathered: BufferedSpan, room: &mut Room) {
        room.give_back(gathered.weight);
        if let Some(stream) = self.known.get_mut(&key) {
            stream.lost(gathered.dropped);
        }
        for child in gathered.children {
            self.add(key, child, None, room);
        }
        if let Some(stream) = self.known.get_mut(&key) {
            for (span, name, value) in gathered.attributes {
                stream.set(span, Cow::Borrowed(name), value, room);
            }
            for (span, detail) in gathered.details {
                stream.say(span, detail, room);
            }
        }
    }

    /// Returns whether no segment is streamed.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Returns the segment of this key.
    pub(super) fn get(&mut self, key: LocalId) -> Option<&mut Stream> {
        if self.known.is_empty() { None } else { self.known.get_mut(&key) }
    }

    /// Adds an ended span of a known segment. Returns whether too many spans of that segment wait.
    pub(super) fn add(
        &mut self,
        key: LocalId,
        child: Child,
        thread: Option<&Thread>,
        room: &mut Room,
    ) -> bool {
        let Some(stream) = self.known.get_mut(&key) else { return false };
        stream.add(child, thread, room);
        if !std::mem::replace(&mut stream.touched, true) {
            self.touched.push(key);
        }
        stream.finished.len() >= MAX_WAITING
    }

    /// Writes the spans that were read before this round, and waiting spans above the limit. `unassigned` are
    /// attributes stored under their span's own id; every span written now ended after `since`.
    pub(super) fn assign(&mut self, unassigned: &mut IdMap<BufferedSpan>, since: Instant, room: &mut Room) {
        for key in std::mem::take(&mut self.touched) {
            let Some(stream) = self.known.get_mut(&key) else { continue };
            let ready = stream.take_settled();
            stream.touched = !stream.finished.is_empty();
            if stream.touched {
                self.touched.push(key);
            }
            stream.write(ready, unassigned, since, &mut self.batches, room);
        }
        self.batches.send_full();
    }

    /// Writes spans of a segment with too many waiting spans.
    pub(super) fn relieve(
        &mut self,
        key: LocalId,
        unassigned: &mut IdMap<BufferedSpan>,
        since: Instant,
        room: &mut Room,
    ) {
        let Some(stream) = self.known.get_mut(&key) else { return };
        stream.settled = stream.finished.len() / 2;
        let ready = stream.take_settled();
        stream.settled = 0;
        stream.write(ready, unassigned, since, &mut self.batches, room);
        self.batches.send_full();
    }

    /// Ends a segment whose root span was read one round ago.
    pub(super) fn end(
        &mut self,
        ended: Ended,
        unassigned: &mut IdMap<BufferedSpan>,
        since: Instant,
        round: u64,
        room: &mut Room,
    ) {
        let key = ended.segment.key;
        let ended = Arc::new(ended);
        let known = self.known.contains_key(&key);
        if !known {
            // The record of its beginning found no room.
            let stream = Stream::new(Arc::clone(&ended.segment), Phase::Over(Arc::clone(&ended)));
            self.known.insert(key, stream);
            if let Some(gathered) = unassigned.remove(&key) {
                self.adopt(key, gathered, room);
            }
        }
        let Some(stream) = self.known.get_mut(&key) else { return };
        stream.phase = Phase::Over(ended);
        let ready = stream.take_settled();
        // Spans that were read in this round wait for the next.
        stream.settled = 0;
        stream.write(ready, unassigned, since, &mut self.batches, room);
        stream.write_root(since, &mut self.batches, room);
        let trace = Key::of(&stream.segment);
        if known {
            self.one_less(trace);
        }
        if !self.running.contains_key(&trace) {
            // An envelope holds one trace, so waiting longer would not save envelopes.
            self.batches.close(trace, round + STRAGGLERS);
        }
        self.batches.send_full();
        let Self { remembered, known, .. } = self;
        let forgotten = remembered.add(key, round, |key| known.get(&key).is_some_and(Stream::is_used));
        self.forget(forgotten, unassigned, since, room);
    }

    /// Forgets the ended segments of a client that closes, unless their spans may still end.
    pub(super) fn close(
        &mut self,
        client: &Arc<Client>,
        round: u64,
        since: Instant,
        unassigned: &mut IdMap<BufferedSpan>,
        room: &mut Room,
    ) {
        let Self { remembered, known, .. } = self;
        let is_of_client =
            |key| known.get(&key).is_some_and(|stream| Arc::ptr_eq(&stream.segment.client, client));
        let is_used = |key| known.get(&key).is_some_and(Stream::is_used);
        let forgotten = remembered.close(round, is_of_client, is_used);
        self.forget(forgotten, unassigned, since, room);
    }

    /// Forgets segments that can have no more spans.
    fn forget(
        &mut self,
        segments: Vec<LocalId>,
        unassigned: &mut IdMap<BufferedSpan>,
        since: Instant,
        room: &mut Room,
    ) {
        for mut stream in segments.iter().filter_map(|key| self.known.remove(key)) {
            let ready = stream.take_all();
            stream.write(ready, unassigned, since, &mut self.batches, room);
            room.give_back(stream.weight);
        }
    }

    fn one_less(&mut self, trace: Key) {
        if let Some(running) = self.running.get_mut(&trace) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&trace);
            }
        }
    }

    /// Sends the batches that are due, and forgets segments that can neither end nor record any more.
    pub(super) fn send_due(&mut self, now: Instant, round: u64, most_bytes: usize, room: &mut Room) {
        self.batches.send_due(now, round, most_bytes);
        if !self.running.is_empty() && now.duration_since(*self.swept.get_or_insert(now)) >= LONGEST {
            self.swept = Some(now);
            self.sweep(room);
        }
    }

    /// Removes segments whose root span is leaked and never ends: no other part of the program refers to them.
    fn sweep(&mut self, room: &mut Room) {
        let mut gone = Vec::new();
        self.known.retain(|_, stream| {
            let live = matches!(stream.phase, Phase::Live { .. });
            let leaked = live && stream.finished.is_empty() && Arc::strong_count(&stream.segment) == 1;
            if leaked {
                room.give_back(stream.weight);
                gone.push(Key::of(&stream.segment));
            }
            !leaked
        });
        for trace in gone {
            self.one_less(trace);
        }
        self.after_sweep = self.known.len();
    }

    /// Sends all written spans.
    pub(super) fn send_all(&mut self) {
        self.batches.send_all();
    }

    /// Returns the number of bytes that wait in batches.
    pub(super) fn bytes(&self) -> usize {
        self.batches.bytes()
    }

    /// Returns whether spans wait for the next round.
    pub(super) fn has_work(&self) -> bool {
        !self.touched.is_empty() || self.batches.is_closing()
    }

    /// Returns how long the pipeline may sleep; `None` if nothing waits and nothing runs.
    pub(super) fn rest(&self) -> Option<Duration> {
        let due = self.batches.next_due().map(|due| due.saturating_duration_since(Instant::now()));
        let running = (!self.running.is_empty()).then_some(LONGEST);
        due.into_iter().chain(running).min()
    }

    /// Counts everything as lost after a bug of the toolkit.
    pub(super) fn discard(&mut self) {
        let waiting = self
            .known
            .values()
            .map(|stream| (Arc::clone(&stream.segment.client), stream.finished.len() as u64));
        for (client, spans) in self.batches.discard().into_iter().chain(waiting) {
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Span, spans);
        }
    }
}
