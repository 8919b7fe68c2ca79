//! Tests of the data of OpenTelemetry spans: times, attributes, links, status and exceptions.

use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceState, Tracer as _,
};
use sentry::integrations::opentelemetry::OpenTelemetry;
use sentry_tests::support::{observe, observe_server, options};
use serde_json::json;

fn tracer() -> opentelemetry_sdk::trace::SdkTracer {
    sentry::get_client().unwrap().tracer()
}

#[test]
fn times_attributes_links_and_status_are_sent() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let other =
        SpanContext::new(5_u128.into(), 6_u64.into(), TraceFlags::SAMPLED, true, TraceState::default());
    let seen = observe(options(), || {
        let mut span = tracer()
            .span_builder("GET")
            .with_kind(SpanKind::Server)
            .with_start_time(start)
            .with_links(vec![Link::new(other, vec![KeyValue::new("why", "retry")], 0)])
            .with_attributes([KeyValue::new("http.request.method", "GET")])
            .start(&tracer());
        span.set_attribute(KeyValue::new("http.route", "/orders/{id}"));
        span.set_attribute(KeyValue::new("http.response.status_code", 503));
        span.set_attribute(KeyValue::new("ids", opentelemetry::Value::Array(vec![1_i64, 2].into())));
        span.set_status(Status::error("too busy"));
        span.end_with_timestamp(start + Duration::from_secs(2));
    });
    let transaction = seen.transaction();
    assert_eq!(transaction["transaction"], "GET /orders/{id}");
    assert_eq!(transaction["transaction_info"]["source"], "route");
    let trace = &transaction["contexts"]["trace"];
    assert_eq!((&trace["op"], &trace["status"]), (&json!("http.server"), &json!("unavailable")));
    assert_eq!(trace["data"]["sentry.kind"], "server");
    assert_eq!(trace["data"]["ids"], json!([1, 2]));
    assert_eq!(trace["links"][0]["span_id"], "0000000000000006");
    assert_eq!(trace["links"][0]["attributes"]["why"], "retry");
    assert_eq!(transaction["contexts"]["otel"]["attributes"]["http.response.status_code"], 503);
    let root = &seen.spans()[0];
    assert_eq!((root.start, root.end), (1_700_000_000.0, 1_700_000_002.0));
}

#[test]
fn an_error_without_a_better_word_is_a_failure_of_roots_and_children() {
    let seen = observe(options(), || {
        let mut root = tracer().start("root");
        root.set_status(Status::error("it broke"));
        let context = opentelemetry::Context::new().with_remote_span_context(root.span_context().clone());
        let mut child = tracer().span_builder("child").start_with_context(&tracer(), &context);
        child.set_status(Status::error("it broke"));
        child.end();
        root.end();
    });
    assert_eq!(seen.transaction()["contexts"]["trace"]["status"], "internal_error");
    let spans = seen.spans();
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert!(spans.iter().all(|span| span.status == "internal_error"), "{spans:?}");
}

#[test]
fn exceptions_become_errors_and_other_events_breadcrumbs() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            let mut span = tracer().start("import");
            span.add_event("row skipped", vec![KeyValue::new("row", 7)]);
            let broken = "x".parse::<u32>().unwrap_err();
            span.record_error(&broken);
            let id = span.span_context().span_id().to_string();
            span.end();
            id
        })
    });
    let event = seen.event();
    assert_eq!(event["exception"]["values"][0]["value"], "invalid digit found in string");
    assert_eq!(event["contexts"]["trace"]["span_id"], seen.result);
    assert_eq!(event["breadcrumbs"]["values"][0]["message"], "row skipped");
    assert_eq!(event["breadcrumbs"]["values"][0]["data"]["row"], 7);
}

#[test]
fn capturing_exceptions_can_be_switched_off() {
    let otel = OpenTelemetry::new().capture_exceptions(false).global(false);
    let seen = observe(options().integration(otel), || {
        let mut span = tracer().start("import");
        span.record_error(&"x".parse::<u32>().unwrap_err());
    });
    assert!(seen.events().is_empty());
    assert_eq!(seen.transactions().len(), 1);
}

#[test]
fn spans_of_requests_to_the_sentry_server_are_left_out() {
    let seen = observe_server(options(), |server| {
        let dsn = server.dsn();
        let (scheme, rest) = dsn.split_once("://").unwrap();
        let (host, project) = rest.split_once('@').unwrap().1.split_once('/').unwrap();
        let url = format!("{scheme}://{host}/api/{project}/envelope/");
        tracer().in_span("work", |_| {
            let url = KeyValue::new("url.full", url.clone());
            drop(tracer().span_builder("early").with_attributes([url.clone()]).start(&tracer()));
            tracer().start("late").set_attribute(url);
            let own_api = format!("{scheme}://{host}/api/{project}/orders");
            tracer().start("own API").set_attribute(KeyValue::new("url.full", own_api));
        });
    });
    assert_eq!(seen.spans().len(), 2);
    seen.span("own API");
}
