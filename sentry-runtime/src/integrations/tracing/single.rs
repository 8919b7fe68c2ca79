//! Layers with one task each, which a program combines: spans, errors, breadcrumbs or logs. The names are those of the
//! official crate.

use std::fmt;

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::{EventFilter, SentryLayer};

macro_rules! single_layers {
    ($($(#[$doc:meta])* $name:ident: events $events:expr, spans $spans:expr;)*) => {$(
        $(#[$doc])*
        #[must_use = "a layer records nothing before it is part of a subscriber"]
        pub struct $name(SentryLayer);

        impl $name {
            /// Returns the layer. It receives everything that its filter lets through, at every level without one.
            pub fn new() -> Self {
                Self(SentryLayer::single($events, $spans))
            }

            /// Returns the layer as it is: attributes of spans are sent with their span, and whatever is captured
            /// inside a span names it.
            #[deprecated(note = "has no effect: attributes of spans are sent with the span, which events and logs name")]
            pub fn enable_span_attributes(self) -> Self {
                self
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).finish()
            }
        }

        impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for $name {
            fn on_register_dispatch(&self, subscriber: &Dispatch) {
                Layer::<S>::on_register_dispatch(&self.0, subscriber);
            }

            fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
                self.0.on_new_span(attributes, id, ctx);
            }

            fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
                self.0.on_record(id, values, ctx);
            }

            fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
                self.0.on_follows_from(id, follows, ctx);
            }

            fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
                self.0.on_event(event, ctx);
            }

            fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
                self.0.on_enter(id, ctx);
            }

            fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
                self.0.on_exit(id, ctx);
            }

            fn on_close(&self, id: Id, ctx: Context<'_, S>) {
                self.0.on_close(id, ctx);
            }
        }
    )*};
}

single_layers! {
    /// A layer that records the spans of `tracing`, and nothing of its events; see [Spans](super#spans).
    ///
    /// ```
    /// use sentry::integrations::tracing::{LogLayer, SpanLayer};
    /// use tracing_subscriber::Layer as _;
    /// use tracing_subscriber::filter::LevelFilter;
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let subscriber = tracing_subscriber::registry()
    ///     .with(SpanLayer::new().with_filter(LevelFilter::INFO))
    ///     .with(LogLayer::new().with_filter(LevelFilter::INFO));
    /// # drop(subscriber);
    /// ```
    ///
    /// [`layer`](super::layer) records spans and events in one layer, so use either that one or the layers with one
    /// task.
    SpanLayer: events EventFilter::Ignore, spans true;
    /// A layer that captures the events of `tracing` as errors or messages. Give it a filter: without one, every event
    /// is captured, at any level.
    ///
    /// ```
    /// use sentry::integrations::tracing::ErrorLayer;
    /// use tracing_subscriber::Layer as _;
    /// use tracing_subscriber::filter::LevelFilter;
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let subscriber =
    ///     tracing_subscriber::registry().with(ErrorLayer::new().with_filter(LevelFilter::ERROR));
    /// # drop(subscriber);
    /// ```
    ErrorLayer: events EventFilter::Event, spans false;
    /// A layer that records the events of `tracing` as breadcrumbs, which are sent with a later error. Put it before
    /// [`ErrorLayer`] if both receive an event, so that the breadcrumb is part of the error.
    BreadcrumbLayer: events EventFilter::Breadcrumb, spans false;
    /// A layer that writes the events of `tracing` as structured logs. It is the switch for them: unlike those of
    /// [`layer`](super::layer), its logs do not need the option `collect_logs`.
    LogLayer: events EventFilter::CHOSEN_LOG, spans false;
}
