//! The batches of logs and metrics: records wait here until there are 100, five seconds have passed, or a flush is
//! requested.
//!
//! Callers put records into a bounded queue. The pipeline thread moves them to a batch of fewer than 100 and sends it
//! when it is full or due, so that at most 1000 records wait.
//!
//! [Spec, logs: "Buffering"](https://develop.sentry.dev/sdk/telemetry/logs/),
//! [metrics: "Buffering"](https://develop.sentry.dev/sdk/telemetry/metrics/),
//! [telemetry processor](https://develop.sentry.dev/sdk/foundations/processing/telemetry-processor/)

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::base::{callback, diagnostics};
use crate::client::Client;
use crate::intake::log::LogRecord;
use crate::intake::metric::MetricRecord;
use crate::intake::queue::{Queues, queues};
use crate::intake::record_context::RecordContext;
use crate::protocol::{DataCategory, DiscardReason};

/// The maximum number of items in one envelope: the number that receivers are built for.
const BATCH: usize = 100;
/// The longest time that the first item of a batch waits.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A kind of record that is sent in batches.
pub(super) trait Batched: Send + Sized + 'static {
    const CATEGORY: DataCategory;

    /// Takes the oldest waiting record.
    fn next(queues: &Queues) -> Option<Self>;
    /// Returns the number of waiting records.
    fn waiting(queues: &Queues) -> usize;
    fn moment(&self) -> &RecordContext;
    /// Returns the category that counts the size of records, and the size of this one in bytes, if there is such a
    /// category.
    fn size(&self) -> Option<(DataCategory, u64)>;
    /// Builds, filters and sends at most [`BATCH`] records of one client.
    fn send(client: &Arc<Client>, records: Vec<Self>);
}

/// The records of one kind that the pipeline thread holds.
struct Batch<T>(Vec<T>);

impl<T: Batched> Batch<T> {
    /// Takes waiting records, and sends a batch that is full or due. Returns whether anything was sent.
    fn round(&mut self, all: bool) -> bool {
        let queues = queues();
        let mut sent = false;
        // Records that arrive meanwhile wait for the next round: a loop that logs must not hold up the rest.
        for _ in 0..T::waiting(queues) {
            let Some(record) = T::next(queues) else { break };
            self.0.push(record);
            if self.0.len() == BATCH {
                self.send();
                sent = true;
            }
        }
        if !self.0.is_empty() && (all || self.rest().is_some_and(|rest| rest.is_zero())) {
            self.send();
            sent = true;
        }
        sent
    }

    /// Returns the time until the batch is due, if there is one.
    fn rest(&self) -> Option<Duration> {
        let first = self.0.first()?.moment().at;
        // A clock that was set back does not extend the wait.
        let age = SystemTime::now().duration_since(first).unwrap_or(LONGEST_WAIT);
        Some(LONGEST_WAIT.saturating_sub(age))
    }

    fn send(&mut self) {
        let mut records = std::mem::take(&mut self.0);
        while let Some(first) = records.first() {
            let client = Arc::clone(&first.moment().client);
            let (own, others): (Vec<T>, Vec<T>) =
                records.into_iter().partition(|record| Arc::ptr_eq(&record.moment().client, &client));
            records = others;
            let quantity = own.len() as u64;
            let sizes: Vec<_> = own.iter().filter_map(T::size).collect();
            // A bug of the toolkit, or a transport of the user's that panics, costs one batch, not more.
            if callback::contain(|| T::send(&client, own)).is_none() {
                client.ledger().lost(DiscardReason::InternalSdkError, T::CATEGORY, quantity);
                for (category, bytes) in sizes {
                    client.ledger().lost(DiscardReason::InternalSdkError, category, bytes);
                }
                diagnostics::error(format_args!("a batch could not be processed; it is counted as lost"));
            }
        }
    }
}

/// All records that wait to be sent in a batch.
pub(super) struct Batches {
    logs: Batch<LogRecord>,
    metrics: Batch<MetricRecord>,
}

impl Default for Batches {
    fn default() -> Self {
        Self { logs: Batch(Vec::new()), metrics: Batch(Vec::new()) }
    }
}

impl Batches {
    /// Sends batches that are full or due, or all of them. Returns whether anything was sent.
    pub(super) fn round(&mut self, all: bool) -> bool {
        self.logs.round(all) | self.metrics.round(all)
    }

    /// Returns how long the thread may sleep before a batch is due, if anything waits.
    pub(super) fn rest(&self) -> Option<Duration> {
        [self.logs.rest(), self.metrics.rest()].into_iter().flatten().min()
    }
}
