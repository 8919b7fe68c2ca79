//! OpenTelemetry: its spans and ours are one tree, whoever starts them.
//!
//! ```
//! use opentelemetry::trace::{Tracer as _, TracerProvider as _};
//! use sentry::integrations::opentelemetry::OpenTelemetry;
//!
//! #[sentry::span]
//! fn parse() { /* a child of OpenTelemetry's span */ }
//!
//! let options = sentry::ClientOptions::new().traces_sample_rate(1.0).integration(OpenTelemetry::new());
//! let guard = sentry::init(options);
//! guard.tracer_provider().tracer("shop").in_span("import", |_| parse());
//! ```
//!
//! [`OpenTelemetry`] sets everything up and makes it OpenTelemetry's default; whoever builds a `SdkTracerProvider`
//! takes [`SentrySpanProcessor`], [`SentrySampler`], [`SentryIdGenerator`] and [`SentryPropagator`] from here.
//!
//! * A span of OpenTelemetry starts: the sampler decides as our options say, the processor starts a span of ours with
//!   the same ids, under the given parent or the span of ours that is active inside of it.
//! * A context of OpenTelemetry is attached: an observer of contexts makes the span in it our active one, on whatever
//!   thread, until it is detached. So annotated functions, errors and logs belong to it.
//! * It ends: attributes, status and links go over, events become breadcrumbs, exceptions become errors.
//!
//! Ids on both sides are the same. Those of spans always are; for those of traces that begin with a span of ours the
//! provider needs [`SentryIdGenerator`], as OpenTelemetry draws them before it asks anybody.
//!
//! Spec: `telemetry/traces/opentelemetry.mdx`, `telemetry/traces/otlp.mdx`.

mod bridge;
mod describe;
mod events;
mod ids;
mod open;
mod parent;
mod processor;
mod propagator;
mod provider;
mod sampler;
mod setup;
#[cfg(test)]
mod tests;
mod values;

pub use ids::SentryIdGenerator;
pub use processor::SentrySpanProcessor;
pub use propagator::SentryPropagator;
pub use sampler::SentrySampler;
pub use setup::OpenTelemetry;
