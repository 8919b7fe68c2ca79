//! The record of a log, as the caller's thread writes it.

use std::borrow::Cow;

use super::record_context::{Field, Fields, RecordContext};
use crate::client::Client;
use crate::protocol::{DataCategory, DiscardReason, LogLevel};

/// The text of a log.
#[derive(Debug)]
pub(crate) enum Text {
    /// Sent unchanged.
    Whole(Cow<'static, str>),
    /// Filled in with the parameters.
    Template(&'static str),
}

/// A log as its caller recorded it.
#[derive(Debug)]
pub(crate) struct LogRecord {
    pub(crate) moment: RecordContext,
    pub(crate) level: LogLevel,
    pub(crate) text: Text,
    /// The text with its placeholders.
    pub(crate) template: &'static str,
    /// The attributes, followed by the parameters.
    pub(crate) fields: Fields,
    /// The number of fields that are attributes.
    pub(crate) attributes: usize,
}

// Up to 900 records may wait.
const _: () = assert!(size_of::<LogRecord>() <= 512);

/// The approximate size of a log without its text, in bytes.
pub(crate) const LOG_BYTES: usize = 256;

impl LogRecord {
    /// Counts the record as lost.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        lost_log(&self.moment.client, reason, self.bytes());
    }

    /// Returns the approximate size of the log on the wire, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let text = match &self.text {
            Text::Whole(text) => text.len(),
            Text::Template(text) => text.len(),
        };
        let field = |(key, value): &Field| key.len() + value.as_str().map_or(8, str::len) + 32;
        LOG_BYTES + text + self.fields.iter().map(field).sum::<usize>()
    }
}

/// Counts a log as lost. Its size is estimated from its text, which the spec accepts for a client report.
pub(crate) fn lost_log(client: &Client, reason: DiscardReason, bytes: usize) {
    client.ledger().lost(reason, DataCategory::LogItem, 1);
    client.ledger().lost(reason, DataCategory::LogByte, bytes as u64);
}
