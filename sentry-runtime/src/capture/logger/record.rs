//! The caller's record of a log, of fixed size, which is handed to the pipeline.

use std::borrow::Cow;
use std::fmt;

use super::parameter::Parameter;
use crate::base::callback;
use crate::intake::log::{LogRecord, Text};
use crate::intake::queue;
use crate::intake::record_context::{self, Fields, RecordContext};
use crate::protocol::{AttributeValue, DataCategory, LogLevel};

/// A log that is being written.
#[derive(Debug)]
pub struct LogDraft {
    moment: RecordContext,
    level: LogLevel,
    fields: Fields,
    attributes: usize,
    can_wait: bool,
}

/// Starts a log, if the client has logs enabled.
#[must_use]
pub fn open(level: LogLevel) -> Option<LogDraft> {
    let client = record_context::client_that(|options| options.enable_logs)?;
    if record_context::is_circular(&client, DataCategory::LogItem) {
        return None;
    }
    let moment = RecordContext::now(client);
    Some(LogDraft { moment, level, fields: Fields::new(), attributes: 0, can_wait: true })
}

impl LogDraft {
    /// Adds an attribute.
    pub fn set(&mut self, key: &'static str, value: AttributeValue) {
        self.attribute(Cow::Borrowed(key), value);
    }

    pub(super) fn attribute(&mut self, key: Cow<'static, str>, value: AttributeValue) {
        self.fields.push(key, value);
        self.attributes = self.fields.len();
    }

    /// Adds an argument of the text, after all attributes. The name is empty for an unnamed argument.
    pub fn parameter(&mut self, name: &'static str, parameter: Parameter) {
        self.can_wait &= parameter.can_wait;
        self.fields.push(Cow::Borrowed(name), parameter.value);
    }

    /// Returns whether all arguments so far can be formatted later.
    #[must_use]
    pub fn can_wait(&self) -> bool {
        self.can_wait
    }

    /// Finishes with a text that is formatted later.
    pub fn template(self, template: &'static str) {
        self.end(Text::Template(template), template);
    }

    /// Finishes with a text that must be formatted now.
    pub fn text(self, template: &'static str, text: fmt::Arguments<'_>) {
        // If the formatting panics, the template is sent without its arguments.
        let format = || callback::show(|| fmt::format(text)).map_or(Cow::Borrowed(template), Cow::Owned);
        let whole = text.as_str().map_or_else(format, Cow::Borrowed);
        self.end(Text::Whole(whole), template);
    }

    /// Finishes with a text without parameters.
    pub(super) fn finish(self, text: Cow<'static, str>) {
        self.end(Text::Whole(text), "");
    }

    fn end(self, text: Text, template: &'static str) {
        let Self { moment, level, fields, attributes, .. } = self;
        queue::send_log(LogRecord { moment, level, text, template, fields, attributes });
    }
}
