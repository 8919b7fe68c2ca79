//! The snapshot of a client's counters.

use crate::client::{Client, Stats};
use crate::intake::queue;
use crate::transport::QueueDepths;

impl Client {
    /// Returns the counts of items that were accepted, sent and dropped so far, and that still wait.
    ///
    /// ```
    /// let _guard = sentry::init("");
    /// let client = sentry::get_client().unwrap();
    /// assert_eq!(client.stats().lost(), 0);
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let queued = self.transport().map(|transport| transport.queue_depths()).unwrap_or_default();
        let ledger = self.ledger();
        Stats {
            accepted: ledger.all_accepted(),
            cut_attributes: ledger.all_cut_attributes(),
            queued: QueueDepths { captured: queue::depth(), ..queued },
            sent: ledger.all_sent(),
            dropped: ledger.all_lost(),
            bytes: ledger.all_bytes(),
        }
    }
}
