//! The tracer provider of a client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, TracerProviderBuilder};

use super::{SentryIdGenerator, SentrySampler, SentrySpanProcessor};
use crate::base::fork::PerProcess;
use crate::client::Client;

type Providers = Vec<(Weak<Client>, SdkTracerProvider)>;

/// The providers that were made, by client. The child of a fork goes on with them, unless a thread of its parent was at
/// them at that moment.
static PROVIDERS: PerProcess<Mutex<Providers>> = PerProcess::new();

fn providers() -> MutexGuard<'static, Providers> {
    let providers = PROVIDERS.get_or_make(|parent| {
        let known = parent.and_then(|parent| parent.try_lock().ok().map(|known| known.clone()));
        Mutex::new(known.unwrap_or_default())
    });
    providers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A provider of ours, to be added to.
pub(super) fn builder(client: &Arc<Client>, captures_exceptions: bool) -> TracerProviderBuilder {
    SdkTracerProvider::builder()
        .with_sampler(SentrySampler::new())
        .with_id_generator(SentryIdGenerator::new())
        .with_span_processor(SentrySpanProcessor::of_client(client).capture_exceptions(captures_exceptions))
}

/// Keeps a provider for its client, unless there is one. Answers with the one that is kept.
pub(super) fn keep(client: &Arc<Client>, made: SdkTracerProvider) -> SdkTracerProvider {
    let mut providers = providers();
    // Those of clients that are gone are given back outside of the lock: a processor may do anything at its end.
    let gone: Vec<_> = providers.extract_if(.., |(of, _)| of.strong_count() == 0).collect();
    let kept = match of(&providers, client) {
        Some(kept) => kept,
        None => {
            providers.push((Arc::downgrade(client), made.clone()));
            made.clone()
        }
    };
    drop(providers);
    drop((gone, made));
    kept
}

fn of(providers: &[(Weak<Client>, SdkTracerProvider)], client: &Arc<Client>) -> Option<SdkTracerProvider> {
    let mine = |(of, _): &&(Weak<Client>, SdkTracerProvider)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(client));
    providers.iter().find(mine).map(|(_, provider)| provider.clone())
}

impl Client {
    /// OpenTelemetry's tracer provider of this client: the one that the integration
    /// [`OpenTelemetry`](crate::integrations::opentelemetry::OpenTelemetry) set up, else one that is made now.
    ///
    /// ```
    /// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    ///
    /// let guard = sentry::init(sentry::ClientOptions::new().traces_sample_rate(1.0));
    /// let tracer = guard.tracer_provider().tracer("shop");
    /// tracer.in_span("import", |_| sentry::start_span("parse", |_| { /* a child of `import` */ }));
    /// ```
    ///
    /// Spans that are still open when the client is closed are lost, as ours are.
    #[must_use]
    pub fn tracer_provider(self: &Arc<Self>) -> SdkTracerProvider {
        let known = of(&providers(), self);
        known.unwrap_or_else(|| keep(self, builder(self, true).build()))
    }

    /// A tracer of that provider, for spans of the program's own.
    ///
    /// ```
    /// use opentelemetry::trace::Tracer as _;
    ///
    /// # let _guard = sentry::init("");
    /// if let Some(client) = sentry::get_client() {
    ///     client.tracer().in_span("span name", |_context| { /* measure something */ });
    /// }
    /// ```
    #[must_use]
    pub fn tracer(self: &Arc<Self>) -> SdkTracer {
        self.tracer_provider().tracer("sentry")
    }
}
