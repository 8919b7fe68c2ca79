//! The batches of streamed spans that wait for their envelope: one batch per trace.
//!
//! A batch is sent when it is full, when it is old, when the last segment of its trace in this process has ended, and
//! at a flush. Its spans are held as JSON, so that nothing is stored twice. The envelope's header is built when the
//! batch is sent, since the trace's dynamic sampling context is frozen as late as possible.
//!
//! [Spec, span buffer](https://develop.sentry.dev/sdk/telemetry/spans/span-buffer/),
//! [telemetry processor](https://develop.sentry.dev/sdk/foundations/processing/telemetry-processor/)

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::pipeline::output;
use crate::protocol::span_v2::{CLOSING, CONTENT_TYPE, MAX_ITEMS, OPENING};
use crate::protocol::{DataCategory, EnvelopeItem, ItemType, TraceId};
use crate::trace::segment::Segment;

/// The longest time that a span waits for others.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);
/// The maximum size of a batch, in bytes. Servers accept ten times as much; a full batch is a thousand spans with a
/// kilobyte each.
const MAX_BYTES: usize = 1 << 20;

/// The key of a batch: one trace of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    trace: TraceId,
    /// The client's address, which is valid as long as one of its segments lives.
    client: usize,
}

impl Key {
    pub(crate) fn of(segment: &Segment) -> Self {
        Self { trace: segment.trace_id(), client: Arc::as_ptr(&segment.client) as usize }
    }
}

#[derive(Debug)]
struct Batch {
    /// One of the trace's segments.
    segment: Arc<Segment>,
    payload: Vec<u8>,
    count: usize,
    /// A time before the end of every span in the batch.
    since: Instant,
    /// The round at whose end the batch is sent, if that is decided.
    leaves: Option<u64>,
}

/// All waiting batches.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    waiting: HashMap<Key, Batch>,
    full: Vec<Batch>,
    bytes: usize,
}

impl Batches {
    /// Adds a span that `write` writes; the span ended after `since`.
    pub(crate) fn add(&mut self, segment: &Arc<Segment>, since: Instant, write: impl FnOnce(&mut Vec<u8>)) {
        let key = Key::of(segment);
        let batch = self.waiting.entry(key).or_insert_with(|| Batch {
            segment: Arc::clone(segment),
            payload: OPENING.to_vec(),
            count: 0,
            since,
            leaves: None,
        });
        let before = batch.payload.len();
        if batch.count > 0 {
            batch.payload.push(b',');
        }
        write(&mut batch.payload);
        batch.count += 1;
        self.bytes += batch.payload.len() - before;
        if batch.count >= MAX_ITEMS || batch.payload.len() >= MAX_BYTES {
            self.full.extend(self.waiting.remove(&key));
        }
    }

    /// Returns the number of waiting bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Schedules a batch to be sent at the end of a round.
    pub(crate) fn close(&mut self, key: Key, round: u64) {
        if let Some(batch) = self.waiting.get_mut(&key) {
            batch.leaves = Some(round);
        }
    }

    /// Sends full batches.
    pub(crate) fn send_full(&mut self) {
        for batch in std::mem::take(&mut self.full) {
            self.bytes = self.bytes.saturating_sub(batch.payload.len() - OPENING.len());
            batch.send();
        }
    }

    /// Sends batches that are due, or all of them if they take more than `room`.
    pub(crate) fn send_due(&mut self, now: Instant, round: u64, room: usize) {
        let crowded = self.bytes > room;
        self.send_those(|batch| {
            crowded
                || now.saturating_duration_since(batch.since) >= LONGEST
                || batch.leaves.is_some_and(|leaves| leaves <= round)
        });
    }

    /// Sends all batches.
    pub(crate) fn send_all(&mut self) {
        self.send_those(|_| true);
    }

    fn send_those(&mut self, due: impl Fn(&Batch) -> bool) {
        self.full.extend(self.waiting.extract_if(|_, batch| due(batch)).map(|(_, batch)| batch));
        self.send_full();
    }

    /// Returns the time at which the next batch is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.waiting.values().map(|batch| batch.since + LONGEST).min()
    }

    /// Returns whether a batch is scheduled to be sent.
    pub(crate) fn is_closing(&self) -> bool {
        self.waiting.values().any(|batch| batch.leaves.is_some())
    }

    /// Drops all batches, and returns the clients and the number of spans of each.
    pub(crate) fn discard(&mut self) -> Vec<(Arc<Client>, u64)> {
        self.bytes = 0;
        let batches = self.waiting.drain().map(|(_, batch)| batch).chain(self.full.drain(..));
        batches.map(|batch| (Arc::clone(&batch.segment.client), batch.count as u64)).collect()
    }
}

impl Batch {
    fn send(mut self) {
        let count = self.count;
        let Some(transport) = output::open(&self.segment.client, DataCategory::Span, count as u64) else {
            return;
        };
        self.payload.extend_from_slice(CLOSING);
        let item =
            EnvelopeItem::container(ItemType::Span, CONTENT_TYPE, self.payload, count, DataCategory::Span);
        output::send(transport, None, Some(self.segment.dsc()), [item]);
    }
}
