//! The queue before a transport's thread: bounded in envelopes and in bytes, ordered by importance.
//!
//! What the user would miss most leaves first and is dropped last: check-ins, of which a lost one raises a false
//! alarm, then errors and feedback, then sessions, then traces, then logs and metrics. Within one level the order of arrival is kept, so that the
//! two halves of a check-in, or two updates of a session, never overtake each other.

use std::collections::VecDeque;

use crate::protocol::{Envelope, ItemType};

const LEVELS: usize = 5;

/// What the headers of an envelope and of one item cost in memory, roughly.
const HEADER_BYTES: usize = 256;

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Envelopes.
    pub(crate) envelopes: usize,
    /// Bytes of their payloads.
    pub(crate) bytes: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { envelopes: 256, bytes: 32 * 1024 * 1024 }
    }
}

/// An envelope that waits, with the number it was given on arrival.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) seq: u64,
    pub(super) envelope: Envelope,
    bytes: usize,
}

/// Envelopes by importance.
#[derive(Debug)]
pub(super) struct Queue {
    levels: [VecDeque<Queued>; LEVELS],
    capacity: Capacity,
    len: usize,
    bytes: usize,
    last_seq: u64,
}

impl Queue {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self { levels: Default::default(), capacity, len: 0, bytes: 0, last_seq: 0 }
    }

    /// Takes an envelope, and returns what had to go for it: less important ones, or the envelope itself when
    /// everything that waits is at least as important.
    pub(super) fn push(&mut self, envelope: Envelope) -> Vec<Envelope> {
        let level = importance(&envelope);
        let bytes = size(&envelope);
        let (evictable_len, evictable_bytes) = self.levels[level + 1..]
            .iter()
            .flatten()
            .fold((0, 0), |(len, sum), queued| (len + 1, sum + queued.bytes));
        let fits = self.len - evictable_len < self.capacity.envelopes
            && self.bytes - evictable_bytes + bytes <= self.capacity.bytes;
        if !fits {
            return vec![envelope];
        }
        let mut evicted = Vec::new();
        while self.len >= self.capacity.envelopes || self.bytes + bytes > self.capacity.bytes {
            // The newest of the least important: the first of a series tells more than its repetitions.
            match self.levels.iter_mut().rev().find_map(VecDeque::pop_back) {
                Some(queued) => {
                    self.len -= 1;
                    self.bytes -= queued.bytes;
                    evicted.push(queued.envelope);
                }
                None => break,
            }
        }
        self.last_seq += 1;
        self.len += 1;
        self.bytes += bytes;
        self.levels[level].push_back(Queued { seq: self.last_seq, envelope, bytes });
        evicted
    }

    /// The next to send.
    pub(super) fn pop(&mut self) -> Option<Queued> {
        let queued = self.levels.iter_mut().find_map(VecDeque::pop_front)?;
        self.len -= 1;
        self.bytes -= queued.bytes;
        Some(queued)
    }

    /// The number given to the latest arrival.
    pub(super) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The number of the one that has waited longest.
    pub(super) fn first_seq(&self) -> Option<u64> {
        self.levels.iter().filter_map(|level| level.front()).map(|queued| queued.seq).min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

fn size(envelope: &Envelope) -> usize {
    envelope.items().iter().fold(HEADER_BYTES, |sum, item| sum + item.payload().len() + HEADER_BYTES)
}

/// The level of an envelope's most important item; 0 is the most important.
fn importance(envelope: &Envelope) -> usize {
    envelope.items().iter().map(|item| level(item.ty())).min().unwrap_or(LEVELS - 1)
}

fn level(ty: ItemType) -> usize {
    match ty {
        ItemType::CheckIn => 0,
        ItemType::Event | ItemType::Feedback | ItemType::ClientReport => 1,
        ItemType::Session | ItemType::Sessions => 2,
        ItemType::Transaction | ItemType::Span => 3,
        ItemType::Log | ItemType::TraceMetric | ItemType::Attachment => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DataCategory, EnvelopeItem};

    fn envelope(ty: ItemType, payload: &str) -> Envelope {
        let mut envelope = Envelope::new();
        envelope.add_item(EnvelopeItem::json(ty, payload.as_bytes().to_vec(), DataCategory::Default));
        envelope
    }

    fn payload(envelope: &Envelope) -> String {
        String::from_utf8_lossy(envelope.items()[0].payload()).into_owned()
    }

    fn queue(envelopes: usize, bytes: usize) -> Queue {
        Queue::new(Capacity { envelopes, bytes })
    }

    #[test]
    fn the_most_important_leaves_first_and_arrival_decides_within_a_level() {
        let mut queue = queue(10, 1 << 20);
        for (ty, name) in [
            (ItemType::Log, "log"),
            (ItemType::Transaction, "trace"),
            (ItemType::Sessions, "sessions"),
            (ItemType::CheckIn, "in_progress"),
            (ItemType::Event, "error"),
            (ItemType::CheckIn, "ok"),
        ] {
            assert!(queue.push(envelope(ty, name)).is_empty());
        }
        let mut order = Vec::new();
        while let Some(queued) = queue.pop() {
            order.push(payload(&queued.envelope));
        }
        assert_eq!(order, ["in_progress", "ok", "error", "sessions", "trace", "log"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_full_queue_gives_up_the_newest_of_the_least_important() {
        let mut queue = queue(3, 1 << 20);
        for (ty, name) in
            [(ItemType::Log, "log"), (ItemType::Transaction, "old"), (ItemType::Transaction, "new")]
        {
            queue.push(envelope(ty, name));
        }
        let evicted = queue.push(envelope(ItemType::Event, "error 1"));
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["log"]);
        let evicted = queue.push(envelope(ItemType::Event, "error 2"));
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["new"]);
        let evicted = queue.push(envelope(ItemType::Log, "late"));
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["late"]);
        let evicted = queue.push(envelope(ItemType::Transaction, "as important"));
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["as important"]);
    }

    #[test]
    fn bytes_are_bounded_and_nothing_is_evicted_in_vain() {
        let mut queue = queue(100, 4 * HEADER_BYTES + 100);
        assert!(queue.push(envelope(ItemType::Log, &"x".repeat(50))).is_empty());
        assert!(queue.push(envelope(ItemType::Event, &"x".repeat(50))).is_empty());
        // Too large even if the log went: the log stays.
        assert_eq!(queue.push(envelope(ItemType::Event, &"y".repeat(5_000))).len(), 1);
        assert_eq!(queue.len, 2);
        // Fits once the log is gone.
        let evicted = queue.push(envelope(ItemType::Event, &"z".repeat(40)));
        assert_eq!(evicted[0].items()[0].ty(), ItemType::Log);
        queue.pop();
        queue.pop();
        assert_eq!((queue.len, queue.bytes), (0, 0));
    }

    #[test]
    fn the_longest_waiting_is_known_across_levels() {
        let mut queue = queue(10, 1 << 20);
        assert_eq!((queue.first_seq(), queue.last_seq()), (None, 0));
        queue.push(envelope(ItemType::Log, "1"));
        queue.push(envelope(ItemType::Event, "2"));
        assert_eq!((queue.first_seq(), queue.last_seq()), (Some(1), 2));
        queue.pop();
        assert_eq!(queue.first_seq(), Some(1));
    }
}
