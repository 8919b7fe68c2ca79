//! Tests of the layers for `tracing` in the combinations of the official crate's documentation.
#![allow(deprecated, reason = "some of the names are deprecated")]

use sentry::integrations::tracing::{
    BreadcrumbLayer, ErrorLayer, EventFilter, LogLayer, SentryLayer, SpanLayer, default_event_filter,
    default_span_filter, layer,
};
use sentry_tests::support::{Seen, names, options};
use tracing::subscriber::with_default;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, registry};

use crate::observe;

fn told<S: Subscriber + Send + Sync + 'static>(subscriber: S, run: impl FnOnce()) -> Seen<()> {
    observe(options(), || with_default(subscriber, run))
}

#[tracing::instrument]
fn order(number: u32) {
    tracing::debug!("looked up");
    tracing::info!(number, "ordered");
    let error = "seven".parse::<u8>().expect_err("no number");
    tracing::error!(error = &error as &dyn std::error::Error, tags.shop = "vienna", "refused");
}

#[test]
fn spans_and_logs_are_recorded_by_a_layer_each() {
    let subscriber = registry()
        .with(SpanLayer::new().with_filter(LevelFilter::INFO))
        .with(LogLayer::new().with_filter(LevelFilter::INFO));
    let seen = told(subscriber, || order(7));
    assert_eq!(seen.transaction()["transaction"], "order");
    // The layer itself switches its logs on: the option `collect_logs` is off.
    let logs: Vec<_> = seen.logs().iter().map(|log| log["body"].clone()).collect();
    assert_eq!(logs, ["ordered", "refused"]);
    assert_eq!(seen.logs()[0]["trace_id"], seen.transaction()["contexts"]["trace"]["trace_id"]);
    assert!(seen.events().is_empty());
}

#[test]
fn errors_and_breadcrumbs_are_recorded_by_a_layer_each() {
    let is_crumb = |metadata: &Metadata<'_>| matches!(*metadata.level(), Level::WARN | Level::INFO);
    let subscriber = registry()
        .with(SpanLayer::new().with_filter(LevelFilter::INFO))
        .with(BreadcrumbLayer::new().with_filter(filter_fn(is_crumb)))
        .with(ErrorLayer::new().enable_span_attributes().with_filter(LevelFilter::ERROR));
    let seen = told(subscriber, || order(7));
    let event = seen.event();
    assert_eq!(event["exception"]["values"][0]["type"], "ParseIntError");
    assert_eq!(event["tags"]["shop"], "vienna");
    assert_eq!(event["breadcrumbs"]["values"][0]["message"], "ordered");
    assert_eq!(event["contexts"]["trace"]["trace_id"], seen.transaction()["contexts"]["trace"]["trace_id"]);
    assert_eq!(seen.transaction()["contexts"]["trace"]["status"], "internal_error");
    assert!(seen.logs().is_empty());
}

#[test]
fn an_event_of_a_given_span_belongs_to_the_span_of_another_layer() {
    let subscriber = registry().with(SpanLayer::new()).with(ErrorLayer::new());
    let seen = told(subscriber, || {
        let span = tracing::info_span!("till");
        tracing::error!(parent: &span, "closed");
    });
    assert_eq!(
        seen.event()["contexts"]["trace"]["span_id"],
        seen.transaction()["contexts"]["trace"]["span_id"]
    );
}

#[test]
fn one_layer_records_everything_by_its_filters() {
    let only_own = |metadata: &Metadata<'_>| default_span_filter(metadata) && metadata.name() != "hidden";
    let subscriber = registry().with(
        layer()
            .event_filter(|metadata| match *metadata.level() {
                Level::ERROR => EventFilter::Event,
                Level::TRACE => default_event_filter(metadata),
                _ => EventFilter::Breadcrumb,
            })
            .span_filter(only_own),
    );
    let seen = told(subscriber, || {
        let _outer =
            tracing::info_span!("outer", sentry.op = "shop.order", sentry.name = "POST /orders").entered();
        tracing::info_span!("hidden").in_scope(|| order(7));
    });
    assert_eq!(seen.transaction()["transaction"], "POST /orders");
    assert_eq!(seen.transaction()["contexts"]["trace"]["op"], "shop.order");
    assert_eq!(names(&seen.spans()), ["POST /orders", "order"]);
    assert_eq!(seen.events().len(), 1);
    drop(SentryLayer::default());
}
