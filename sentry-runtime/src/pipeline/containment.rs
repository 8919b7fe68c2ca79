//! The containment of mistakes of our own: one costs the item that it happened in, and the item is counted.

use crate::base::{callback, diagnostics};
use crate::client::Client;
use crate::protocol::{DataCategory, DiscardReason};

/// Keeps a mistake of our own from taking more than one item with it.
pub(super) fn contain(client: &Client, category: DataCategory, process: impl FnOnce()) {
    contain_all(client, &[(category, 1)], process);
}

/// The same for an item that counts as several.
pub(super) fn contain_all(client: &Client, quantities: &[(DataCategory, u64)], process: impl FnOnce()) {
    if callback::contain(process).is_none() {
        for &(category, quantity) in quantities {
            client.ledger().lost(DiscardReason::InternalSdkError, category, quantity);
        }
        diagnostics::error(format_args!("an item could not be processed; it is counted as lost"));
    }
}
