//! Spans, and the trace from service to service.

use std::sync::Arc;

use super::get_client;
use crate::client;
use crate::scope::active::{self, Entered};
use crate::scope::context::Context;
use crate::trace::future::Bound;
use crate::trace::headers::{HeaderSource, format_baggage};
use crate::trace::instrumented::{Instrumented, instrument};
use crate::trace::options::SpanOptions;
use crate::trace::place::TracePlace;
use crate::trace::propagation::Propagation;
use crate::trace::record::Outcome;
use crate::trace::span::Span;

/// Runs a closure in a span that is active meanwhile, and gives it the span.
///
/// ```
/// let total = sentry::start_span("sum up", |span| {
///     span.set_attribute("items", 3);
///     1 + 2 + 3
/// });
/// # assert_eq!(total, 6);
/// ```
pub fn start_span<R>(options: impl Into<SpanOptions>, run: impl FnOnce(&Span) -> R) -> R {
    let span = Span::start(options.into());
    let entered = enter_span(&span);
    let result = run(&span);
    drop(entered);
    span.end();
    result
}

/// Runs a future in a span that is active while the future is polled. A future that is dropped before it is ready
/// ends its span with the status `cancelled`.
pub async fn start_span_async<F: Future>(
    options: impl Into<SpanOptions>,
    run: impl FnOnce(Span) -> F,
) -> F::Output {
    struct Cancelled(Option<Span>);
    impl Drop for Cancelled {
        fn drop(&mut self) {
            if let Some(span) = self.0.take() {
                span.end_as(if std::thread::panicking() { Outcome::Failed } else { Outcome::Cancelled });
            }
        }
    }
    let span = Span::start(options.into());
    let mut open = Cancelled(Some(span.clone()));
    let result = instrument(Bound::in_span(span.clone()), run(span.clone())).await;
    open.0 = None;
    span.end();
    result
}

/// Starts a span that is not made active. It ends with [`Span::end`], or when its last handle is dropped.
pub fn start_inactive_span(options: impl Into<SpanOptions>) -> Span {
    Span::start(options.into())
}

/// Runs a closure in a span that is active meanwhile, and that the closure ends.
pub fn start_span_manual<R>(options: impl Into<SpanOptions>, run: impl FnOnce(Span) -> R) -> R {
    let span = Span::start(options.into());
    let _entered = enter_span(&span);
    run(span)
}

fn enter_span(span: &Span) -> Option<Entered> {
    span.place().map(|(context, id)| active::enter(context, id))
}

/// The active span.
#[must_use]
pub fn get_active_span() -> Option<Span> {
    Span::active()
}

/// Runs a closure with the given span active, or with none.
pub fn with_active_span<'a, R>(span: impl Into<Option<&'a Span>>, run: impl FnOnce() -> R) -> R {
    let _entered = match span.into() {
        Some(span) => enter_span(span),
        None if client::level() == client::Level::Off => None,
        None => Some(active::enter(Arc::new(active::context().with_segment(None)), 0)),
    };
    run()
}

/// Runs a closure that continues the trace which headers carry: `sentry-trace` and `baggage`, or `traceparent`.
/// Without such headers it starts a trace.
///
/// ```
/// let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
/// sentry::continue_trace(&headers, || {
///     sentry::start_span("my request", |_| ());
/// });
/// ```
pub fn continue_trace<R>(headers: &(impl HeaderSource + ?Sized), run: impl FnOnce() -> R) -> R {
    if client::level() == client::Level::Off {
        return run();
    }
    let _entered = active::enter(Arc::new(continued(headers)), 0);
    run()
}

/// The same for a future.
pub fn continue_trace_async<F: Future>(
    headers: &(impl HeaderSource + ?Sized),
    future: F,
) -> Instrumented<Bound, F> {
    let bound = if client::level() == client::Level::Off {
        Bound::new(active::own_context(), 0)
    } else {
        Bound::new(Some(Arc::new(continued(headers))), 0)
    };
    instrument(bound, future)
}

fn continued(headers: &(impl HeaderSource + ?Sized)) -> Context {
    let context = active::context();
    let client = context.client();
    let propagation = Propagation::from_headers(&headers, client.as_ref().map(|client| client.options()));
    context.in_new_trace(propagation.unwrap_or_else(Propagation::new))
}

/// Runs a closure in a new trace.
pub fn start_new_trace<R>(run: impl FnOnce() -> R) -> R {
    if client::level() == client::Level::Off {
        return run();
    }
    let _entered = active::enter(Arc::new(active::context().in_new_trace(Propagation::new())), 0);
    run()
}

/// Runs a closure in which no spans are recorded.
pub fn suppress_tracing<R>(run: impl FnOnce() -> R) -> R {
    if client::level() == client::Level::Off {
        return run();
    }
    let _entered = active::enter(Arc::new(active::context().suppressing()), active::position().1);
    run()
}

/// The headers that link an outgoing request to the active trace, see [`get_trace_data`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceData {
    /// The value of the header `sentry-trace`.
    pub sentry_trace: String,
    /// The value of the header `baggage`: the dynamic sampling context. Empty in a trace that came without one.
    pub baggage: String,
    /// The value of W3C's header `traceparent`.
    pub traceparent: String,
}

impl TraceData {
    /// Names and values of `sentry-trace` and `baggage`, for a loop over a request's headers.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("sentry-trace", &*self.sentry_trace), ("baggage", &*self.baggage)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
    }
}

/// What to send along with an outgoing request, so that the service which answers it continues the trace. Works
/// with and without an active span. `None` without a client.
///
/// ```
/// if let Some(trace) = sentry::get_trace_data() {
///     for (name, value) in trace.iter() {
///         // request.header(name, value)
///         # let _ = (name, value);
///     }
/// }
/// ```
#[must_use]
pub fn get_trace_data() -> Option<TraceData> {
    let client = get_client().filter(|client| client.is_enabled())?;
    let suppressed = active::with(|context| context.is_suppressed());
    let place = TracePlace::current();
    let sampled = !suppressed && place.sampled() == Some(true);
    Some(TraceData {
        sentry_trace: place.sentry_trace(suppressed),
        baggage: format_baggage(&place.dsc(&client)),
        traceparent: format!("00-{}-{}-0{}", place.trace_id(), place.span_id, u8::from(sampled)),
    })
}

/// `<meta>` tags for the head of an HTML page, by which the browser's SDK continues the active trace. Values are
/// escaped. Empty without a client.
#[must_use]
pub fn get_trace_meta_tags() -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    get_trace_data().map_or_else(String::new, |trace| {
        let tag = |(name, value)| format!("<meta name=\"{name}\" content=\"{}\">", escape(value));
        trace.iter().map(tag).collect::<Vec<_>>().join("\n")
    })
}
