//! The containment of panics that are bugs of the toolkit: a panic loses only its item, and the item is counted.

use crate::base::{callback, diagnostics};
use crate::client::Client;
use crate::protocol::{DataCategory, DiscardReason};

/// Processes one item; a panic, which is a bug of the toolkit, costs only that item.
pub(super) fn contain(client: &Client, category: DataCategory, process: impl FnOnce()) {
    contain_all(client, &[(category, 1)], process);
}

/// Processes an item that counts in several categories.
pub(super) fn contain_all(client: &Client, quantities: &[(DataCategory, u64)], process: impl FnOnce()) {
    if callback::contain(process).is_none() {
        for &(category, quantity) in quantities {
            client.ledger().lost(DiscardReason::InternalSdkError, category, quantity);
        }
        diagnostics::error(format_args!("an item could not be processed; it is counted as lost"));
    }
}
