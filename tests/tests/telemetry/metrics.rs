//! Tests of metrics.

use sentry::metrics;
use sentry::protocol::{Metric, Unit};
use sentry_tests::support::{observe, only, options, untraced};
use serde_json::{Value, json};

#[test]
fn each_kind_has_its_name_value_and_unit() {
    let seen = observe(untraced(), || {
        metrics::count("orders", 2).attribute("shop", "vienna").capture();
        metrics::counter("orders", 1).capture();
        metrics::gauge("memory", 12.5).unit(Unit::Megabyte).capture();
        metrics::distribution("wait", 3.25_f32).unit("lamp").capture();
    });
    let metrics = seen.metrics();
    let kinds: Vec<_> = metrics
        .iter()
        .map(|metric| (metric["type"].clone(), metric["value"].clone(), metric.get("unit").cloned()))
        .collect();
    assert_eq!(
        kinds,
        [
            (json!("counter"), json!(2), None),
            (json!("counter"), json!(1), None),
            (json!("gauge"), json!(12.5), Some(json!("megabyte"))),
            (json!("distribution"), json!(3.25), Some(json!("lamp"))),
        ]
    );
    let text = |value: &str| json!({"value": value, "type": "string"});
    assert_eq!(metrics[0]["name"], "orders");
    assert_eq!(
        metrics[0]["attributes"],
        json!({
            "shop": text("vienna"),
            "sentry.environment": text("testing"),
            "sentry.release": text("shop@1.4.2"),
            "sentry.sdk.name": text("sentry.rust.runtime"),
            "sentry.sdk.version": text(env!("CARGO_PKG_VERSION")),
            "server.address": text("box-7"),
        })
    );
    assert_eq!(only(seen.items()).header["item_count"], 4);
}

#[sentry::span(name = "work")]
fn work() {
    metrics::count("steps", 1).capture();
}

#[test]
fn a_metric_belongs_to_the_trace_and_the_span_in_which_it_is_recorded() {
    let seen = observe(options(), work);
    let (metric, span) = (only(seen.metrics()), seen.span("work"));
    assert_eq!((&metric["trace_id"], &metric["span_id"]), (&span.trace.into(), &span.id.into()));
}

#[test]
fn metrics_can_be_switched_off() {
    let seen = observe(untraced().enable_metrics(false), || metrics::count("orders", 1).capture());
    assert_eq!(seen.requests().len(), 0);
}

#[test]
fn before_send_metric_changes_and_drops() {
    let look = |mut metric: Metric| {
        metric.attributes.remove("sentry.release");
        (metric.name != "internal").then_some(metric)
    };
    let seen = observe(untraced().before_send_metric(look), || {
        metrics::count("internal", 1).capture();
        metrics::count("orders", 1).capture();
    });
    let metric = only(seen.metrics());
    assert_eq!(metric["name"], "orders");
    assert_eq!(metric["attributes"]["sentry.release"], Value::Null);
    assert_eq!(seen.reported("before_send", "trace_metric"), 1);
}

#[test]
fn invalid_metrics_are_counted_and_not_sent() {
    let seen = observe(untraced(), || {
        metrics::gauge("share", f64::NAN).capture();
        metrics::gauge("", 1).capture();
        metrics::gauge("share", 0.5).attribute("token", "secret").capture();
    });
    let metric = only(seen.metrics());
    assert_eq!(metric["value"], 0.5);
    assert_eq!(metric["attributes"]["token"]["value"], "[Filtered]");
    assert_eq!(seen.reported("invalid", "trace_metric"), 2);
}

#[test]
fn more_than_a_hundred_travel_in_several_envelopes_and_none_is_lost_silently() {
    const MANY: u64 = 2_500;
    let seen = observe(untraced(), || (0..MANY).for_each(|_| metrics::count("many", 1).capture()));
    let lost = seen.reported("buffer_overflow", "trace_metric");
    assert_eq!(seen.metrics().len() as u64 + lost, MANY);
}

#[test]
fn attributes_of_the_scopes_come_along() {
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_attribute("tenant", "lamps");
            sentry::set_attribute("plan", "large");
            sentry::metrics::count("orders", 1).attribute("plan", "small").capture();
        });
        sentry::metrics::count("orders", 1).capture();
    });
    let metrics = seen.metrics();
    assert_eq!(metrics[0]["attributes"]["tenant"], json!({"value": "lamps", "type": "string"}));
    assert_eq!(metrics[0]["attributes"]["plan"]["value"], "small");
    assert_eq!(metrics[1]["attributes"].get("tenant"), None);
}
