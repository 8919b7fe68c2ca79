//! The priority of envelopes: the order of sending, and of dropping when the queue is full.

use crate::protocol::{DataCategory, Envelope, ItemType};

/// The number of levels of importance.
pub(super) const LEVELS: usize = 5;
/// The level of check-ins.
pub(crate) const CHECK_IN: usize = 0;
/// The level of errors, feedback and sessions.
pub(crate) const EVENT: usize = 1;
/// The level of transactions and spans.
pub(crate) const TRACE: usize = 3;
/// The level of logs and metrics.
pub(crate) const RECORD: usize = 4;

/// Returns the level of an envelope's most important item; 0 is the most important.
pub(super) fn importance(envelope: &Envelope) -> usize {
    envelope.items().iter().map(|item| level(item.ty())).min().unwrap_or(LEVELS - 1)
}

/// Returns the category of an envelope's most important item.
pub(super) fn category(envelope: &Envelope) -> DataCategory {
    let first = envelope.items().iter().min_by_key(|item| level(item.ty()));
    first.and_then(|item| item.quantities().first()).map_or(DataCategory::Default, |&(category, _)| category)
}

fn level(ty: ItemType) -> usize {
    match ty {
        ItemType::CheckIn => CHECK_IN,
        ItemType::Event | ItemType::Feedback | ItemType::Session | ItemType::ClientReport => EVENT,
        ItemType::Sessions => 2,
        ItemType::Transaction | ItemType::Span => TRACE,
        ItemType::Log | ItemType::TraceMetric | ItemType::Attachment | ItemType::Unknown => RECORD,
    }
}
