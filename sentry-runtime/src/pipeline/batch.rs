//! What travels in batches: logs and metrics wait here until 100 have come, five seconds have passed, or somebody
//! flushes.
//!
//! Callers put records into a bounded queue. The pipeline thread moves them to a batch of less than 100 and sends it when
//! it is full or due, so that never more than 1000 wait.
//!
//! Spec: `telemetry/logs.mdx` and `telemetry/metrics.mdx`, buffering;
//! `foundations/processing/telemetry-processor/index.mdx`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::base::diagnostics;
use crate::client::Client;
use crate::intake::log::LogRecord;
use crate::intake::metric::MetricRecord;
use crate::intake::queue::{Queues, queues};
use crate::intake::record_context::RecordContext;
use crate::protocol::{DataCategory, DiscardReason};

/// Items of one envelope: what receivers are made for.
const BATCH: usize = 100;
/// The first item of a batch waits no longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A kind of record that travels in batches.
pub(super) trait Batched: Send + Sized + 'static {
    const CATEGORY: DataCategory;

    /// Takes the oldest record that waits.
    fn next(queues: &Queues) -> Option<Box<Self>>;
    /// Returns the number of records that wait.
    fn waiting(queues: &Queues) -> usize;
    fn moment(&self) -> &RecordContext;
    /// Builds, filters and sends records of one client, at most [`BATCH`].
    fn send(client: &Arc<Client>, records: Vec<Self>);
}

/// The records of one kind that the pipeline thread holds.
struct Batch<T>(Vec<T>);

impl<T: Batched> Batch<T> {
    /// Takes what has come, and sends what is full or due. Answers whether anything was sent.
    fn round(&mut self, all: bool) -> bool {
        let queues = queues();
        let mut sent = false;
        // What comes meanwhile has its turn in the next round: a loop that logs must not hold up the rest.
        for _ in 0..T::waiting(queues) {
            let Some(record) = T::next(queues) else { break };
            self.0.push(*record);
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

    /// How long the batch may still wait, if there is one.
    fn rest(&self) -> Option<Duration> {
        let first = self.0.first()?.moment().at;
        // A clock that was set back is no reason to wait longer.
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
            // A mistake of our own takes one batch with it, and no more.
            if catch_unwind(AssertUnwindSafe(|| T::send(&client, own))).is_err() {
                client.ledger().lost(DiscardReason::InternalSdkError, T::CATEGORY, quantity);
                diagnostics::error(format_args!("a batch could not be processed; it is counted as lost"));
            }
        }
    }
}

/// Everything that is held until it is sent in a batch.
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
    /// Sends what is full or due, or all. Answers whether there was anything.
    pub(super) fn round(&mut self, all: bool) -> bool {
        self.logs.round(all) | self.metrics.round(all)
    }

    /// How long the thread may sleep before something is due, if anything waits.
    pub(super) fn rest(&self) -> Option<Duration> {
        [self.logs.rest(), self.metrics.rest()].into_iter().flatten().min()
    }
}
