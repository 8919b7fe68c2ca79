//! The tracer providers of clients.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, TracerProviderBuilder};

use super::{SentryIdGenerator, SentrySampler, SentrySpanProcessor};
use crate::base::fork::PerProcess;
use crate::client::Client;

type Providers = Vec<(Weak<Client>, SdkTracerProvider)>;

/// The existing providers, by client. A forked child continues to use them, unless a thread of its parent held the lock
/// at the fork.
static PROVIDERS: PerProcess<Mutex<Providers>> = PerProcess::new();

fn providers() -> MutexGuard<'static, Providers> {
    let providers = PROVIDERS.get_or_make(|parent| {
        let known = parent.and_then(|parent| parent.try_lock().ok().map(|known| known.clone()));
        Mutex::new(known.unwrap_or_default())
    });
    providers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a builder with the processor, sampler and id generator of this crate.
pub(super) fn builder(client: &Arc<Client>, captures_exceptions: bool) -> TracerProviderBuilder {
    SdkTracerProvider::builder()
        .with_sampler(SentrySampler::new())
        .with_id_generator(SentryIdGenerator::new())
        .with_span_processor(SentrySpanProcessor::of_client(client).capture_exceptions(captures_exceptions))
}

/// Keeps a provider for its client, unless there is one already. Returns the kept provider.
pub(super) fn keep(client: &Arc<Client>, made: SdkTracerProvider) -> SdkTracerProvider {
    let mut providers = providers();
    // Providers of dropped clients are dropped outside the lock, because a processor may run any code at its end.
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
    /// Returns the OpenTelemetry tracer provider of this client: the one that the integration
    /// [`OpenTelemetry`](crate::integrations::opentelemetry::OpenTelemetry) has set up, or else a new one.
    ///
    /// ```
    /// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    ///
    /// let guard = sentry::init(sentry::ClientOptions::new().traces_sample_rate(1.0));
    /// let tracer = guard.tracer_provider().tracer("shop");
    /// tracer.in_span("import", |_| sentry::start_span("parse", |_| { /* a child of `import` */ }));
    /// ```
    ///
    /// Spans that are still open when the client is closed are lost, like those of this crate.
    #[must_use]
    pub fn tracer_provider(self: &Arc<Self>) -> SdkTracerProvider {
        let known = of(&providers(), self);
        known.unwrap_or_else(|| keep(self, builder(self, true).build()))
    }

    /// Returns a tracer of [`tracer_provider`](Self::tracer_provider), for spans of the program itself.
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
