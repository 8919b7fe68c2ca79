//! Events of OpenTelemetry spans: exceptions become errors, all others become breadcrumbs.

use opentelemetry::KeyValue;
use opentelemetry::trace::Event as OtelEvent;

use super::values::{object, text};
use crate::api;
use crate::integrations::foreign_attributes;
use crate::protocol::{Breadcrumb, Context, Event, Exception, Map, Mechanism, Value};

/// Returns the context `otel` of events and transactions.
pub(super) fn otel_context(attributes: &[KeyValue], resource: &Map<String, Value>) -> Context {
    let mut context = Map::new();
    context.insert("attributes".to_owned(), Value::Object(object(attributes).into_iter().collect()));
    context.insert("resource".to_owned(), Value::Object(resource.clone().into_iter().collect()));
    context.into()
}

/// Captures an event of a span in the active context, which is that of the span.
pub(super) fn capture(event: &OtelEvent, span: &[KeyValue], resource: &Map<String, Value>, exceptions: bool) {
    if event.name != "exception" {
        // Older conventions name an event after the message in it: `gen_ai.user.message`, with the attribute `content`.
        if foreign_attributes::admitted(&event.name, true.into()).is_none() {
            return;
        }
        return api::add_breadcrumb(Breadcrumb {
            timestamp: event.timestamp,
            category: Some("otel".to_owned()),
            message: Some(event.name.clone().into_owned()),
            data: object(&event.attributes),
            ..Breadcrumb::default()
        });
    }
    if !exceptions {
        return;
    }
    let get = |name: &str| text(&event.attributes, &[name]);
    let (value, ty) = (get("exception.message"), get("exception.type"));
    let mut mechanism = Mechanism { ty: "auto.otel".to_owned(), handled: Some(true), ..Mechanism::default() };
    // A text in a language-specific format: Sentry shows it, but it cannot be parsed into frames.
    if let Some(stack) = get("exception.stacktrace") {
        mechanism.data.insert("stacktrace".to_owned(), stack.into());
    }
    let exception = Exception {
        ty: ty.unwrap_or_else(|| "Error".to_owned()),
        value,
        mechanism: Some(mechanism),
        ..Exception::default()
    };
    let mut captured = Event { timestamp: event.timestamp, ..Event::default() };
    captured.exception = vec![exception].into();
    captured.contexts.insert("otel".to_owned(), otel_context(span, resource));
    api::capture_event(captured);
}
