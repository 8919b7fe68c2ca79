//! Tests that our options decide about the sampling of both kinds of spans.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracerProvider;
use sentry::integrations::opentelemetry::SentrySpanProcessor;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::support::{observe, options, untraced};

fn tracer() -> opentelemetry_sdk::trace::SdkTracer {
    sentry::get_client().unwrap().tracer()
}

#[test]
fn a_rate_of_zero_records_nothing_inside_and_counts_it() {
    let seen = observe(untraced().traces_sample_rate(0.0), || {
        tracer().in_span("outer", |context| {
            assert!(!context.span().span_context().is_sampled());
            sentry::start_span("ours", |span| assert!(!span.is_recording()));
            tracer().in_span("theirs", |context| assert!(!context.span().span_context().is_sampled()));
            sentry::get_trace_data().unwrap().sentry_trace.ends_with("-0")
        })
    });
    assert!(seen.result);
    assert!(seen.transactions().is_empty());
    let lost = |category| {
        let of = |entry: &&sentry::protocol::DiscardedEvents| {
            entry.reason == DiscardReason::SampleRate && entry.category == category
        };
        seen.stats.dropped.iter().filter(of).map(|entry| entry.quantity).sum::<u64>()
    };
    assert_eq!(lost(DataCategory::Transaction), 1);
}

#[test]
fn the_sampler_sees_name_operation_and_attributes_once() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let options = untraced().traces_sampler(move |span| {
        let system = span.attribute("db.system").and_then(|value| value.as_str()).map(str::to_owned);
        noted.lock().unwrap().push((span.name().to_owned(), span.operation().to_owned(), system));
        0.25 * 4.0
    });
    let seen = observe(options, || {
        let span = tracer().span_builder("query").with_kind(SpanKind::Client);
        let span = span.with_attributes([KeyValue::new("db.system", "sqlite")]).start(&tracer());
        let _attached = Context::current_with_span(span).attach();
        tracer().in_span("child", |_| ());
    });
    assert_eq!(*asked.lock().unwrap(), [("query".into(), "db".into(), Some("sqlite".into()))]);
    assert_eq!(seen.spans().len(), 2);
}

#[test]
fn without_tracing_nothing_is_recorded() {
    let seen = observe(untraced(), || {
        tracer().in_span("outer", |context| assert!(!context.span().is_recording()));
    });
    assert!(seen.transactions().is_empty());
}

#[test]
fn the_span_processor_samples_without_the_sentry_sampler() {
    let seen =
        observe(untraced().traces_sampler(|span| f32::from(u8::from(span.name() == "wanted"))), || {
            let provider =
                SdkTracerProvider::builder().with_span_processor(SentrySpanProcessor::new()).build();
            let tracer = opentelemetry::trace::TracerProvider::tracer(&provider, "test");
            let id = tracer.in_span("wanted", |context| context.span().span_context().clone());
            tracer
                .in_span("unwanted", |_| sentry::start_span("inside", |span| assert!(!span.is_recording())));
            sentry::start_span("wanted", |_| tracer.in_span("child of ours", |_| ()));
            id
        });
    let spans = seen.spans();
    let first = spans.iter().find(|span| span.id == seen.result.span_id().to_string()).unwrap();
    assert_eq!(first.trace, seen.result.trace_id().to_string());
    assert!(!seen.span("child of ours").is_root);
    assert_eq!(spans.len(), 3);
}

#[test]
fn suppressed_work_makes_no_spans() {
    let seen = observe(options(), || sentry::suppress_tracing(|| tracer().in_span("hidden", |_| ())));
    assert!(seen.transactions().is_empty());
}
