//! Losses: segments that are dropped to make room, and those of a client that closes.

use std::sync::Arc;
use std::time::Instant;

use super::{BufferedSpan, Collector, is_used};
use crate::base::order::sort_pairs;
use crate::client::{self, Client};
use crate::context::recorder;
use crate::pipeline::backlog::{Waiting, has_room};
use crate::pipeline::transaction::Ended;
use crate::protocol::{DataCategory, DiscardReason};

/// The number of rounds without records after which a segment may be dropped to make room.
const SILENCE: u64 = 2;

impl Collector {
    /// Drops segments that wait, the newest first, until half of the memory is left for those that are running: a whole
    /// transaction less is better than several without some of their spans.
    #[cold]
    pub(super) fn give_up_waiting(&mut self) {
        while self.room.is_fuller_than(4)
            && let Some(Waiting { ended, spans, .. }) = self.backlog.newest(&mut self.room)
        {
            lose_transaction(DiscardReason::QueueOverflow, &ended, &spans);
        }
    }

    /// Drops segments that have recorded nothing for a while, until there is some room again.
    #[cold]
    pub(super) fn give_up_silent(&mut self) {
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
    pub(super) fn give_up_oldest(&mut self, most: usize, may_go: impl Fn(&BufferedSpan) -> bool) {
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

    /// Counts the spans that segments which may never end have lost so far.
    pub(super) fn count_dropped(&mut self) {
        let dropped = self.open.values_mut().map(|gathered| std::mem::take(&mut gathered.dropped)).sum();
        lose_spans(client::global().as_deref(), dropped);
    }

    /// Counts the gathered spans of unfinished segments as lost because their client closes. The client of a span is
    /// known only when its root ends, so if there are other clients, the spans stay until then.
    pub(in crate::pipeline) fn close(&mut self, client: &Arc<Client>) {
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
        while let Some(Waiting { ended, spans, anchor }) = self.backlog.next_of(client, &mut self.room) {
            if has_room(client, true) {
                self.write_transaction(ended, spans, &anchor);
            } else {
                lose_transaction(DiscardReason::NetworkError, &ended, &spans);
            }
        }
        self.backlog.forget(client);
        self.backlog.ask_for_room();
    }

    /// Counts everything as lost after a bug of the toolkit.
    pub(in crate::pipeline) fn discard(mut self) {
        self.streams.discard();
        for pending in &self.check_ins {
            pending.content.client().ledger().lost(DiscardReason::InternalSdkError, DataCategory::Monitor, 1);
        }
        let spans = self.open.values().map(|gathered| gathered.children.len() as u64).sum::<u64>();
        for ended in self.ending.iter().chain(&self.ended) {
            let ledger = ended.segment.client.ledger();
            if !ended.segment.is_streamed() {
                ledger.lost(DiscardReason::InternalSdkError, DataCategory::Transaction, 1);
            }
            ledger.lost(DiscardReason::InternalSdkError, DataCategory::Span, 1);
        }
        for Waiting { ended, spans, .. } in self.backlog.into_waiting() {
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

pub(super) fn lose_spans(client: Option<&Client>, spans: u64) {
    if let Some(client) = client {
        client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, spans);
    }
}
