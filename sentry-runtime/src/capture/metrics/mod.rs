//! Metrics: counters, gauges and distributions, linked to the trace and the span in which they were recorded.
//!
//! They are sent unless the option `enable_metrics` is off, each value by itself: Sentry adds up. Up to 100 travel
//! together, at the latest five seconds after the first. Of what is recorded faster than it can be sent, 900 wait,
//! and the rest is counted as lost. Names and attributes that are known to the compiler or held in place need no
//! allocation on the caller's thread, and up to six attributes.
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
//! A metric without a name, or whose value is not finite, is not sent, and counted.
//!
//! Spec: `telemetry/metrics.mdx`. The functions have the shape of those of the official Rust crate.

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
                "metric `{name}` with the value {value:?} is dropped: it needs a name and a finite value"
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
            /// Adds an attribute, to filter and group by.
            pub fn attribute<K, V>(mut self, key: K, value: V) -> Self
            where
                K: Into<Cow<'static, str>>,
                V: Into<AttributeValue>,
            {
                self.0.fields.push(key.into(), value.into());
                self
            }

            /// Records the metric. Without a client, or with the option `enable_metrics` off, nothing happens.
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
    /// Sets the unit of the value; any text is one.
    pub fn unit(mut self, unit: impl Into<Unit>) -> Self {
        self.0.unit = Some(unit.into());
        self
    }
}

impl DistributionMetric {
    /// Sets the unit of the value; any text is one.
    pub fn unit(mut self, unit: impl Into<Unit>) -> Self {
        self.0.unit = Some(unit.into());
        self
    }
}

/// Counts: how often something happened. Values are added up; counters have no unit.
pub fn count(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> CounterMetric {
    CounterMetric(MetricDraft::new(MetricType::Counter, name.into(), value.into()))
}

/// The same as [`count`], by its name in the official crate.
pub fn counter(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> CounterMetric {
    count(name, value)
}

/// Tells how much of something there is now, such as the length of a queue.
pub fn gauge(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> GaugeMetric {
    GaugeMetric(MetricDraft::new(MetricType::Gauge, name.into(), value.into()))
}

/// Adds a measured value of which the spread matters, such as a duration.
pub fn distribution(name: impl Into<Cow<'static, str>>, value: impl Into<MetricValue>) -> DistributionMetric {
    DistributionMetric(MetricDraft::new(MetricType::Distribution, name.into(), value.into()))
}
