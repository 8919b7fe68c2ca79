//! Ended segments that wait until the transport has room for their transactions.
//!
//! A program can end transactions faster than the network takes them. A transaction in the transport's queue takes five
//! times the memory of its records, and whatever the queue has no room for was written in vain. So while half of the
//! queue are transactions, segments wait here as records, and are written when the transport has sent enough: it wakes
//! the pipeline ([`worker::room_made`]). A flush fills the queue and reports how many segments still wait; the caller
//! lets the transport send, and asks again (`lifecycle/shutdown.rs`).
//!
//! The records count for the option `max_record_memory`. Without room for more here, transactions are written at once,
//! and the transport's queue decides what it drops.

use std::collections::VecDeque;
use std::sync::Arc;

use super::span::buffer::{BufferedSpan, Room};
use super::transaction::Ended;
use crate::base::worker;
use crate::client::Client;
use crate::intake::message::Progress;
use crate::protocol::DataCategory;
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::segment::Segment;

/// The approximate memory of a segment without its spans, in bytes; scopes are shared.
const SEGMENT_BYTES: usize = size_of::<Waiting>() + size_of::<Segment>() + 128;

/// A segment that waits.
pub(super) struct Waiting {
    pub(super) ended: Ended,
    pub(super) spans: BufferedSpan,
}

/// The waiting segments, oldest first.
#[derive(Default)]
pub(super) struct Backlog {
    waiting: VecDeque<Waiting>,
    keys: IdMap<()>,
    /// The memory that they take of the [`Room`].
    bytes: usize,
    /// The progress of each client, by its address.
    progress: Vec<(usize, Progress)>,
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns whether a segment waits.
    pub(super) fn contains(&self, key: LocalId) -> bool {
        self.keys.contains_key(&key)
    }

    /// Returns how many segments of the client at this address have begun and ceased to wait.
    pub(super) fn progress(&self, client: usize) -> Progress {
        let known = self.progress.iter().find(|(of, _)| *of == client);
        known.map(|(_, progress)| *progress).unwrap_or_default()
    }

    fn progress_of(&mut self, client: &Arc<Client>) -> &mut Progress {
        let client = Arc::as_ptr(client).addr();
        let at = self.progress.iter().position(|(of, _)| *of == client).unwrap_or_else(|| {
            self.progress.push((client, Progress::default()));
            self.progress.len() - 1
        });
        &mut self.progress[at].1
    }

    /// Adds a segment if it has to wait and there is room. Otherwise returns it, and its spans give back their room. `all`
    /// is whether a flush waits.
    pub(super) fn add(
        &mut self,
        ended: Ended,
        mut spans: BufferedSpan,
        all: bool,
        room: &mut Room,
    ) -> Option<Waiting> {
        let client = &ended.segment.client;
        let behind = self.waiting.iter().any(|other| Arc::ptr_eq(&other.ended.segment.client, client));
        if !behind && has_room(client, all) {
            room.give_back(spans.weight);
            return Some(Waiting { ended, spans });
        }
        spans.give_back_unused(room);
        // The rest of the room is left for segments that are running.
        let fits = self.bytes + spans.weight + SEGMENT_BYTES <= room.limit() / 8 * 7;
        if !fits || !room.take(SEGMENT_BYTES) {
            room.give_back(spans.weight);
            return Some(Waiting { ended, spans });
        }
        spans.weight += SEGMENT_BYTES;
        self.bytes += spans.weight;
        self.keys.insert(ended.segment.key, ());
        self.progress_of(&ended.segment.client).added += 1;
        self.waiting.push_back(Waiting { ended, spans });
        None
    }

    /// Takes the oldest segment for which its client's transport has room. The room of its spans is given back.
    pub(super) fn next(&mut self, all: bool, room: &mut Room) -> Option<Waiting> {
        let mut full: Vec<*const Client> = Vec::new();
        let at = self.waiting.iter().position(|waiting| {
            let client = &waiting.ended.segment.client;
            if full.contains(&Arc::as_ptr(client)) {
                return false;
            }
            let has_room = has_room(client, all);
            if !has_room {
                full.push(Arc::as_ptr(client));
            }
            has_room
        })?;
        self.take(at, room)
    }

    /// Takes the oldest segment of a client.
    pub(super) fn next_of(&mut self, client: &Arc<Client>, room: &mut Room) -> Option<Waiting> {
        let at = self.waiting.iter().position(|it| Arc::ptr_eq(&it.ended.segment.client, client))?;
        self.take(at, room)
    }

    fn take(&mut self, at: usize, room: &mut Room) -> Option<Waiting> {
        let waiting = self.waiting.remove(at)?;
        self.keys.remove(&waiting.ended.segment.key);
        self.bytes -= waiting.spans.weight;
        room.give_back(waiting.spans.weight);
        self.progress_of(&waiting.ended.segment.client).removed += 1;
        Some(waiting)
    }

    /// Takes all segments, without regard to the memory.
    pub(super) fn into_waiting(self) -> impl Iterator<Item = Waiting> {
        self.waiting.into_iter()
    }

    /// Asks transports to wake the pipeline when they have room, while segments wait.
    pub(super) fn ask_for_room(&self) {
        worker::set_awaits_room(!self.waiting.is_empty());
    }
}

/// Returns whether the transport of a client has room for another transaction: its queue is not full, and unless a flush
/// waits, less than half of it are transactions. A transport of the user's own has room. With a spool transactions do not
/// wait, since they have to be on disk soon.
pub(super) fn has_room(client: &Client, all: bool) -> bool {
    let options = client.options();
    if options.spool_dir.is_some() || options.transport.is_some() {
        return true;
    }
    let Some(transport) = client.transport() else { return true };
    let depths = transport.queue_depths();
    let limits = options.category_queue_sizes.iter();
    // Without any room transactions would wait for nothing.
    let own = limits
        .filter(|(of, limit)| *of == DataCategory::Transaction && *limit > 0)
        .map(|(_, limit)| *limit)
        .min();
    let half = if all { usize::MAX } else { options.queue_size.div_ceil(2) };
    !depths.full && depths.traces < half.min(own.unwrap_or(usize::MAX))
}
