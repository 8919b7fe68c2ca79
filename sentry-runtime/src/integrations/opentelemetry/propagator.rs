//! The propagator for the headers `sentry-trace`, `baggage` and `traceparent`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use opentelemetry::Context as OtelContext;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry_sdk::propagation::BaggagePropagator;

use super::parent::{self, Incoming};
use super::{ids, open};
use crate::client::Client;
use crate::context::active;
use crate::context::span_context::SpanContext as Position;
use crate::context::thread_context::Context;
use crate::instrument::outgoing::TraceData;
use crate::trace::headers::HeaderSource;
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;

/// Propagates traces by Sentry's headers, and also continues traces from W3C's `traceparent`.
///
/// ```
/// use std::collections::HashMap;
/// use opentelemetry::propagation::TextMapPropagator as _;
/// use opentelemetry::trace::TraceContextExt as _;
/// use sentry::integrations::opentelemetry::SentryPropagator;
///
/// let _guard = sentry::init("http://key@localhost:1/7");
/// let trace = "771a43a4192642f0b136d5159a501700-1234567890abcdef-1";
/// let headers = HashMap::from([("sentry-trace".to_owned(), trace.to_owned())]);
/// let context = SentryPropagator::new().extract(&headers);
/// assert!(context.span().span_context().is_remote());
/// ```
///
/// OpenTelemetry's baggage is sent in the same `baggage` header. If a request's span has a URL, trace headers are added
/// only if the URL matches the option `trace_propagation_targets`. The header `traceparent` is sent if the option
/// `propagate_traceparent` is on. In a composite propagator, put this one last, instead of the baggage propagator.
///
/// [Spec, "Step 2"](https://develop.sentry.dev/sdk/telemetry/traces/opentelemetry/),
/// [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SentryPropagator {
    baggage: BaggagePropagator,
}

impl SentryPropagator {
    /// Returns a propagator.
    #[must_use]
    pub fn new() -> Self {
        Self { baggage: BaggagePropagator::new() }
    }
}

/// The headers of an extractor.
struct Carrier<'a>(&'a dyn Extractor);

impl HeaderSource for Carrier<'_> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.0.get_all(name).unwrap_or_default().into_iter().for_each(each);
    }
}

/// Returns the trace headers of a request in an OpenTelemetry context; `None` if there are none.
fn trace_data(context: &OtelContext, client: &Client) -> Option<TraceData> {
    let span = context.span();
    let span = span.span_context();
    let known = open::find(span.span_id()).filter(|_| span.is_valid());
    if known.as_ref().and_then(|open| open.url.as_deref()).is_some_and(|url| !client.should_propagate(url)) {
        return None;
    }
    let here = active::context();
    let suppressed = here.is_suppressed();
    let is_ours =
        || here.segment().is_some_and(|segment| ids::to_otel_trace(segment.trace_id()) == span.trace_id());
    if !span.is_valid() || (parent::is_current(context) && is_ours()) {
        return Some(TraceData::current(client));
    }
    let span_context = match known.and_then(|open| open.span.position()) {
        Some((context, active)) => Position::of(&context, active),
        None => {
            let mut propagation = Propagation::clone(&*parent::incoming(context)?);
            // A span that is not recorded here is represented by OpenTelemetry's span id.
            propagation.span_id = ids::span_id(span.span_id())?;
            Position::of(&Context::in_new_trace(&here, propagation), Lineage::NONE)
        }
    };
    Some(TraceData::at(client, &span_context, suppressed))
}

impl TextMapPropagator for SentryPropagator {
    fn inject_context(&self, context: &OtelContext, injector: &mut dyn Injector) {
        let mut theirs = HashMap::<String, String>::new();
        self.baggage.inject_context(context, &mut theirs);
        let theirs = theirs.remove("baggage").unwrap_or_default();
        let client = active::context().client().filter(|client| client.is_enabled());
        let Some(data) = client.and_then(|client| trace_data(context, &client)) else {
            if !theirs.is_empty() {
                injector.set("baggage", theirs);
            }
            return;
        };
        let baggage = data.merge_baggage(&theirs);
        for (name, value) in data.iter().filter(|(name, _)| *name != "baggage") {
            injector.set(name, value.to_owned());
        }
        if !baggage.is_empty() {
            injector.set("baggage", baggage);
        }
    }

    fn extract_with_context(&self, context: &OtelContext, extractor: &dyn Extractor) -> OtelContext {
        let context = self.baggage.extract_with_context(context, extractor);
        let client = active::context().client();
        let options = client.as_ref().map(|client| client.options());
        let Some(incoming) = Propagation::from_headers(&Carrier(extractor), options) else { return context };
        let Some(parent) = incoming.parent else { return context };
        let flags = if incoming.sampled == Some(true) { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let span = SpanContext::new(
            ids::to_otel_trace(incoming.trace_id),
            ids::to_otel_span(parent),
            flags,
            true,
            TraceState::default(),
        );
        context.with_value(Incoming(Arc::new(incoming))).with_remote_span_context(span)
    }

    fn fields(&self) -> FieldIter<'_> {
        static FIELDS: LazyLock<[String; 3]> =
            LazyLock::new(|| ["sentry-trace", "baggage", "traceparent"].map(str::to_owned));
        FieldIter::new(&*FIELDS)
    }
}
