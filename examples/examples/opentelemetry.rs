//! OpenTelemetry and this crate in one program: the spans of both form one tree.
//!
//! Run it with `cargo run -p sentry-examples --example opentelemetry --features opentelemetry`. It needs no server and
//! prints the trace. With `OTLP_ENDPOINT=http://localhost:4318` it sends the spans to a collector instead.

use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, Span, SpanData, SpanProcessor};
use sentry::integrations::opentelemetry::{OpenTelemetry, SentryPropagator};

/// A span processor of the program, in addition to the toolkit's.
#[derive(Debug)]
struct Announcer;

impl SpanProcessor for Announcer {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        println!("OpenTelemetry span ended: {}", span.name);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A library that is instrumented with OpenTelemetry: a connection pool.
struct Pool(SdkTracer);

impl Pool {
    fn acquire(&self) {
        self.0.in_span("pool.acquire", |_| std::thread::sleep(Duration::from_millis(2)));
    }
}

#[sentry::span]
fn load_order(id: u32, pool: &Pool) -> u32 {
    pool.acquire();
    let tracer = global::tracer("database");
    let attributes = [
        KeyValue::new("db.system.name", "sqlite"),
        KeyValue::new("db.query.text", "SELECT total FROM orders"),
    ];
    let builder = tracer.span_builder("query").with_kind(SpanKind::Client).with_attributes(attributes);
    let mut query = builder.start(&tracer);
    query.add_event("row found", vec![KeyValue::new("order.id", i64::from(id))]);
    query.end();
    id * 10
}

fn main() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let otel = OpenTelemetry::new()
        .span_processor(Announcer)
        .instrumentation(move |provider| drop(sender.send(Pool(provider.tracer("pool")))));
    let mut options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true).integration(otel);
    if let Ok(endpoint) = std::env::var("OTLP_ENDPOINT") {
        options = options.otlp_endpoint(endpoint);
    }
    let guard = sentry::init(options);
    let Ok(pool) = receiver.recv() else { return };

    // The headers of an incoming request; the server's span continues their trace.
    let trace = "771a43a4192642f0b136d5159a501700-1234567890abcdef-1".to_owned();
    let parent = SentryPropagator::new().extract(&HashMap::from([("sentry-trace".to_owned(), trace)]));
    let tracer = guard.tracer();
    let span = tracer.start_with_context("GET /orders/{id}", &parent);
    let context = parent.with_span(span);
    {
        let _attached = context.clone().attach();
        println!("total: {}", load_order(7, &pool));
        let mut headers = HashMap::<String, String>::new();
        SentryPropagator::new().inject(&mut headers);
        println!("the next service is told {}", headers.get("sentry-trace").map_or("nothing", |value| value));
    }
    context.span().end();
    if let Err(error) = guard.tracer_provider().shutdown() {
        eprintln!("not everything was sent: {error}");
    }
}
