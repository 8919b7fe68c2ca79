//! Tests of the integration: the setups of Sentry's documentation, flush and shutdown.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use sentry::integrations::opentelemetry::OpenTelemetry;
use sentry_tests::support::{observe, observe_server, options};

#[derive(Debug, Clone, Default)]
struct MySpanProcessor {
    ended: Arc<Mutex<Vec<String>>>,
    resources: Arc<AtomicU32>,
}

impl SpanProcessor for MySpanProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.ended.lock().unwrap().push(span.name.into_owned());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, _: &Resource) {
        self.resources.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn processors_and_instrumentations_are_added() {
    let mine = MySpanProcessor::default();
    let instrumented = Arc::new(Mutex::new(None));
    let tracer = Arc::clone(&instrumented);
    let otel = OpenTelemetry::new()
        .span_processor(mine.clone())
        .resource(Resource::builder_empty().with_attribute(KeyValue::new("service.name", "shop")).build())
        .instrumentation(move |provider| *tracer.lock().unwrap() = Some(provider.tracer("pool")));
    let seen = observe(options().integration(otel), || {
        let tracer = instrumented.lock().unwrap().take().unwrap();
        tracer.in_span("pooled", |_| ());
        sentry::get_client().unwrap().tracer().in_span("own", |_| ());
        // This tracer does not come from the integration.
        global::tracer("somebody's").in_span("global", |_| ());
    });
    assert_eq!(*mine.ended.lock().unwrap(), ["pooled", "own", "global"]);
    assert_eq!(mine.resources.load(Ordering::Relaxed), 1);
    assert_eq!(seen.spans().len(), 3);
    let of_pool = seen.transactions().into_iter().find(|it| it["transaction"] == "pooled").unwrap();
    assert_eq!(of_pool["contexts"]["otel"]["resource"]["service.name"], "shop");
    assert!(of_pool["sdk"]["integrations"].as_array().unwrap().contains(&"opentelemetry".into()));
}

#[test]
fn each_client_has_one_tracer_provider() {
    observe(options(), || {
        let client = sentry::get_client().unwrap();
        let (one, other) = (client.tracer_provider(), client.tracer_provider());
        one.shutdown().unwrap();
        assert!(other.shutdown().is_err(), "it was shut down already");
    });
}

#[test]
fn flush_and_shutdown_send_what_has_ended() {
    observe_server(options(), |server| {
        let provider = sentry::get_client().unwrap().tracer_provider();
        provider.tracer("test").in_span("first", |_| ());
        provider.force_flush().unwrap();
        assert_eq!(server.transactions().len(), 1);
        provider.tracer("test").in_span("second", |_| ());
        provider.shutdown().unwrap();
        assert_eq!(server.transactions().len(), 2);
        provider.tracer("test").in_span("third", |_| ());
        assert!(sentry::get_client().unwrap().is_enabled());
    });
}
