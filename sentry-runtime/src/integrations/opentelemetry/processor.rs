//! The span processor, which records every OpenTelemetry span as a span of this crate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::Context as OtelContext;
use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span as OtelSpan, SpanData, SpanProcessor};

use super::open::{self, Open};
use super::parent::{self, Standing};
use super::{bridge, describe, events, ids, sampler, values};
use crate::base::diagnostics;
use crate::client::{self, Client};
use crate::context::active;
use crate::context::entered;
use crate::instrument::options::SpanOptions;
use crate::instrument::span::Span;
use crate::protocol::{Map, SpanLink, Value};
use crate::trace::ids::Lineage;

/// Records every span of a tracer provider as a span of this crate, with the same ids.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use sentry::integrations::opentelemetry::{SentryIdGenerator, SentrySampler, SentrySpanProcessor};
///
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(SentrySpanProcessor::new())
///     .with_sampler(SentrySampler::new())
///     .with_id_generator(SentryIdGenerator::new())
///     .build();
/// ```
///
/// A span without a parent becomes a child of this crate's active span if there is one, or else the root of a
/// transaction. Its kind and attributes determine name, operation and status; events become breadcrumbs, and exceptions
/// become errors. Spans of requests to Sentry are not recorded.
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/traces/opentelemetry/)
#[derive(Debug, Default)]
pub struct SentrySpanProcessor {
    client: Option<Weak<Client>>,
    leaves_exceptions: bool,
    resource: Map<String, Value>,
    is_shut_down: AtomicBool,
}

impl SentrySpanProcessor {
    /// Returns a processor that records each span for the client that is active at its start.
    #[must_use]
    pub fn new() -> Self {
        bridge::install();
        Self::default()
    }

    /// Like [`new`](Self::new), and flushing the provider flushes this client.
    pub(super) fn of_client(client: &Arc<Client>) -> Self {
        Self { client: Some(Arc::downgrade(client)), ..Self::new() }
    }

    /// Sets whether events named `exception` are captured as errors (default: `true`). Turn it off if the program
    /// captures its errors by other means.
    #[must_use]
    pub fn capture_exceptions(mut self, capture: bool) -> Self {
        self.leaves_exceptions = !capture;
        self
    }

    fn flush(&self, timeout: Duration) -> OTelSdkResult {
        let client = match &self.client {
            Some(client) => client.upgrade(),
            None => client::global(),
        };
        match client {
            Some(client) if !client.flush(timeout) => Err(OTelSdkError::Timeout(timeout)),
            _ => Ok(()),
        }
    }
}

/// Returns the URL of the request that the span describes, if any.
fn url_of(attributes: &[KeyValue]) -> Option<String> {
    values::text(attributes, &["url.full", "http.url"])
}

/// Returns whether a URL is an ingestion endpoint of the client's server. The program may have an API on the same host with
/// similar paths.
fn is_sentry(url: &str) -> bool {
    let Some(client) = active::context().client() else { return false };
    client.dsn().is_some_and(|dsn| {
        url.contains(dsn.host()) && url.contains(&format!("/api/{}/envelope", dsn.project_id()))
    })
}

impl SpanProcessor for SentrySpanProcessor {
    fn on_start(&self, span: &mut OtelSpan, parent: &OtelContext) {
        use opentelemetry::trace::Span as _;
        let judged = sampler::take_judged(span.span_context().trace_id());
        if client::capture_mode() != client::CaptureMode::Tracing
            || active::with(|context| context.is_unrecorded())
        {
            return;
        }
        let Some(data) = span.exported_data() else { return };
        let url = url_of(&data.attributes);
        if url.as_deref().is_some_and(is_sentry) {
            return;
        }
        let described = describe::of(&data.name, &data.span_kind, &data.attributes);
        let options = SpanOptions::new(described.name)
            .op(described.op)
            .origin(describe::ORIGIN)
            .source(described.source)
            .start_time(data.start_time)
            .attributes(values::collected(&data.attributes));
        let span_id = data.span_context.span_id();
        let (base, active, judged) = match judged {
            Some(judged) => (judged.base, Lineage::NONE, Some(judged.decision)),
            None => match parent::of(parent, data.span_context.trace_id()) {
                Standing::Child(base, active) => (base, active, None),
                Standing::Root(base) => (base, Lineage::NONE, None),
            },
        };
        let span = Span::start_as(ids::local_id(span_id), base, active, options, judged);
        if span.position().is_some() && !open::keep(span_id, Open { span, url }) {
            diagnostics::debug(format_args!(
                "dropped the span `{}`: too many OpenTelemetry spans have not ended; end every span that is started",
                data.name
            ));
        }
    }

    fn on_end(&self, data: SpanData) {
        let Some(Open { span, url }) = open::take(data.span_context.span_id()) else { return };
        let Some((context, active)) = span.position() else { return };
        let id = active.span;
        if url.is_none() && url_of(&data.attributes).as_deref().is_some_and(is_sentry) {
            return span.discard();
        }
        if !span.is_recording() {
            return span.end_at(data.end_time);
        }
        span.set_attribute("sentry.kind", describe::kind(&data.span_kind));
        for (key, value) in values::collected(&data.attributes) {
            span.set_attribute(key, value);
        }
        span.set_status(describe::status(&data.status, &data.attributes));
        let described = describe::of(&data.name, &data.span_kind, &data.attributes);
        span.set_op(described.op);
        match context.segment().filter(|segment| segment.key == id) {
            Some(segment) => segment.rename(described.name, described.source),
            None => span.update_name(described.name),
        }
        for link in data.links.iter() {
            let ours =
                (ids::trace_id(link.span_context.trace_id()), ids::span_id(link.span_context.span_id()));
            if let (Some(trace_id), Some(span_id)) = ours {
                let sampled = Some(link.span_context.is_sampled());
                let attributes = values::object(&link.attributes);
                span.add_link(SpanLink { sampled, attributes, ..SpanLink::new(trace_id, span_id) });
            }
        }
        if !data.events.is_empty() {
            let _entered = entered::enter(Arc::clone(&context), active);
            for event in data.events.iter() {
                events::capture(event, &data.attributes, &self.resource, !self.leaves_exceptions);
            }
        }
        let own = context.with_own_scope();
        if context.key() == id {
            let otel = events::otel_context(&data.attributes, &self.resource);
            own.current.update(|scope| scope.set_context("otel", otel));
        }
        span.end_in(&own, data.end_time);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush(Duration::from_secs(5))
    }

    /// Sends the recorded data. The client stays open.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.is_shut_down.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        self.flush(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource =
            resource.iter().map(|(key, value)| (key.as_str().to_owned(), values::json(value))).collect();
    }
}
