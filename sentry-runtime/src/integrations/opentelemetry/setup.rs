//! The integration that sets up all OpenTelemetry components of a client.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::global;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanProcessor, TracerProviderBuilder};

use super::{SentryPropagator, bridge, provider};
use crate::client::Client;
use crate::client::integration::Integration;

type Instrumentation = Box<dyn FnOnce(&SdkTracerProvider) + Send>;

/// Sets up OpenTelemetry for a client: a tracer provider that records into it, and a propagator.
///
/// ```
/// use opentelemetry::trace::Tracer as _;
/// use opentelemetry_sdk::trace::SpanProcessor;
/// use sentry::integrations::opentelemetry::OpenTelemetry;
///
/// # fn my_processor() -> impl SpanProcessor { sentry::integrations::opentelemetry::SentrySpanProcessor::new() }
/// let otel = OpenTelemetry::new()
///     .span_processor(my_processor())
///     .instrumentation(|provider| {
///         // Pass the provider to a library that creates spans through OpenTelemetry.
///         let _ = provider;
///     });
/// let guard = sentry::init(sentry::ClientOptions::new().traces_sample_rate(1.0).integration(otel));
/// guard.tracer().in_span("span name", |_context| { /* measure something */ });
/// ```
///
/// Provider and propagator become OpenTelemetry's global ones, unless [`global(false)`](Self::global) is set. Sampling
/// follows the client's options.
pub struct OpenTelemetry {
    parts: Mutex<Parts>,
    is_global: bool,
    captures_exceptions: bool,
}

/// The parts that the setup consumes.
#[derive(Default)]
struct Parts {
    processors: Vec<Box<dyn FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send>>,
    instrumentations: Vec<Instrumentation>,
    resource: Option<Resource>,
}

impl Default for OpenTelemetry {
    fn default() -> Self {
        Self { parts: Mutex::default(), is_global: true, captures_exceptions: true }
    }
}

impl OpenTelemetry {
    /// Returns the integration with its default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with(self, change: impl FnOnce(&mut Parts)) -> Self {
        change(&mut self.parts.lock().unwrap_or_else(PoisonError::into_inner));
        self
    }

    /// Adds a span processor to the provider, after this crate's own: for example an exporter to another destination.
    #[must_use]
    pub fn span_processor(self, processor: impl SpanProcessor + 'static) -> Self {
        self.with(|parts| parts.processors.push(Box::new(|builder| builder.with_span_processor(processor))))
    }

    /// Sets up a library that creates spans through OpenTelemetry: the closure receives the finished provider.
    #[must_use]
    pub fn instrumentation(self, set_up: impl FnOnce(&SdkTracerProvider) + Send + 'static) -> Self {
        self.with(|parts| parts.instrumentations.push(Box::new(set_up)))
    }

    /// Sets the provider's resource, which describes the program (default: OpenTelemetry's environment variables).
    #[must_use]
    pub fn resource(self, resource: Resource) -> Self {
        self.with(|parts| parts.resource = Some(resource))
    }

    /// Sets whether provider and propagator become OpenTelemetry's global ones (default: `true`).
    #[must_use]
    pub fn global(mut self, global: bool) -> Self {
        self.is_global = global;
        self
    }

    /// Sets whether exceptions are captured as errors, see
    /// [`SentrySpanProcessor::capture_exceptions`](super::SentrySpanProcessor::capture_exceptions).
    #[must_use]
    pub fn capture_exceptions(mut self, capture: bool) -> Self {
        self.captures_exceptions = capture;
        self
    }
}

impl fmt::Debug for OpenTelemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTelemetry").field("global", &self.is_global).finish_non_exhaustive()
    }
}

impl Integration for OpenTelemetry {
    fn name(&self) -> &str {
        "opentelemetry"
    }

    fn setup(&self, client: &Arc<Client>) {
        bridge::install();
        let parts = std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut builder = provider::builder(client, self.captures_exceptions);
        if let Some(resource) = parts.resource {
            builder = builder.with_resource(resource);
        }
        let builder = parts.processors.into_iter().fold(builder, |builder, add| add(builder));
        let provider = provider::keep(client, builder.build());
        if self.is_global {
            global::set_tracer_provider(provider.clone());
            global::set_text_map_propagator(SentryPropagator::new());
        }
        for set_up in parts.instrumentations {
            set_up(&provider);
        }
    }
}
