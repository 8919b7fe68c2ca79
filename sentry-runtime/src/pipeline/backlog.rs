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

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::span::buffer::{BufferedSpan, Room};
use super::transaction::Ended;
use crate::base::worker;
use crate::client::Client;
use crate::intake::message::Progress;
use crate::intake::weight;
use crate::protocol::DataCategory;
use crate::scope::Scope;
use crate::trace::clock::Anchor;
use crate::trace::frozen_context::FrozenContext;
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::segment::{RootName, Segment};

/// The approximate memory of a segment without its spans, texts and scopes, in bytes.
const SEGMENT_BYTES: usize = size_of::<Waiting>() + size_of::<Segment>() + 128;

/// A segment that waits.
pub(super) struct Waiting {
    pub(super) ended: Ended,
    pub(super) spans: BufferedSpan,
    /// The clocks at its end. If the machine is suspended while it waits, the span clock and the wall clock go on by
    /// different times.
    pub(super) anchor: Anchor,
}

impl Waiting {
    fn scopes(&self) -> [&Arc<Scope>; 3] {
        [&self.ended.global, &self.ended.isolation, &self.ended.current]
    }
}

/// The waiting segments.
#[derive(Default)]
pub(super) struct Backlog {
    clients: Vec<OfClient>,
    keys: IdMap<()>,
    scopes: SharedScopes,
    /// The memory that they take of the [`Room`].
    bytes: usize,
}

/// The waiting segments of a client, oldest first.
struct OfClient {
    /// The address of the client.
    client: usize,
    waiting: VecDeque<Waiting>,
    progress: Progress,
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns whether a segment waits.
    pub(super) fn contains(&self, key: LocalId) -> bool {
        self.keys.contains_key(&key)
    }

    /// Returns how many segments of the client at this address have begun and ceased to wait.
    pub(super) fn progress(&self, client: usize) -> Progress {
        let known = self.clients.iter().find(|known| known.client == client);
        known.map(|known| known.progress).unwrap_or_default()
    }

    /// Returns the index of a client.
    fn position(&mut self, client: &Arc<Client>) -> usize {
        let client = Arc::as_ptr(client).addr();
        self.clients.iter().position(|known| known.client == client).unwrap_or_else(|| {
            self.clients.push(OfClient { client, waiting: VecDeque::new(), progress: Progress::default() });
            self.clients.len() - 1
        })
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
        let at = self.position(&ended.segment.client);
        let anchor = Anchor::take();
        if self.clients[at].waiting.is_empty() && has_room(&ended.segment.client, all) {
            room.give_back(spans.weight);
            return Some(Waiting { ended, spans, anchor });
        }
        spans.give_back_unused(room);
        let mut waiting = Waiting { ended, spans, anchor };
        let more = SEGMENT_BYTES + of_texts(&waiting.ended.segment) + self.scopes.add(&waiting);
        // The rest of the room is left for segments that are running.
        let fits = self.bytes + waiting.spans.weight + more <= room.limit() / 8 * 7;
        if !fits || !room.take(more) {
            self.scopes.remove(&waiting);
            room.give_back(waiting.spans.weight);
            return Some(waiting);
        }
        self.bytes += waiting.spans.weight + more;
        waiting.spans.weight += SEGMENT_BYTES + of_texts(&waiting.ended.segment);
        self.keys.insert(waiting.ended.segment.key, ());
        self.clients[at].progress.added += 1;
        self.clients[at].waiting.push_back(waiting);
        None
    }

    /// Takes the oldest segment of a client whose transport has room. The room of its spans is given back.
    pub(super) fn next(&mut self, all: bool, room: &mut Room) -> Option<Waiting> {
        let has_room = |waiting: &Waiting| has_room(&waiting.ended.segment.client, all);
        let at = self.clients.iter().position(|known| known.waiting.front().is_some_and(has_room))?;
        let waiting = self.clients[at].waiting.pop_front()?;
        Some(self.taken(at, waiting, room))
    }

    /// Takes the oldest segment of a client.
    pub(super) fn next_of(&mut self, client: &Arc<Client>, room: &mut Room) -> Option<Waiting> {
        let at = self.position(client);
        let waiting = self.clients[at].waiting.pop_front()?;
        Some(self.taken(at, waiting, room))
    }

    /// Takes the newest segment of the client that has most of them.
    pub(super) fn newest(&mut self, room: &mut Room) -> Option<Waiting> {
        let clients = self.clients.iter_mut().enumerate();
        let (at, of_client) = clients.max_by_key(|(_, known)| known.waiting.len())?;
        let waiting = of_client.waiting.pop_back()?;
        Some(self.taken(at, waiting, room))
    }

    fn taken(&mut self, at: usize, waiting: Waiting, room: &mut Room) -> Waiting {
        self.keys.remove(&waiting.ended.segment.key);
        let bytes = waiting.spans.weight + self.scopes.remove(&waiting);
        self.bytes -= bytes;
        room.give_back(bytes);
        self.clients[at].progress.removed += 1;
        waiting
    }

    /// Forgets the progress of a client of which nothing waits.
    pub(super) fn forget(&mut self, client: &Arc<Client>) {
        let client = Arc::as_ptr(client).addr();
        self.clients.retain(|known| known.client != client || !known.waiting.is_empty());
    }

    /// Takes all segments, without regard to the memory.
    pub(super) fn into_waiting(self) -> impl Iterator<Item = Waiting> {
        self.clients.into_iter().flat_map(|known| known.waiting)
    }

    /// Asks transports to wake the pipeline when they have room, while segments wait.
    pub(super) fn ask_for_room(&self) {
        worker::set_awaits_room(!self.is_empty());
    }
}

/// The snapshots of scopes with which segments wait, by their addresses. Each counts once, since many segments may
/// share it; that of a request is its own, with its breadcrumbs and its body.
#[derive(Default)]
struct SharedScopes(HashMap<usize, SharedScope>);

struct SharedScope {
    segments: usize,
    bytes: usize,
}

impl SharedScopes {
    /// Counts a segment. Returns the bytes of those of its scopes with which no other segment waits.
    fn add(&mut self, waiting: &Waiting) -> usize {
        let mut added = 0;
        for scope in waiting.scopes() {
            let known = self.0.entry(Arc::as_ptr(scope).addr()).or_insert_with(|| {
                let bytes = size_of::<Scope>() + weight::of_data(scope);
                added += bytes;
                SharedScope { segments: 0, bytes }
            });
            known.segments += 1;
        }
        added
    }

    /// Counts a segment that waits no longer. Returns the bytes of those of its scopes with which no other segment waits.
    fn remove(&mut self, waiting: &Waiting) -> usize {
        let mut removed = 0;
        for address in waiting.scopes().map(|scope| Arc::as_ptr(scope).addr()) {
            let Some(known) = self.0.get_mut(&address) else { continue };
            known.segments -= 1;
            if known.segments == 0 {
                removed += known.bytes;
                self.0.remove(&address);
            }
        }
        removed
    }
}

/// Returns the bytes of the texts of a segment.
fn of_texts(segment: &Segment) -> usize {
    let name = match &segment.root {
        RootName::Given { name, op, .. } => name.len() + op.len(),
        // As it was received. What is made of it is counted with the scope.
        RootName::Request(request) => request.bytes(),
        RootName::Site(_) | RootName::ServerAction(_) => 0,
    };
    name + segment.propagation.dsc.as_ref().map_or(0, FrozenContext::bytes)
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
