//! OpenTelemetry bridge: OpenTelemetry's spans and those of this crate form one trace. Needs the feature
//! `opentelemetry`.
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
//! [`OpenTelemetry`] sets up everything and installs it as OpenTelemetry's global provider and propagator. A program
//! that builds its own `SdkTracerProvider` can add [`SentrySpanProcessor`], [`SentrySampler`], [`SentryIdGenerator`]
//! and [`SentryPropagator`] instead.
//!
//! * When an OpenTelemetry span starts, the sampler decides by the client's options, and the processor starts a span of
//!   this crate with the same ids, as a child of the given parent or of this crate's active span inside it.
//! * When an OpenTelemetry context is attached, on any thread, a context observer makes its span the active span of
//!   this crate until the context is detached. Annotated functions, errors and logs then belong to that span.
//! * When an OpenTelemetry span ends, its attributes, status and links are copied, its events become breadcrumbs, and
//!   its exceptions become errors.
//!
//! The option [`data_collection`](crate::DataCollection) decides about attributes with names that the conventions reserve
//! for contents and personal data, such as `db.query.parameter.id`; URLs have the query that it allows.
//!
//! Ids are equal on both sides. For span ids this always holds. For the ids of traces that begin with a span of this
//! crate, the provider needs [`SentryIdGenerator`], because OpenTelemetry generates them before it calls any processor.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/opentelemetry/),
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/otlp/)

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
