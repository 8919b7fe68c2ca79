//! The common part of the logging integrations: a log entry becomes a breadcrumb, an event, a structured log, or
//! several of these, according to a filter.
//!
//! The integration reads its crate's entry into a [`LogEntry`], behind a [`Gate`]. [`LogEntry::tell`] records it by the
//! functions of the public API.

// `log` exposes values as errors only with a feature that adds a dependency.
#[cfg(feature = "tracing")]
mod errors_in;
mod filter;
mod gate;
mod repeated;

#[cfg(feature = "tracing")]
pub(crate) use errors_in::error_text;
pub use filter::Filter;
pub(crate) use gate::Gate;
use repeated::Repetition;

use std::borrow::Cow;
use std::fmt::Display;

use crate::capture::errors;
use crate::capture::event::{self, DatedEvent, EventDraft};
use crate::capture::logger;
use crate::client::hint::Hint;
use crate::error::chain::{self, Chain};
use crate::intake::message::Capture;
use crate::intake::record_context;
use crate::integrations::foreign_attributes;
use crate::protocol::limits::{MAX_ATTRIBUTES, truncated};
use crate::protocol::{AttributeValue, Breadcrumb, Context, Level, LogLevel, Map, Mechanism, Value};
use crate::scope::Scope;
use crate::scope::request_events::SharedEvents;

/// The maximum number of characters in a text of an entry.
const MAX_TEXT: usize = 8_192;
/// The maximum number of fields of an entry.
const MAX_FIELDS: usize = MAX_ATTRIBUTES;

/// The differences between the source crates of entries.
#[derive(Debug)]
pub(crate) struct LogOrigin {
    /// The mechanism type of its errors, and the origin of its logs.
    pub(crate) name: &'static str,
    /// The contexts of its events, with the names of the official crate.
    pub(crate) fields: &'static str,
    pub(crate) location: &'static str,
}

/// A log entry.
#[derive(Debug)]
pub(crate) struct LogEntry<'a> {
    pub(crate) origin: &'static LogOrigin,
    pub(crate) level: LogLevel,
    pub(crate) target: &'a str,
    pub(crate) module: Option<&'a str>,
    pub(crate) file: Option<&'a str>,
    pub(crate) line: Option<u32>,
    pub(crate) content: LogFields,
}

/// The message and fields of an entry.
#[derive(Debug, Default)]
pub(crate) struct LogFields {
    pub(crate) message: Option<String>,
    pub(crate) fields: Vec<(Cow<'static, str>, AttributeValue)>,
    /// The number of fields that were left out.
    pub(crate) cut: u64,
    /// The first error among the fields.
    pub(crate) error: Option<Chain>,
}

impl LogFields {
    /// Adds a field, if its data is collected. Fields beyond the maximum of 128 are dropped.
    pub(crate) fn add(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        let (key, value) = (key.into(), value.into());
        let Some(value) = foreign_attributes::admitted(&key, value) else { return };
        if self.fields.len() < MAX_FIELDS {
            self.fields.push((key, value));
        } else {
            self.cut += 1;
        }
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == key)?.1.as_str()
    }
}

impl LogEntry<'_> {
    /// Records the entry in the ways that the filter selects.
    pub(crate) fn tell(mut self, mut filter: Filter) {
        let text = self.text();
        if filter.contains(Filter::Event) {
            let repeats = match repeated::repetition(self.target, &text, &self.content) {
                Repetition::None => false,
                Repetition::Captured => true,
                Repetition::OfRequest(events) => self.wait_for(&events, &text),
            };
            if repeats {
                filter = filter.without(Filter::Event) | Filter::Breadcrumb;
            }
        }
        if filter.contains(Filter::Event) {
            self.capture(&text);
        }
        if filter.contains(Filter::Breadcrumb) {
            crate::api::add_breadcrumb(|| self.breadcrumb(&text));
        }
        if filter.contains(Filter::Log)
            && let Some(client) = record_context::client_that(|options| {
                options.enable_logs && (options.collect_logs || filter.is_chosen_log())
            })
        {
            record_context::tell_cut(&client, self.content.cut, "a log");
            let fields = std::mem::take(&mut self.content.fields);
            logger::log(self.level, text, fields.into_iter().chain(self.own_attributes()));
        }
    }

    /// Returns the entry as a breadcrumb.
    #[cfg(feature = "log")]
    pub(crate) fn into_breadcrumb(mut self) -> Breadcrumb {
        let text = self.text();
        self.breadcrumb(&text)
    }

    /// Returns the entry as an event with a message.
    #[cfg(feature = "log")]
    pub(crate) fn into_event(mut self) -> crate::protocol::Event<'static> {
        let text = self.text();
        let mut event =
            crate::protocol::Event { message: Some(text), level: level(self.level), ..Default::default() };
        let mut over = Scope::default();
        self.dress(&mut over, None);
        over.apply_to_event(&mut event, 0);
        event.logger = Some(self.target.to_owned());
        event
    }

    /// Returns the message. An entry without one has the text of its error (as the events of `#[instrument(err)]`), or
    /// all fields.
    fn text(&mut self) -> String {
        if let Some(message) = self.content.message.take() {
            return message;
        }
        if let Some(error) = self.content.text_of("error") {
            return error.to_owned();
        }
        let field = |(key, value): &(Cow<'static, str>, AttributeValue)| format!("{key}={}", plain(value));
        self.content.fields.iter().map(field).collect::<Vec<_>>().join(" ")
    }

    fn breadcrumb(&self, text: &str) -> Breadcrumb {
        let data = self.content.fields.iter().filter(|(_, value)| !value.is_null());
        Breadcrumb {
            ty: "log".to_owned(),
            category: Some(self.target.to_owned()),
            level: level(self.level),
            message: Some(text.to_owned()),
            data: data.map(|(key, value)| (key.to_string(), json(value))).collect(),
            ..Breadcrumb::default()
        }
    }

    /// Captures the entry at the end of the request, unless the request fails. Returns whether the entry waits for that.
    fn wait_for(&self, events: &SharedEvents, text: &str) -> bool {
        // The layers log no errors as values.
        if self.content.error.is_some() {
            return true;
        }
        let Some(event) = DatedEvent::now(self.message(text)) else { return false };
        events.hold(Box::new(event))
    }

    fn message(&self, text: &str) -> EventDraft {
        let mut over = Scope::default();
        self.dress(&mut over, None);
        Capture::message(text.to_owned(), level(self.level)).with_scope(over)
    }

    /// Captures the error with its chain if there is one, or else a message.
    fn capture(&mut self, text: &str) {
        let chain = self.content.error.take();
        let level = level(self.level);
        match chain {
            None => _ = event::submit(self.message(text)),
            Some(chain) => {
                let is_shown = text == chain.entries[0].value
                    || text == foreign_attributes::of_error(&chain.entries[0].value);
                let message = (!is_shown).then(|| text.to_owned());
                let mechanism = Mechanism {
                    ty: self.origin.name.to_owned(),
                    handled: Some(true),
                    ..Mechanism::default()
                };
                let dress = |scope: &mut Scope| {
                    self.dress(scope, message);
                    scope.set_level(level);
                };
                crate::api::with_scope(dress, || {
                    errors::capture_explicitly(chain, Hint::new().mechanism(mechanism))
                });
            }
        }
    }

    /// Sets data on the scope that an event has no field for.
    fn dress(&self, scope: &mut Scope, message: Option<String>) {
        let mut fields = Map::new();
        for (key, value) in self.content.fields.iter().filter(|(_, value)| !value.is_null()) {
            match key.strip_prefix("tags.") {
                Some(tag) => scope.set_tag(tag, plain(value)),
                None => drop(fields.insert(key.to_string(), json(value))),
            }
        }
        let mut location = Map::new();
        for (key, text) in [("module_path", self.module), ("file", self.file)] {
            location.extend(text.map(|text| (key.to_owned(), Value::from(text))));
        }
        location.extend(self.line.map(|line| ("line".to_owned(), Value::from(line))));
        for (name, context) in [(self.origin.fields, fields), (self.origin.location, location)] {
            if !context.is_empty() {
                scope.set_context(name, Context::from(context));
            }
        }
        let target = self.target.to_owned();
        scope.add_event_processor(move |mut event| {
            event.logger.get_or_insert_with(|| target.clone());
            if event.message.is_none() {
                event.message.clone_from(&message);
            }
            Some(event)
        });
    }

    /// Returns the attributes of a log beside its fields.
    fn own_attributes(&self) -> impl Iterator<Item = (Cow<'static, str>, AttributeValue)> {
        [
            ("sentry.origin", AttributeValue::from_static(self.origin.name)),
            ("logger.name", self.target.into()),
            ("code.module.name", self.module.into()),
            ("code.file.path", self.file.into()),
            ("code.line.number", self.line.into()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (Cow::Borrowed(key), value))
    }
}

/// Returns a text truncated to the maximum length.
pub(crate) fn text(text: &str) -> String {
    truncated(text, MAX_TEXT).into_owned()
}

/// Formats a user's value by `Display` or `Debug`, with bounded length and with its panics caught.
pub(crate) fn written(value: &dyn Display) -> String {
    chain::written(value)
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Trace | LogLevel::Debug => Level::Debug,
        LogLevel::Info => Level::Info,
        LogLevel::Warn => Level::Warning,
        LogLevel::Error => Level::Error,
        LogLevel::Fatal => Level::Fatal,
    }
}

fn json(value: &AttributeValue) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Returns a value as text, without quotes.
pub(crate) fn plain(value: &AttributeValue) -> String {
    value.as_str().map_or_else(|| json(value).to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: LogOrigin = LogOrigin { name: "auto.log.test", fields: "Fields", location: "Location" };

    fn entry(content: LogFields) -> LogEntry<'static> {
        LogEntry {
            origin: &ORIGIN,
            level: LogLevel::Info,
            target: "shop",
            module: None,
            file: None,
            line: None,
            content,
        }
    }

    #[test]
    fn an_entry_without_a_message_says_its_error_or_its_fields() {
        let mut content = LogFields::default();
        content.add("user", "ada");
        content.add("lamps", 3);
        assert_eq!(entry(content).text(), "user=ada lamps=3");

        let mut content = LogFields::default();
        content.add("error", "sold out");
        assert_eq!(entry(content).text(), "sold out");
    }

    #[test]
    fn fields_are_bounded() {
        let mut content = LogFields::default();
        (0..1000).for_each(|number| content.add("key", number));
        assert_eq!(content.fields.len(), MAX_FIELDS);
        assert!(text(&"x".repeat(100_000)).len() <= MAX_TEXT);
    }
}
