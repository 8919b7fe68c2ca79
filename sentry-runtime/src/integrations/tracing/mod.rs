//! The crate `tracing`: a layer that makes spans of its spans, and breadcrumbs, events and structured logs of its
//! events. Needs the feature `tracing`.
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
//! Spans of both kinds nest in each other: a span of `tracing` inside of a function with
//! [`#[span]`](macro@crate::span) is its child, and such a function inside of an entered span of `tracing` is the
//! child of that. A span of `tracing` outside of any trace becomes a transaction. By its spans, a task that is
//! spawned with `.instrument(span)` also takes the scopes along to whatever thread polls it.
//!
//! # Spans
//! Spans of level `info` and above become spans, see [`SentryLayer::span_filter`]. Fields become attributes, also
//! those that are recorded later. Some say more:
//!
//! | field | what |
//! |---|---|
//! | `sentry.op` | the operation; else `db`, `http.server`, `http.client`, `rpc` or `message` where the fields of OpenTelemetry's conventions say so, else `function` |
//! | `sentry.name`, `otel.name` | the name, instead of the one of the span |
//! | `sentry.trace` | the value of a header `sentry-trace`, which a span outside of any trace continues |
//! | `tags.<name>` | a tag |
//! | `otel.status_code` | `OK` or `ERROR`: the status |
//! | `http.response.status_code` | the status, where nothing else says it |
//! | an error value | the status `internal_error`, which is also set by an event of level `error` that has a field `error`, as those of `#[instrument(err)]` have |
//!
//! A span that closes while its thread panics has the status `internal_error`, too. Whether a future was done or
//! dropped is not known here. `follows_from` becomes a link.
//!
//! # Events
//! What becomes of an event is decided by [`SentryLayer::event_filter`]. By default an `error` becomes an event and
//! a log, `warn` and `info` become a breadcrumb and a log. Logs are sent when the option `enable_logs` is on. An
//! event with an error value, `error = &err as &dyn std::error::Error`, captures that error with its causes, once,
//! also when an annotated function returns it later. Fields become data of breadcrumbs, attributes of logs, and the
//! context `Rust Tracing Fields` of events; fields named `tags.<name>` become tags of events.
//!
//! What is traced on the toolkit's own threads is left alone.

// This file hears what `tracing` says, `spans` holds a span and puts it in place, `fields` reads fields.

mod fields;
mod spans;

pub use super::log_bridge::Filter as EventFilter;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Level, Metadata, Subscriber};
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

/// A layer with the default filters, see the [module](self).
#[must_use]
pub fn layer() -> SentryLayer {
    SentryLayer::default()
}

/// The layer, see the [module](self).
pub struct SentryLayer {
    /// By which it knows its own spans.
    number: usize,
    events: EventChoice,
    spans: SpanChoice,
}

impl Default for SentryLayer {
    fn default() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            events: Box::new(default_event_filter),
            spans: Box::new(default_span_filter),
        }
    }
}

impl SentryLayer {
    /// Decides what becomes of an event, instead of [`default_event_filter`]. A filter that panics ignores the event.
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

    /// Decides which spans are recorded, instead of [`default_span_filter`]. A filter that panics records none.
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

    /// What a span of ours, or the nearest one around it that was recorded, left behind.
    fn nearest<'a, S: LookupSpan<'a>>(&self, span: SpanRef<'a, S>) -> Option<Arc<Recorded>> {
        span.scope().find_map(|span| self.of(&span))
    }

    fn of<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>) -> Option<Arc<Recorded>> {
        // Cloned, so that nothing is done under the lock.
        let recorded = span.extensions().get::<Arc<Recorded>>().cloned();
        recorded.filter(|recorded| recorded.layer == self.number)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SentryLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(_gate) = Gate::pass() else { return };
        let metadata = attributes.metadata();
        if !contained("span_filter", || (self.spans)(metadata)) {
            return;
        }
        let Some(span) = ctx.span(id) else { return };
        let parent = match attributes.parent().map(|parent| ctx.span(parent)) {
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
        // Another layer of ours was first.
        if extensions.get_mut::<Arc<Recorded>>().is_none() {
            extensions.insert(Arc::new(recorded));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(_gate) = Gate::pass() else { return };
        if let Some(recorded) = ctx.span(id).and_then(|span| self.of(&span)) {
            let mut fields = SpanFields::default();
            values.record(&mut fields);
            recorded.say(fields);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
        let recorded = |id| ctx.span(id).and_then(|span| self.of(&span));
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
        if is_error
            && fields.has_error
            && let Some(recorded) = ctx.event_span(event).and_then(|span| self.nearest(span))
        {
            recorded.fail();
        }
        if filter.is_ignore() {
            return;
        }
        let given = event.parent().and_then(|parent| ctx.span(parent)).and_then(|span| self.nearest(span));
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
            said: fields.said,
        }
        .tell(filter);
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        if let Some(recorded) = ctx.span(id).and_then(|span| self.of(&span)) {
            spans::enter((self.number, id.into_u64()), &recorded);
        }
    }

    fn on_exit(&self, id: &Id, _ctx: Context<'_, S>) {
        spans::exit((self.number, id.into_u64()));
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(&id) else { return };
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

/// Errors become events and logs, warnings and information breadcrumbs and logs; the rest is ignored.
#[must_use]
pub fn default_event_filter(metadata: &Metadata<'_>) -> EventFilter {
    match *metadata.level() {
        Level::ERROR => EventFilter::Event | EventFilter::Log,
        Level::WARN | Level::INFO => EventFilter::Breadcrumb | EventFilter::Log,
        Level::DEBUG | Level::TRACE => EventFilter::Ignore,
    }
}

/// Spans of the levels `error`, `warn` and `info` are recorded.
#[must_use]
pub fn default_span_filter(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO
}

/// Asks a filter of the user's.
fn contained<R: Default>(name: &str, filter: impl FnOnce() -> R) -> R {
    callback::run(callback::depth(), filter).unwrap_or_else(|_| {
        diagnostics::error(format_args!("the {name} of the tracing layer panicked; it is taken to ignore"));
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
