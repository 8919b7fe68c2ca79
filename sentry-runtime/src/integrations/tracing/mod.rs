//! Layer for the crate `tracing`. It records `tracing`'s spans as spans, and its events as breadcrumbs, events and
//! structured logs. Needs the feature `tracing`.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! let subscriber = tracing_subscriber::registry().with(sentry::integrations::tracing::layer());
//! # tracing::subscriber::with_default(subscriber, || {
//! // tracing::subscriber::set_global_default(subscriber)?;
//! #[tracing::instrument(fields(sentry.op = "cart.price"))]
//! fn price(lamps: u32) -> u32 {
//!     tracing::info!(lamps, "pricing");
//!     lamps * 40
//! }
//! price(3);
//! # });
//! ```
//!
//! Spans of both kinds nest: a `tracing` span inside a function with [`#[span]`](macro@crate::span) is its child, and
//! such a function inside an entered `tracing` span is the child of that span. A `tracing` span outside any trace
//! becomes a transaction. A task that is spawned with `.instrument(span)` also takes the span's scopes to every thread
//! that polls it.
//!
//! # Spans
//! Spans of level `info` and above are recorded, see [`SentryLayer::span_filter`]. Fields become attributes, including
//! those that are recorded later. The option [`data_collection`](crate::DataCollection) decides about fields with names of
//! OpenTelemetry's conventions for contents and personal data, such as `gen_ai.input.messages`. Some fields have a special
//! meaning:
//!
//! | field | meaning |
//! |---|---|
//! | `sentry.op` | the operation; by default `db`, `http.server`, `http.client`, `rpc` or `message` if the fields of OpenTelemetry's conventions are set, otherwise `function` |
//! | `sentry.name`, `otel.name` | the name, instead of the name of the span |
//! | `sentry.trace` | the value of a header `sentry-trace`, which a span outside any trace continues |
//! | `tags.<name>` | a tag |
//! | `otel.status_code` | `OK` or `ERROR`: the status |
//! | `http.response.status_code` | the status, unless another field sets it |
//! | an error value | the status `internal_error`, which is also set by an event of level `error` with a field `error`, such as those of `#[instrument(err)]` |
//!
//! A span that closes while its thread panics also has the status `internal_error`. The layer cannot distinguish a
//! completed future from a dropped one. `follows_from` becomes a link.
//!
//! # Events
//! [`SentryLayer::event_filter`] decides what an event becomes. By default, `error` becomes an event and a log; `warn`
//! and `info` become a breadcrumb and a log. Logs are sent if the option `collect_logs` is on. An event with an error
//! value, `error = &err as &dyn std::error::Error`, captures that error with its causes, once, even if an annotated
//! function returns it later. What the layers `TraceLayer` and `CatchPanicLayer` of `tower-http` log about a failure is a
//! breadcrumb instead of an event if the failure itself is captured. Fields become data of breadcrumbs, attributes of logs, and the context `Rust Tracing
//! Fields` of events; fields named `tags.<name>` become tags of events.
//!
//! Spans and events of the toolkit's own threads are ignored.

// This file receives the calls of `tracing`, `spans` holds and activates spans, `fields` reads fields, `single` has
// layers with one task each.

mod fields;
mod single;
mod spans;

pub use super::log_bridge::Filter as EventFilter;
pub use single::{BreadcrumbLayer, ErrorLayer, LogLayer, SpanLayer};

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tracing_core::dispatcher::WeakDispatch;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::log_bridge::{Gate, LogEntry, LogOrigin};
use crate::base::callback;
use crate::base::diagnostics;
use crate::context::entered;
use crate::protocol::LogLevel;
use fields::{EventFields, SpanFields};
use spans::{Parent, Recorded};

const ORIGIN: LogOrigin =
    LogOrigin { name: "auto.log.tracing", fields: "Rust Tracing Fields", location: "Rust Tracing Location" };

type EventChoice = Box<dyn Fn(&Metadata<'_>) -> EventFilter + Send + Sync>;
type SpanChoice = Box<dyn Fn(&Metadata<'_>) -> bool + Send + Sync>;

/// Returns a layer with the default filters, see the [module](self).
#[must_use]
pub fn layer() -> SentryLayer {
    SentryLayer::default()
}

/// The layer, see the [module](self).
pub struct SentryLayer {
    /// The number by which the layer recognises its own spans.
    number: usize,
    events: EventChoice,
    spans: SpanChoice,
    /// Whether the layer records no spans, so that its events belong to the spans of another layer.
    only_events: bool,
    /// The subscriber to which the layer belongs.
    subscriber: OnceLock<WeakDispatch>,
}

impl Default for SentryLayer {
    fn default() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            events: Box::new(default_event_filter),
            spans: Box::new(default_span_filter),
            only_events: false,
            subscriber: OnceLock::new(),
        }
    }
}

impl SentryLayer {
    /// Sets the filter that decides what an event becomes, instead of [`default_event_filter`]. If the filter panics,
    /// the event is ignored.
    ///
    /// ```
    /// use sentry::integrations::tracing::{EventFilter, layer};
    ///
    /// # let layer =
    /// layer().event_filter(|metadata| match *metadata.level() {
    ///     tracing::Level::ERROR | tracing::Level::WARN => EventFilter::Event,
    ///     _ => EventFilter::Breadcrumb | EventFilter::Log,
    /// });
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn event_filter(
        mut self,
        filter: impl Fn(&Metadata<'_>) -> EventFilter + Send + Sync + 'static,
    ) -> Self {
        self.events = Box::new(filter);
        self
    }

    /// Sets the filter that decides which spans are recorded, instead of [`default_span_filter`]. If the filter panics,
    /// the span is not recorded.
    ///
    /// ```
    /// # let layer =
    /// sentry::integrations::tracing::layer().span_filter(|metadata| metadata.target().starts_with("shop"));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn span_filter(mut self, filter: impl Fn(&Metadata<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.spans = Box::new(filter);
        self
    }

    /// Returns a layer that records spans or events of one kind.
    fn single(events: EventFilter, spans: bool) -> Self {
        let layer = Self::default().event_filter(move |_| events).span_filter(move |_| spans);
        Self { only_events: !spans, ..layer }
    }

    /// Returns the data of this span, or of the nearest enclosing span that this layer recorded.
    fn nearest<'a, S: LookupSpan<'a>>(&self, span: SpanRef<'a, S>) -> Option<Arc<Recorded>> {
        span.scope().find_map(|span| self.of(&span))
    }

    /// Returns this span, or its nearest ancestor that a filter around this layer does not hide.
    fn visible<'a, S: Subscriber + for<'b> LookupSpan<'b>>(
        &self,
        id: &Id,
        ctx: &'a Context<'_, S>,
    ) -> Option<SpanRef<'a, S>> {
        ctx.span(id).or_else(|| {
            // The context knows nothing of a hidden span; the subscriber knows its ancestors.
            let subscriber = self.subscriber.get()?.upgrade()?;
            let hidden = subscriber.downcast_ref::<S>()?.span(id)?;
            hidden.scope().find_map(|span| ctx.span(&span.id()))
        })
    }

    fn of<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>) -> Option<Arc<Recorded>> {
        // Cloned, so that no code runs under the lock.
        let recorded = span.extensions().get::<Arc<Recorded>>().cloned();
        recorded.filter(|recorded| self.only_events || recorded.layer == self.number)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SentryLayer {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let _ = self.subscriber.set(subscriber.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(_gate) = Gate::pass() else { return };
        let metadata = attributes.metadata();
        if !contained("span_filter", || (self.spans)(metadata)) {
            return;
        }
        let Some(span) = ctx.span(id) else { return };
        let parent = match attributes.parent().map(|parent| self.visible(parent, &ctx)) {
            Some(parent) => {
                parent.and_then(|parent| self.nearest(parent)).map_or(Parent::Active, Parent::Given)
            }
            None if attributes.is_root() => Parent::None,
            None => Parent::Active,
        };
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        let recorded = Recorded::start(self.number, metadata, fields, parent);
        let mut extensions = span.extensions_mut();
        // Another instance of the layer was first.
        if extensions.get_mut::<Arc<Recorded>>().is_none() {
            extensions.insert(Arc::new(recorded));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(_gate) = Gate::pass().filter(|_| !self.only_events) else { return };
        if let Some(recorded) = ctx.span(id).and_then(|span| self.of(&span)) {
            let mut fields = SpanFields::default();
            values.record(&mut fields);
            recorded.say(fields);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
        let recorded = |id| ctx.span(id).filter(|_| !self.only_events).and_then(|span| self.of(&span));
        if let (Some(recorded), Some(followed)) = (recorded(id), recorded(follows)) {
            recorded.follow(&followed);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let Some(_gate) = Gate::pass() else { return };
        let metadata = event.metadata();
        let filter = contained("event_filter", || (self.events)(metadata));
        let is_error = *metadata.level() == Level::ERROR;
        if filter.is_ignore() && !is_error {
            return;
        }
        let mut fields = EventFields::default();
        event.record(&mut fields);
        let given = event.parent().and_then(|parent| self.visible(parent, &ctx));
        let given = given.and_then(|span| self.nearest(span));
        if is_error && fields.has_error {
            let around = || ctx.event_span(event).and_then(|span| self.nearest(span));
            if let Some(recorded) = given.clone().or_else(around) {
                recorded.fail();
            }
        }
        if filter.is_ignore() {
            return;
        }
        let _entered = given.map(|recorded| {
            let (context, active) = recorded.position();
            entered::enter(context, active)
        });
        LogEntry {
            origin: &ORIGIN,
            level: level(*metadata.level()),
            target: metadata.target(),
            module: metadata.module_path(),
            file: metadata.file(),
            line: metadata.line(),
            content: fields.content,
        }
        .tell(filter);
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        if self.only_events {
            return;
        }
        if let Some(recorded) = ctx.span(id).and_then(|span| self.of(&span)) {
            spans::enter((self.number, id.into_u64()), &recorded);
        }
    }

    fn on_exit(&self, id: &Id, _ctx: Context<'_, S>) {
        if self.only_events {
            return;
        }
        spans::exit((self.number, id.into_u64()));
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(&id).filter(|_| !self.only_events) else { return };
        if let Some(recorded) = self.of(&span) {
            drop(span.extensions_mut().remove::<Arc<Recorded>>());
            recorded.end();
        }
    }
}

impl fmt::Debug for SentryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryLayer").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Returns the default: errors become events and logs, warnings and information become breadcrumbs and logs, and all
/// other events are ignored.
#[must_use]
pub fn default_event_filter(metadata: &Metadata<'_>) -> EventFilter {
    match *metadata.level() {
        Level::ERROR => EventFilter::Event | EventFilter::Log,
        Level::WARN | Level::INFO => EventFilter::Breadcrumb | EventFilter::Log,
        Level::DEBUG | Level::TRACE => EventFilter::Ignore,
    }
}

/// Returns the default: spans of the levels `error`, `warn` and `info` are recorded.
#[must_use]
pub fn default_span_filter(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO
}

/// Calls a filter of the user's.
fn contained<R: Default>(name: &str, filter: impl FnOnce() -> R) -> R {
    callback::run(callback::depth(), filter).unwrap_or_else(|_| {
        diagnostics::error(format_args!("the {name} of the tracing layer panicked; the item is ignored"));
        R::default()
    })
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}
