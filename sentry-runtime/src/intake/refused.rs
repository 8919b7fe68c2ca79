//! The spans that their threads could not record for want of memory.

use crate::client;
use crate::context::recorder;
use crate::protocol::{DataCategory, DiscardReason};

/// Counts the spans that were refused since the last call, for the client of the process: nothing of them was kept, not
/// even their client.
pub(crate) fn count() {
    const REASON: DiscardReason = DiscardReason::BufferOverflow;
    let (segments, spans) = recorder::take_lost();
    if let Some(client) = client::global().filter(|_| segments + spans > 0) {
        if !client.options().streams() {
            client.ledger().lost(REASON, DataCategory::Transaction, segments);
        }
        client.ledger().lost(REASON, DataCategory::Span, segments + spans);
    }
}
