//! The record of a log, as its caller left it.

use std::borrow::Cow;

use super::record_context::{Field, Fields, RecordContext};
use crate::client::Client;
use crate::protocol::{DataCategory, DiscardReason, LogLevel};

/// The text of a log.
#[derive(Debug)]
pub(crate) enum Text {
    /// To be sent as it is.
    Whole(Cow<'static, str>),
    /// To be filled in with the parameters.
    Template(&'static str),
}

/// A log as its caller left it.
#[derive(Debug)]
pub(crate) struct LogRecord {
    pub(crate) moment: RecordContext,
    pub(crate) level: LogLevel,
    pub(crate) text: Text,
    /// The text with its placeholders.
    pub(crate) template: &'static str,
    /// The attributes, then the parameters.
    pub(crate) fields: Fields,
    /// How many of the fields are attributes.
    pub(crate) attributes: usize,
}

// Nine hundred of them may wait.
const _: () = assert!(size_of::<LogRecord>() <= 512);

/// What a log costs beside its texts, roughly.
pub(crate) const LOG_BYTES: usize = 256;

impl LogRecord {
    /// Counts the loss of the record.
    pub(crate) fn lost(&self, reason: DiscardReason) {
        lost_log(&self.moment.client, reason, self.bytes());
    }

    /// The size of the log on the wire, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let text = match &self.text {
            Text::Whole(text) => text.len(),
            Text::Template(text) => text.len(),
        };
        let field = |(key, value): &Field| key.len() + value.as_str().map_or(8, str::len) + 32;
        LOG_BYTES + text + self.fields.iter().map(field).sum::<usize>()
    }
}

/// The size is that of the text and a bit: near enough for a report, as the spec says.
pub(crate) fn lost_log(client: &Client, reason: DiscardReason, bytes: usize) {
    client.ledger().lost(reason, DataCategory::LogItem, 1);
    client.ledger().lost(reason, DataCategory::LogByte, bytes as u64);
}
