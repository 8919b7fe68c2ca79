//! Tests of incoming and outgoing headers with OpenTelemetry's propagators.

use std::collections::HashMap;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use sentry::integrations::opentelemetry::SentryPropagator;
use sentry_tests::support::{observe, options, without_client};

const TRACE: &str = "771a43a4192642f0b136d5159a501700";

fn tracer() -> opentelemetry_sdk::trace::SdkTracer {
    sentry::get_client().unwrap().tracer()
}

fn headers(entries: &[(&str, &str)]) -> HashMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn injected(context: &Context) -> HashMap<String, String> {
    let mut out = HashMap::new();
    SentryPropagator::new().inject_context(context, &mut out);
    out
}

#[test]
fn a_trace_is_continued_and_handed_on_with_its_context() {
    let incoming = headers(&[
        ("sentry-trace", &format!("{TRACE}-1234567890abcdef-1")),
        (
            "baggage",
            &format!(
                "tenant=7,sentry-trace_id={TRACE},sentry-sample_rate=0.5,sentry-sample_rand=0.1,sentry-sampled=true"
            ),
        ),
    ]);
    let seen = observe(options(), || {
        let parent = SentryPropagator::new().extract_with_context(&Context::new(), &incoming);
        let span = tracer().start_with_context("handle", &parent);
        let context = parent.with_span(span);
        let out = injected(&context);
        context.span().end();
        (out, parent)
    });
    let (out, parent) = &seen.result;
    let root = seen.span("handle");
    assert_eq!((&*root.trace, root.parent.as_deref()), (TRACE, Some("1234567890abcdef")));
    assert_eq!(out["sentry-trace"], format!("{TRACE}-{}-1", root.id));
    assert!(out["baggage"].starts_with("tenant=7,"), "{out:?}");
    assert!(out["baggage"].contains("sentry-sample_rate=0.5"), "{out:?}");
    assert_eq!(out["baggage"].matches("sentry-trace_id").count(), 1);
    assert!(!out.contains_key("traceparent"));
    assert!(parent.span().span_context().is_remote());
    assert!(parent.baggage().get("tenant").is_some());
}

#[test]
fn an_incoming_decision_not_to_sample_is_kept() {
    let incoming = headers(&[("sentry-trace", &format!("{TRACE}-1234567890abcdef-0"))]);
    let seen = observe(options(), || {
        let parent = SentryPropagator::new().extract_with_context(&Context::new(), &incoming);
        let _attached = parent.attach();
        tracer().in_span("theirs", |context| {
            assert!(!context.span().span_context().is_sampled());
            injected(&context)
        })
    });
    assert!(seen.result["sentry-trace"].starts_with(TRACE) && seen.result["sentry-trace"].ends_with("-0"));
    assert!(seen.transactions().is_empty());
}

#[test]
fn the_active_sentry_span_is_injected() {
    let seen = observe(options().propagate_traceparent(true), || {
        tracer().in_span("theirs", |context| sentry::start_span("ours", |_| injected(&context)))
    });
    let ours = seen.span("ours");
    assert_eq!(seen.result["sentry-trace"], format!("{}-{}-1", ours.trace, ours.id));
    assert_eq!(seen.result["traceparent"], format!("00-{}-{}-01", ours.trace, ours.id));
}

#[test]
fn requests_outside_the_propagation_targets_get_no_headers() {
    let seen = observe(options().trace_propagation_targets(["shop.example"]), || {
        let request = |url: &'static str| {
            let span = tracer()
                .span_builder("GET")
                .with_attributes([KeyValue::new("url.full", url)])
                .start(&tracer());
            injected(&Context::new().with_span(span).with_baggage([KeyValue::new("tenant", "7")]))
        };
        (request("https://shop.example/a"), request("https://elsewhere.example/a"))
    });
    let (told, untold) = &seen.result;
    assert!(told.contains_key("sentry-trace"));
    assert_eq!(*untold, headers(&[("baggage", "tenant=7")]));
}

#[test]
fn without_a_client_baggage_alone_goes_out() {
    without_client(|| {
        let context = Context::new().with_baggage([KeyValue::new("tenant", "7")]);
        assert_eq!(injected(&context), headers(&[("baggage", "tenant=7")]));
        let fields: Vec<_> = SentryPropagator::new().fields().map(str::to_owned).collect();
        assert_eq!(fields, ["sentry-trace", "baggage", "traceparent"]);
    });
}
