//! The fields of spans and events. User values are formatted with bounded length and with their panics caught.

use std::error::Error;
use std::fmt;

use tracing_core::Field;
use tracing_core::field::Visit;

use crate::integrations::foreign_attributes;
use crate::integrations::log_bridge::{self, LogFields};
use crate::protocol::{AttributeValue, SpanStatus};

/// The fields of a span, sorted by their meaning.
#[derive(Debug, Default)]
pub(super) struct SpanFields {
    pub(super) name: Option<String>,
    pub(super) op: Option<String>,
    /// The value of a header `sentry-trace`.
    pub(super) trace: Option<String>,
    /// The status that is set explicitly.
    pub(super) status: Option<SpanStatus>,
    /// The status of an HTTP response.
    pub(super) http_status: Option<SpanStatus>,
    pub(super) failed: bool,
    pub(super) tags: Vec<(&'static str, String)>,
    pub(super) attributes: Vec<(&'static str, AttributeValue)>,
}

impl SpanFields {
    fn add(&mut self, field: &Field, value: AttributeValue) {
        let name = field.name();
        if let Some(tag) = name.strip_prefix("tags.") {
            self.tags.push((tag, log_bridge::plain(&value)));
            return;
        }
        match name {
            "sentry.name" | "otel.name" => self.name = Some(log_bridge::plain(&value)),
            "sentry.op" => self.op = Some(log_bridge::plain(&value)),
            "sentry.trace" => self.trace = Some(log_bridge::plain(&value)),
            // The values are the same, by their names in lower case.
            "otel.kind" => {
                self.attributes.push(("sentry.kind", log_bridge::plain(&value).to_ascii_lowercase().into()));
            }
            "otel.status_code" => self.status = otel_status(&value).or(self.status),
            _ => {
                if matches!(name, "http.response.status_code" | "http.status_code") {
                    self.http_status = http_status(&value).or(self.http_status);
                }
                if let Some(value) = foreign_attributes::admitted(name, value) {
                    self.attributes.push((name, value));
                }
            }
        }
    }

    fn text_of(&self, names: &[&str]) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(name, _)| names.contains(name))?;
        Some(value.as_str().unwrap_or_default())
    }

    /// Returns the operation, inferred from OpenTelemetry's conventions if the fields follow them.
    pub(super) fn inferred_op(&self) -> &'static str {
        let kind = self.text_of(&["sentry.kind", "span.kind"]).unwrap_or_default();
        if self.text_of(&["db.system", "db.system.name"]).is_some() {
            "db"
        } else if self.text_of(&["rpc.system", "rpc.system.name"]).is_some() {
            "rpc"
        } else if self.text_of(&["messaging.system"]).is_some() {
            "message"
        } else if self.text_of(&["http.request.method", "http.method"]).is_none() {
            "function"
        } else if kind.eq_ignore_ascii_case("server") {
            "http.server"
        } else if kind.eq_ignore_ascii_case("client") {
            "http.client"
        } else {
            "http"
        }
    }
}

fn otel_status(value: &AttributeValue) -> Option<SpanStatus> {
    let text = value.as_str()?.trim_matches('"');
    // In the form of `Display` and `Debug` of OpenTelemetry's own type.
    if text.eq_ignore_ascii_case("ok") {
        Some(SpanStatus::Ok)
    } else if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error")) {
        Some(SpanStatus::InternalError)
    } else {
        None
    }
}

fn http_status(value: &AttributeValue) -> Option<SpanStatus> {
    let code = match value {
        AttributeValue::I64(code) => u16::try_from(*code).ok()?,
        AttributeValue::U64(code) => u16::try_from(*code).ok()?,
        text => text.as_str()?.parse().ok()?,
    };
    Some(SpanStatus::from_http_status(code))
}

/// The fields of an event.
#[derive(Debug, Default)]
pub(super) struct EventFields {
    pub(super) content: LogFields,
    /// Whether there is a field `error`, or one whose value is an error.
    pub(super) has_error: bool,
}

impl EventFields {
    fn add(&mut self, field: &Field, value: AttributeValue) {
        match field.name() {
            "message" => self.content.message = Some(log_bridge::plain(&value)),
            name => {
                self.has_error |= name == "error";
                self.content.add(name, value);
            }
        }
    }
}

macro_rules! values {
    ($($name:ident: $ty:ty;)*) => {$(
        fn $name(&mut self, field: &Field, value: $ty) {
            self.add(field, AttributeValue::from(value));
        }
    )*};
}

macro_rules! visit {
    ($fields:ty, |$self:ident, $field:ident, $error:ident| $record:expr) => {
        impl Visit for $fields {
            values! {
                record_f64: f64;
                record_i64: i64;
                record_u64: u64;
                record_i128: i128;
                record_u128: u128;
                record_bool: bool;
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                self.add(field, log_bridge::text(value).into());
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.add(field, log_bridge::written(&Activation(value)).into());
            }

            fn record_error(&mut $self, $field: &Field, $error: &(dyn Error + 'static)) {
                $record;
            }
        }
    };
}

/// Formats a value by its `Debug`, which for the values of `tracing` may be `Display`.
struct Activation<'a>(&'a dyn fmt::Debug);

impl fmt::Display for Activation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

visit!(SpanFields, |self, field, error| {
    self.failed = true;
    self.add(field, log_bridge::error_text(error).into())
});

visit!(EventFields, |self, field, error| {
    self.has_error = true;
    self.content.add_error(field.name(), error)
});
