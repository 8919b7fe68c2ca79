//! The queue of a transport's thread: limited in envelopes, in bytes and by category, ordered by importance.
//!
//! The most important envelopes are sent first and dropped last: check-ins, since a lost one raises a false alarm, then
//! errors and feedback, then session counts, then traces, then logs and metrics. The levels take weighted turns, so
//! that a flood of one level slows the others but never starves them. Within one level the order of arrival is kept,
//! so that the two halves of a check-in, or two updates of a session, never overtake each other. Some updates of a
//! session travel with an error, so all of them are as important as errors.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/processing/telemetry-processor/backend-telemetry-processor/)

use std::collections::VecDeque;
use std::sync::Arc;

use super::priority::{LEVELS, TRACE, category, importance};
use super::room::Room;
use super::spool::Ticket;
use crate::protocol::{DataCategory, Envelope};

const CATEGORIES: usize = DataCategory::ALL.len();

/// The number of envelopes that each level may send before the other levels have their turn, as in the spec.
const WEIGHTS: [u32; LEVELS] = [5, 5, 4, 3, 2];

/// The approximate memory of the headers of an envelope and of one item, in bytes.
const HEADER_BYTES: usize = 256;

/// The capacity of a queue.
#[derive(Debug, Clone)]
pub(crate) struct Capacity {
    /// The maximum number of envelopes.
    pub(crate) envelopes: usize,
    /// The memory for their payloads.
    pub(crate) room: Arc<Room>,
    /// The maximum number of envelopes of single categories.
    pub(crate) categories: Vec<(DataCategory, usize)>,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { envelopes: 256, room: Room::separate(32 * 1024 * 1024), categories: Vec::new() }
    }
}

/// A waiting envelope, with its sequence number.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) seq: u64,
    pub(super) envelope: Envelope,
    /// The ticket of its copy on disk.
    pub(super) ticket: Option<Ticket>,
    level: usize,
    category: DataCategory,
    bytes: usize,
}

/// Envelopes by importance.
#[derive(Debug)]
pub(super) struct Queue {
    levels: [VecDeque<Queued>; LEVELS],
    /// The number of envelopes that each level may still send before the others have their turn.
    turns: [u32; LEVELS],
    capacity: Capacity,
    /// The number of waiting envelopes of each category.
    waiting: [usize; CATEGORIES],
    len: usize,
    bytes: usize,
    last_seq: u64,
}

impl Queue {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self {
            levels: Default::default(),
            turns: WEIGHTS,
            capacity,
            waiting: [0; CATEGORIES],
            len: 0,
            bytes: 0,
            last_seq: 0,
        }
    }

    /// Adds an envelope, and returns the envelopes displaced by it: less important ones, or the envelope itself if its
    /// category is full or all waiting envelopes are at least as important.
    pub(super) fn push(&mut self, envelope: Envelope, ticket: Option<Ticket>) -> Vec<Queued> {
        let level = importance(&envelope);
        let category = category(&envelope);
        let bytes = size(&envelope);
        self.last_seq += 1;
        let queued = Queued { seq: self.last_seq, envelope, ticket, level, category, bytes };
        let of_category = self.capacity.categories.iter().find(|(limited, _)| *limited == category);
        if of_category.is_some_and(|&(_, most)| self.waiting[category as usize] >= most) {
            return vec![queued];
        }
        let (evictable_len, evictable_bytes) = self.levels[level + 1..]
            .iter()
            .flatten()
            .fold((0, 0), |(len, sum), queued| (len + 1, sum + queued.bytes));
        let fits = self.len - evictable_len < self.capacity.envelopes
            && self.bytes - evictable_bytes + bytes <= self.capacity.room.for_envelopes();
        if !fits {
            return vec![queued];
        }
        let mut evicted = Vec::new();
        while self.len >= self.capacity.envelopes || self.bytes + bytes > self.capacity.room.for_envelopes() {
            let Some(least) = self.pop_least(level) else { break };
            evicted.push(least);
        }
        self.len += 1;
        self.bytes += bytes;
        self.capacity.room.enter(level, bytes);
        self.waiting[category as usize] += 1;
        self.levels[level].push_back(queued);
        evicted
    }

    /// Takes envelopes that are less important than a level until the queue takes no more memory than it may.
    pub(super) fn displace(&mut self, level: usize) -> Vec<Queued> {
        let mut displaced = Vec::new();
        while self.bytes > self.capacity.room.for_envelopes() {
            let Some(least) = self.pop_least(level) else { break };
            displaced.push(least);
        }
        displaced
    }

    /// Takes an envelope that is less important than a level: the newest of the least important, since the first of a
    /// series is more informative than its repetitions.
    fn pop_least(&mut self, level: usize) -> Option<Queued> {
        let least = self.levels[level + 1..].iter_mut().rev().find_map(VecDeque::pop_back)?;
        Some(self.taken(least))
    }

    /// Takes the next envelope to send.
    pub(super) fn pop(&mut self) -> Option<Queued> {
        let level = self.whose_turn().or_else(|| {
            self.turns = WEIGHTS;
            self.whose_turn()
        })?;
        let next = self.levels[level].pop_front()?;
        self.turns[level] -= 1;
        Some(self.taken(next))
    }

    fn whose_turn(&self) -> Option<usize> {
        (0..LEVELS).find(|&level| self.turns[level] > 0 && !self.levels[level].is_empty())
    }

    fn taken(&mut self, queued: Queued) -> Queued {
        self.len -= 1;
        self.bytes -= queued.bytes;
        self.capacity.room.leave(queued.level, queued.bytes);
        self.waiting[queued.category as usize] -= 1;
        queued
    }

    /// Returns the sequence number of the latest envelope.
    pub(super) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Returns the sequence number of the envelope that has waited longest.
    pub(super) fn first_seq(&self) -> Option<u64> {
        self.levels.iter().filter_map(|level| level.front()).map(|queued| queued.seq).min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of waiting envelopes with transactions or spans.
    pub(super) fn traces(&self) -> usize {
        self.levels[TRACE].len()
    }

    /// Returns whether there is no room for another envelope, if the others are as important.
    pub(super) fn is_full(&self) -> bool {
        self.len >= self.capacity.envelopes || self.bytes > self.capacity.room.for_envelopes() / 2
    }

    /// Returns the number of waiting envelopes, and the size of their payloads in bytes.
    pub(super) fn depth(&self) -> (usize, usize) {
        (self.len, self.bytes)
    }
}

fn size(envelope: &Envelope) -> usize {
    envelope.items().iter().fold(HEADER_BYTES, |sum, item| sum + item.payload().len() + HEADER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DataCategory, EnvelopeItem, ItemType};

    fn envelope(ty: ItemType, payload: &str) -> Envelope {
        let mut envelope = Envelope::new();
        envelope.add_item(EnvelopeItem::json(ty, payload.as_bytes().to_vec(), DataCategory::Default));
        envelope
    }

    fn payload(queued: &Queued) -> String {
        String::from_utf8_lossy(queued.envelope.items()[0].payload()).into_owned()
    }

    fn queue(envelopes: usize, bytes: usize) -> Queue {
        Queue::new(Capacity { envelopes, room: Room::separate(bytes), ..Capacity::default() })
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
            assert!(queue.push(envelope(ty, name), None).is_empty());
        }
        let mut order = Vec::new();
        while let Some(queued) = queue.pop() {
            order.push(payload(&queued));
        }
        assert_eq!(order, ["in_progress", "ok", "error", "sessions", "trace", "log"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn updates_of_a_session_keep_their_order_whatever_they_travel_with() {
        let mut queue = queue(100, 1 << 20);
        for number in 0..8 {
            queue.push(envelope(ItemType::Event, &format!("error {number}")), None);
        }
        let mut with_error = envelope(ItemType::Event, "error with the first");
        with_error.add_item(EnvelopeItem::json(ItemType::Session, *b"{}", DataCategory::Session));
        queue.push(with_error, None);
        queue.push(envelope(ItemType::Session, "last"), None);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|queued| payload(&queued)).collect();
        assert_eq!(order[8..], ["error with the first", "last"]);
    }

    #[test]
    fn every_level_has_its_turn() {
        let mut queue = queue(100, 1 << 20);
        for number in 0..20 {
            queue.push(envelope(ItemType::Event, &format!("error {number}")), None);
            queue.push(envelope(ItemType::Log, &format!("log {number}")), None);
        }
        queue.push(envelope(ItemType::Transaction, "trace"), None);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|queued| payload(&queued)).collect();
        let first =
            ["error 0", "error 1", "error 2", "error 3", "error 4", "trace", "log 0", "log 1", "error 5"];
        assert_eq!(order[..9], first);
        assert_eq!(order.len(), 41);
        assert_eq!(order.iter().filter(|name| name.starts_with("log")).collect::<Vec<_>>()[19], "log 19");
    }

    #[test]
    fn a_category_has_a_bound_of_its_own() {
        let categories = vec![(DataCategory::Error, 2), (DataCategory::Monitor, 0)];
        let mut queue = Queue::new(Capacity { categories, ..Capacity::default() });
        let error = || {
            let mut envelope = Envelope::new();
            envelope.add_item(EnvelopeItem::json(ItemType::Event, *b"{}", DataCategory::Error));
            envelope
        };
        assert!(queue.push(error(), None).is_empty() && queue.push(error(), None).is_empty());
        assert_eq!(queue.push(error(), None).len(), 1);
        assert!(queue.push(envelope(ItemType::Log, "log"), None).is_empty(), "others have their own room");
        queue.pop();
        assert!(queue.push(error(), None).is_empty());
    }

    #[test]
    fn a_full_queue_gives_up_the_newest_of_the_least_important() {
        let mut queue = queue(3, 1 << 20);
        for (ty, name) in
            [(ItemType::Log, "log"), (ItemType::Transaction, "old"), (ItemType::Transaction, "new")]
        {
            queue.push(envelope(ty, name), None);
        }
        let evicted = queue.push(envelope(ItemType::Event, "error 1"), None);
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["log"]);
        let evicted = queue.push(envelope(ItemType::Event, "error 2"), None);
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["new"]);
        let evicted = queue.push(envelope(ItemType::Log, "late"), None);
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["late"]);
        let evicted = queue.push(envelope(ItemType::Transaction, "as important"), None);
        assert_eq!(evicted.iter().map(payload).collect::<Vec<_>>(), ["as important"]);
    }

    #[test]
    fn only_less_important_envelopes_make_room() {
        let room = Room::separate(10_000);
        let mut queue = Queue::new(Capacity { room: Arc::clone(&room), ..Capacity::default() });
        queue.push(envelope(ItemType::Event, &"x".repeat(4_000)), None);
        queue.push(envelope(ItemType::Transaction, &"x".repeat(4_000)), None);
        assert!(room.admits(5_000, 1) && !room.admits(6_000, 1), "the trace may be dropped, the error not");
        assert!(!room.admits(2_000, 3), "a trace drops no trace");
        assert!(room.admits(500, 3));
        queue.pop();
        queue.pop();
        assert!(room.admits(10_000, 4) && !room.admits(10_001, 0));
    }

    #[test]
    fn bytes_are_bounded_and_nothing_is_evicted_in_vain() {
        let mut queue = queue(100, 4 * HEADER_BYTES + 100);
        assert!(queue.push(envelope(ItemType::Log, &"x".repeat(50)), None).is_empty());
        assert!(queue.push(envelope(ItemType::Event, &"x".repeat(50)), None).is_empty());
        // Too large even without the log, so the log stays.
        assert_eq!(queue.push(envelope(ItemType::Event, &"y".repeat(5_000)), None).len(), 1);
        assert_eq!(queue.len, 2);
        // Fits once the log is dropped.
        let evicted = queue.push(envelope(ItemType::Event, &"z".repeat(40)), None);
        assert_eq!(evicted[0].envelope.items()[0].ty(), ItemType::Log);
        queue.pop();
        queue.pop();
        assert_eq!((queue.len, queue.bytes), (0, 0));
    }

    #[test]
    fn the_longest_waiting_is_known_across_levels() {
        let mut queue = queue(10, 1 << 20);
        assert_eq!((queue.first_seq(), queue.last_seq()), (None, 0));
        queue.push(envelope(ItemType::Log, "1"), None);
        queue.push(envelope(ItemType::Event, "2"), None);
        assert_eq!((queue.first_seq(), queue.last_seq()), (Some(1), 2));
        queue.pop();
        assert_eq!(queue.first_seq(), Some(1));
    }
}
