//! The record of a metric, as the caller's thread writes it.

use std::borrow::Cow;

use super::record_context::{Fields, RecordContext};
use crate::protocol::{DataCategory, DiscardReason, MetricType, MetricValue, Unit};

/// A metric as its caller recorded it.
#[derive(Debug)]
pub(crate) struct MetricRecord {
    pub(crate) moment: RecordContext,
    pub(crate) draft: MetricDraft,
}

// Up to 900 records may wait.
const _: () = assert!(size_of::<MetricRecord>() <= 512);

/// The kind and value that the caller recorded.
#[derive(Debug)]
pub(crate) struct MetricDraft {
    pub(crate) ty: MetricType,
    pub(crate) name: Cow<'static, str>,
    pub(crate) value: MetricValue,
    pub(crate) unit: Option<Unit>,
    pub(crate) fields: Fields,
}

impl MetricRecord {
    /// Counts the record as lost.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        self.moment.client.ledger().lost(reason, DataCategory::TraceMetric, 1);
    }
}
