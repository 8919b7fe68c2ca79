//! Metrics: counters, gauges and distributions, linked to the active trace and span.
//!
//! Metrics are sent unless the option `enable_metrics` is off. Sentry aggregates the values, this crate does not.
//! They are sent in batches of up to 100, at the latest five seconds after the first. At most 900 metrics wait; further
//! ones are dropped and counted. Up to six attributes need no allocation on the caller's thread, if the names and
//! values are known at compile time or stored in place.
//!
//! ```
//! use sentry::metrics;
//! use sentry::protocol::Unit;
//!
//! metrics::count("orders.placed", 1).attribute("shop", "vienna").capture();
//! metrics::gauge("queue.depth", 42).capture();
//! metrics::distribution("checkout.duration", 187.5).unit(Unit::Millisecond).capture();
//! ```
//!
//! A metric without a name, or whose value is not finite, is dropped and counted.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/metrics/). The functions have the shape of those of the official
//! Rust crate.

use std::borrow::Cow;

use crate::base::diagnostics;
use crate::intake::metric::{MetricDraft, MetricRecord};
use crate::intake::queue;
use crate::intake::record_context::{self, Fields, RecordContext};
use crate::protocol::{AttributeValue, DataCategory, DiscardReason, MetricType, MetricValue, Unit};

impl MetricDraft {
    fn new(ty: MetricType, name: Cow<'static, str>, value: MetricValue) -> Self {
        Self { ty, name, value, unit: None, fields: Fields::new() }
    }

    fn capture(self) {
        let Some(client) = record_context::client_that(|options| options.enable_metrics) else { return };
        if record_context::is_circular(&client, DataCategory::TraceMetric) {
            return;
        }
        if self.name.is_empty() || !self.value.is_finite() {
            let Self { name, value, .. } = &self;
            diagnostics::debug(format_args!(
                "dropped the metric `{name}` with the value {value:?}: a metric needs a name and a finite value"
            ));
            return client.ledger().lost(DiscardReason::Invalid, DataCategory::TraceMetric, 1);
        }
        queue::send_metric(MetricRecord { moment: RecordContext::now(client), draft: self });
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "a metric is recorded by `.capture()`"]
        pub struct $name(MetricDraft);

        impl $name {
            /// Adds an attribute, for filters and groups in Sentry.
            pub fn attribute<K, V>(mut self, key: K, value: V) -> Self
            where
                K: Into<Cow<'static, str>>,
                V: Into<AttributeValue>,
            {
                self.0.fields.push(key.into(), value.into());
                self
            }

            /// Records the metric. Does nothing without a client or if the option `enable_metrics` is off.
            pub fn capture(self) {
                self.0.capture();
            }
        }
    )*};
}

metrics! {
    /// A counter, see [`count`].
    CounterMetric;
    /// A gauge, see [`gauge`].
    GaugeMetric;
    /// A distribution, see [`distribution`].
    DistributionMetric;
}

impl GaugeMetric {
    /// Sets the unit of the value. Any text is allowed.
    pub fn unit(mut self, unit: impl Into<Unit>) -> Self {
        self.0.unit = Some(unit.into());
        self
    }
}

impl DistributionMetric {
    /// Sets the unit of the value. Any text is allowed.
    pub fn unit(mut self, unit: impl Into<Unit>) -> Self {
        self.0.unit = Some(unit.into());
        self
    }
}

/// Returns a counter metric, such as the number of orders. Sentry adds up its values; counters have no unit.
pub fn count(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> CounterMetric {
    CounterMetric(MetricDraft::new(MetricType::Counter, name.into(), value.into()))
}

/// Returns a counter metric; the name of [`count`] in the official crate.
pub fn counter(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> CounterMetric {
    count(name, value)
}

/// Returns a gauge metric: the current value of something, such as the length of a queue.
pub fn gauge(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> GaugeMetric {
    GaugeMetric(MetricDraft::new(MetricType::Gauge, name.into(), value.into()))
}

/// Returns a distribution metric: a measured value whose spread matters, such as a duration.
pub fn distribution(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> DistributionMetric {
    DistributionMetric(MetricDraft::new(MetricType::Distribution, name.into(), value.into()))
}
