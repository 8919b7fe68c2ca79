//! The interface between the transport's thread and the [`spool`](crate::transport::spool): the outcome of an
//! envelope decides about its copy on disk, and left-overs are sent when they are due.

use super::{Hurry, Ticket};
use crate::protocol::{DataCategory, DiscardReason, Envelope};
use crate::transport::destination::{Delivery, Destination};
use crate::transport::ledger::Ledger;
use crate::transport::queue::Queued;
use crate::transport::worker::{Shared, guarded};

impl Shared {
    /// Counts the outcome of an envelope, and deletes its copy on disk or keeps it as a left-over. `items` is the
    /// number of items it had when it was written.
    pub(crate) fn finish(
        &self,
        delivery: Delivery,
        envelope: &Envelope,
        ticket: Option<Ticket>,
        items: usize,
    ) {
        let Some(spool) = &self.options.spool else { return self.count(delivery, envelope) };
        let failed = matches!(delivery, Delivery::Failed(_) | Delivery::Lost(DiscardReason::NetworkError));
        if !failed && delivery != Delivery::Empty {
            spool.reached();
        }
        let Some(ticket) = ticket else { return self.count(delivery, envelope) };
        if !failed {
            spool.remove(ticket);
            return self.count(delivery, envelope);
        }
        // Removed items are counted already, and must not be in the copy.
        let copy = if envelope.items().len() == items {
            Some(ticket)
        } else {
            let changed = spool.store(envelope);
            spool.remove(ticket);
            changed
        };
        if !copy.is_some_and(|copy| spool.put_off(copy, true)) {
            self.count(delivery, envelope);
        }
    }

    /// Leaves an envelope for which there is no room in memory, or no time, to its copy on disk. Returns whether
    /// there is a copy. Does no I/O.
    pub(crate) fn put_off(&self, queued: &Queued) -> bool {
        match (&self.options.spool, queued.ticket) {
            (Some(spool), Some(ticket)) => spool.put_off(ticket, false),
            _ => false,
        }
    }

    /// Returns whether a left-over is due.
    pub(crate) fn left_overs_are_due(&self) -> bool {
        self.options.spool.as_ref().and_then(|spool| spool.wait()).is_some_and(|wait| wait.is_zero())
    }

    /// Sends one left-over with a single attempt: if that fails, it stays on disk. Returns whether the next one may
    /// follow.
    pub(crate) fn deliver_left_over(&self, destination: &mut dyn Destination, hurry: Hurry) -> bool {
        let Some(spool) = &self.options.spool else { return false };
        let limits = destination.rate_limits();
        let unwanted =
            |category: DataCategory| limits.as_ref().is_some_and(|limits| limits.is_limited(category));
        let Some((ticket, mut envelope)) = spool.next(hurry, unwanted) else { return false };
        let items = envelope.items().len();
        match guarded(|| destination.deliver(&mut envelope)) {
            Some(delivery) => {
                self.finish(delivery, &envelope, Some(ticket), items);
                let failed =
                    matches!(delivery, Delivery::Failed(_) | Delivery::Lost(DiscardReason::NetworkError));
                if !failed {
                    spool.sent();
                }
                !failed
            }
            None => {
                spool.remove(ticket);
                spool.sent();
                self.count_lost(DiscardReason::InternalSdkError, &envelope);
                true
            }
        }
    }

    /// Counts an envelope that was handed over.
    pub(crate) fn count_accepted(&self, envelope: &Envelope) {
        let count = |ledger: &Ledger| envelope.items().iter().for_each(|item| ledger.accepted_item(item));
        self.ledger.as_deref().into_iter().for_each(count);
    }
}
