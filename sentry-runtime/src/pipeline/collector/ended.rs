//! Segments that have ended, on their way to a transaction or a stream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::losses::lose_spans;
use super::{BufferedSpan, Collector, Finished, LateSegment, is_used};
use crate::client;
use crate::pipeline::backlog::Waiting;
use crate::pipeline::containment::{contain, contain_all};
use crate::pipeline::transaction::{self, Ended};
use crate::protocol::DataCategory;
use crate::trace::clock::Anchor;
use crate::trace::ids::LocalId;

/// The time for which late spans are gathered.
const LATE: Duration = Duration::from_secs(1);
/// The maximum number of spans with attributes that were written before their segment was known.
const MAX_EARLY: usize = 4096;
/// The number of rounds that such attributes are kept: about ten seconds, while there is work.
const EARLY_ROUNDS: u64 = 200;

impl Collector {
    pub(super) fn finish(&mut self, ended: Ended, all: bool, since: Instant) {
        let client = Arc::clone(&ended.segment.client);
        if ended.segment.is_streamed() {
            let Self { streams, open, round, room, .. } = self;
            contain(&client, DataCategory::Span, || streams.end(ended, open, since, *round, room));
            return;
        }
        let mut gathered = self.open.remove(&ended.segment.key).unwrap_or_default();
        self.take_unassigned(&mut gathered);
        self.flight.keep(&ended, &gathered.children);
        if let Some(Waiting { ended, spans, anchor }) = self.backlog.add(ended, gathered, all, &mut self.room)
        {
            self.write_transaction(ended, spans, &anchor);
        }
    }

    /// Writes the transaction of a segment, whose spans take no room any more.
    pub(super) fn write_transaction(&mut self, ended: Ended, mut gathered: BufferedSpan, anchor: &Anchor) {
        let (key, client) = (ended.segment.key, Arc::clone(&ended.segment.client));
        let later = gathered.take_started_after(ended.end);
        let mut finished = Finished { ended: Arc::new(ended), open: BufferedSpan::default() };
        if finished.is_used() || !later.is_empty() {
            finished.open = gathered.take_open(key, &mut self.room);
        }
        if !later.is_empty() {
            // Late spans may have come while the segment waited.
            let open = self.open.entry(key).or_insert_with(|| {
                self.late.push(LateSegment::new(key));
                std::mem::take(&mut finished.open)
            });
            open.changed = self.round;
            later.into_iter().for_each(|child| open.add(child, &mut self.room));
        }
        let ended = Arc::clone(&finished.ended);
        let spans = gathered.children.len() as u64 + 1;
        let quantities = [(DataCategory::Transaction, 1), (DataCategory::Span, spans)];
        contain_all(&client, &quantities, || transaction::process(&ended, gathered, anchor));
        self.finished.insert(key, finished);
        let Self { remembered, finished, open, .. } = self;
        let forgotten = remembered.add(key, self.round, |key| is_used(finished, open, key));
        self.forget(forgotten);
    }

    /// Forgets segments that can have no more spans.
    pub(super) fn forget(&mut self, segments: Vec<LocalId>) {
        for finished in segments.iter().filter_map(|key| self.finished.remove(key)) {
            self.room.give_back(finished.open.weight);
        }
    }

    /// Moves the attributes of unassigned spans to the gathered spans: if a future was called in one place and polled
    /// in another, its attributes are stored under the span's own id.
    fn take_unassigned(&mut self, gathered: &mut BufferedSpan) {
        // Most open entries are other segments, which have spans. If they are few, one look at each of them takes less
        // than a search for each span.
        let is_unassigned = |open: &BufferedSpan| open.children.is_empty();
        if self.open.len() <= gathered.children.len() && !self.open.values().any(is_unassigned) {
            return;
        }
        for child in &gathered.children {
            if self.open.get(&child.id()).is_some_and(is_unassigned)
                && let Some(unassigned_span) = self.open.remove(&child.id())
            {
                gathered.weight += unassigned_span.weight;
                gathered.attributes.extend(unassigned_span.attributes);
            }
        }
    }

    pub(super) fn finish_late(&mut self, all: bool, now: Instant) {
        for late in std::mem::take(&mut self.late) {
            let LateSegment { key, since, anchor } = late;
            // Spans that follow their transaction wait for it.
            let waits = self.backlog.contains(key) || (!all && now.saturating_duration_since(since) < LATE);
            if waits {
                self.late.push(late);
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
                    contain_all(&client, &quantities, || transaction::process_late(ended, gathered, &anchor));
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
}
