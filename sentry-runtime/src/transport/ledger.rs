//! The ledger: counters of every item that is sent or lost, by category and reason.
//!
//! Code that drops an item records it here. Client reports contain the losses since the last report; `Client::stats`
//! reads the totals.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::protocol::{DataCategory, DiscardReason, DiscardedEvents, EnvelopeItem};

const CATEGORIES: usize = DataCategory::ALL.len();
const REASONS: usize = DiscardReason::ALL.len();

/// The counters of one client.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Losses not yet reported to the server.
    unreported: [[AtomicU64; CATEGORIES]; REASONS],
    /// Losses since the client was created.
    lost: [[AtomicU64; CATEGORIES]; REASONS],
    /// Items handed to delivery since the client was created.
    accepted: [AtomicU64; CATEGORIES],
    /// Items that a server accepted since the client was created.
    sent: [AtomicU64; CATEGORIES],
    bytes: AtomicU64,
    /// Attributes of logs and metrics that were left out.
    cut_attributes: AtomicU64,
}

impl Default for Ledger {
    fn default() -> Self {
        let row = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            unreported: std::array::from_fn(|_| row()),
            lost: std::array::from_fn(|_| row()),
            accepted: row(),
            sent: row(),
            bytes: AtomicU64::new(0),
            cut_attributes: AtomicU64::new(0),
        }
    }
}

impl Ledger {
    /// Counts a loss, which the next client report reports to the server.
    pub(crate) fn lost(&self, reason: DiscardReason, category: DataCategory, quantity: u64) {
        if quantity > 0 {
            self.unreported[reason as usize][category as usize].fetch_add(quantity, Ordering::Relaxed);
            self.lost[reason as usize][category as usize].fetch_add(quantity, Ordering::Relaxed);
        }
    }

    /// Counts the loss of an item, including everything it contains.
    pub(crate) fn lost_item(&self, reason: DiscardReason, item: &EnvelopeItem) {
        item.note_lost();
        for &(category, quantity) in item.quantities() {
            self.lost(reason, category, quantity);
        }
    }

    /// Counts a loss that the server counts itself and that is not reported again: an item answered with 429.
    pub(crate) fn refused_item(&self, reason: DiscardReason, item: &EnvelopeItem) {
        item.note_lost();
        for &(category, quantity) in item.quantities() {
            self.lost[reason as usize][category as usize].fetch_add(quantity, Ordering::Relaxed);
        }
    }

    /// Counts an item that is handed to delivery.
    pub(crate) fn accepted_item(&self, item: &EnvelopeItem) {
        for &(category, quantity) in item.quantities() {
            self.accepted[category as usize].fetch_add(quantity, Ordering::Relaxed);
        }
    }

    /// Counts an item that was delivered.
    pub(crate) fn sent_item(&self, item: &EnvelopeItem) {
        for &(category, quantity) in item.quantities() {
            self.sent[category as usize].fetch_add(quantity, Ordering::Relaxed);
        }
    }

    /// Counts attributes of a log or metric that were left out. Client reports have no category for them.
    pub(crate) fn cut_attributes(&self, count: u64) {
        self.cut_attributes.fetch_add(count, Ordering::Relaxed);
    }

    /// The number of attributes that were left out of logs and metrics.
    pub(crate) fn all_cut_attributes(&self) -> u64 {
        self.cut_attributes.load(Ordering::Relaxed)
    }

    /// Counts bytes sent over the wire.
    pub(crate) fn sent_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Takes the unreported losses. Return them with [`Ledger::put_back`] if the report was not delivered.
    pub(crate) fn take_unreported(&self) -> Vec<DiscardedEvents> {
        // Nearly all counters are zero, and a plain load is cheaper than an exchange.
        read(&self.unreported, |counter| match counter.load(Ordering::Relaxed) {
            0 => 0,
            _ => counter.swap(0, Ordering::Relaxed),
        })
    }

    /// Puts back the losses of a report that was not delivered.
    pub(crate) fn put_back(&self, discarded: &[DiscardedEvents]) {
        for entry in discarded {
            self.unreported[entry.reason as usize][entry.category as usize]
                .fetch_add(entry.quantity, Ordering::Relaxed);
        }
    }

    /// Returns all losses since the client was created.
    pub(crate) fn all_lost(&self) -> Vec<DiscardedEvents> {
        read(&self.lost, |counter| counter.load(Ordering::Relaxed))
    }

    /// Returns the number of all losses for one reason.
    pub(crate) fn all_lost_for(&self, reason: DiscardReason) -> u64 {
        self.lost[reason as usize].iter().map(|counter| counter.load(Ordering::Relaxed)).sum()
    }

    /// Returns the number of losses in one category for one reason.
    pub(crate) fn all_lost_of(&self, reason: DiscardReason, category: DataCategory) -> u64 {
        self.lost[reason as usize][category as usize].load(Ordering::Relaxed)
    }

    /// Returns the number of items of each category that were handed to delivery.
    pub(crate) fn all_accepted(&self) -> Vec<(DataCategory, u64)> {
        by_category(&self.accepted)
    }

    /// Returns the number of items of each category that were delivered.
    pub(crate) fn all_sent(&self) -> Vec<(DataCategory, u64)> {
        by_category(&self.sent)
    }

    /// Returns the number of bytes sent over the wire, after compression.
    pub(crate) fn all_bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

fn by_category(row: &[AtomicU64; CATEGORIES]) -> Vec<(DataCategory, u64)> {
    DataCategory::ALL
        .into_iter()
        .map(|category| (category, row[category as usize].load(Ordering::Relaxed)))
        .filter(|&(_, quantity)| quantity > 0)
        .collect()
}

fn read(
    table: &[[AtomicU64; CATEGORIES]; REASONS],
    take: impl Fn(&AtomicU64) -> u64,
) -> Vec<DiscardedEvents> {
    let mut out = Vec::new();
    for reason in DiscardReason::ALL {
        for category in DataCategory::ALL {
            let quantity = take(&table[reason as usize][category as usize]);
            if quantity > 0 {
                out.push(DiscardedEvents { reason, category, quantity });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_reported_once_and_stays_in_the_totals() {
        let ledger = Ledger::default();
        ledger.lost(DiscardReason::QueueOverflow, DataCategory::Span, 3);
        ledger.lost(DiscardReason::QueueOverflow, DataCategory::Span, 2);
        let report = ledger.take_unreported();
        assert_eq!(report.len(), 1);
        assert_eq!(report[0].quantity, 5);
        assert!(ledger.take_unreported().is_empty());
        ledger.put_back(&report);
        assert_eq!(ledger.take_unreported(), report);
        assert_eq!(ledger.all_lost(), report);
    }

    #[test]
    fn losses_are_added_up_by_reason_and_category() {
        let ledger = Ledger::default();
        ledger.lost(DiscardReason::QueueOverflow, DataCategory::Span, 3);
        ledger.lost(DiscardReason::QueueOverflow, DataCategory::Transaction, 2);
        ledger.lost(DiscardReason::BeforeSend, DataCategory::Span, 7);
        assert_eq!(ledger.all_lost_for(DiscardReason::QueueOverflow), 5);
        assert_eq!(ledger.all_lost_of(DiscardReason::QueueOverflow, DataCategory::Span), 3);
        assert_eq!(ledger.all_lost_of(DiscardReason::QueueOverflow, DataCategory::Error), 0);
        assert_eq!(ledger.all_lost_for(DiscardReason::SampleRate), 0);
    }

    #[test]
    fn cut_attributes_are_no_losses_of_items() {
        let ledger = Ledger::default();
        ledger.cut_attributes(2);
        ledger.cut_attributes(3);
        assert_eq!(ledger.all_cut_attributes(), 5);
        assert!(ledger.all_lost().is_empty());
    }

    #[test]
    fn the_tables_follow_the_numbers_of_the_enums() {
        for (number, category) in DataCategory::ALL.into_iter().enumerate() {
            assert_eq!(category as usize, number);
        }
        for (number, reason) in DiscardReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number);
        }
    }
}
