//! The functions that start, activate and find spans.

use std::sync::Arc;

use crate::capture::event::number_of;
use crate::client;
use crate::context::active;
use crate::context::entered;
use crate::context::entered::Entered;
use crate::instrument::future::Bound;
use crate::instrument::instrumented::{Instrumented, instrument};
use crate::instrument::options::SpanOptions;
use crate::instrument::span::Span;
use crate::intake::flight::FlightRecord;
use crate::intake::flush;
use crate::trace::ids::Lineage;
use crate::trace::record::SpanOutcome;

/// Starts a span, makes it active while the closure runs, and ends it when the closure returns. The closure receives
/// the span.
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

/// Returns the spans that ended last in the current trace, or on this thread if no span is active, whether or not they
/// are sent. `None` without the option [`flight_recorder`](field@crate::ClientOptions::flight_recorder), and inside
/// callbacks. Waits for the pipeline thread, at most for a second.
///
/// ```
/// use std::time::Duration;
///
/// let options = sentry::ClientOptions::new()
/// #   .transport(sentry::TestTransport::new())
///     .flight_recorder(Duration::from_secs(30));
/// let _guard = sentry::init(options);
/// sentry::start_span("load", |_| {});
/// let record = sentry::flight_record().expect("the option is set");
/// assert_eq!(record.spans[0].name, "load");
/// ```
pub fn flight_record() -> Option<FlightRecord> {
    flush::flight_record(number_of(std::thread::current().id()))
}

/// Starts a span, makes it active while the future is polled, and ends it when the future is ready. A future that is
/// dropped before it is ready ends its span with the status `cancelled`.
///
/// ```
/// async fn load(id: u32) -> u32 {
///     sentry::start_span_async("load order", |span| async move {
///         span.set_attribute("order.id", id);
///         id + 1
///     })
///     .await
/// }
/// # drop(load(1));
/// ```
pub async fn start_span_async<F: Future>(
    options: impl Into<SpanOptions>,
    run: impl FnOnce(Span) -> F,
) -> F::Output {
    struct Cancelled(Option<Span>);
    impl Drop for Cancelled {
        fn drop(&mut self) {
            if let Some(span) = self.0.take() {
                span.end_as(if std::thread::panicking() {
                    SpanOutcome::Failed
                } else {
                    SpanOutcome::Cancelled
                });
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

/// Starts a span without making it active. The span ends with [`Span::end`], or when its last handle is dropped.
///
/// ```
/// let upload = sentry::start_inactive_span("upload");
/// std::thread::spawn(move || {
///     sentry::with_active_span(&upload, || { /* … */ });
///     upload.end();
/// });
/// ```
pub fn start_inactive_span(options: impl Into<SpanOptions>) -> Span {
    Span::start(options.into())
}

/// Starts a span and makes it active while the closure runs, like [`start_span`], but does not end it: the closure, or
/// the code to which it passes the span, must call [`Span::end`].
///
/// ```
/// let connection = sentry::start_span_manual("connect", |span| {
///     /* … */
///     span.set_attribute("attempts", 2);
///     span.end();
///     "connected"
/// });
/// # assert_eq!(connection, "connected");
/// ```
pub fn start_span_manual<R>(options: impl Into<SpanOptions>, run: impl FnOnce(Span) -> R) -> R {
    let span = Span::start(options.into());
    let _entered = enter_span(&span);
    run(span)
}

/// Starts a span and makes it active while the future is polled, like [`start_span_async`], but does not end it: the
/// future must call [`Span::end`]. Otherwise the span ends when its last handle is dropped, at the earliest with the
/// future.
///
/// ```
/// async fn connect() {
///     sentry::start_span_manual_async("connect", |span| async move {
///         /* … */
///         span.end();
///     })
///     .await;
/// }
/// # drop(connect());
/// ```
pub async fn start_span_manual_async<F: Future>(
    options: impl Into<SpanOptions>,
    run: impl FnOnce(Span) -> F,
) -> F::Output {
    let span = Span::start(options.into());
    instrument(Bound::in_span(span.clone()), run(span)).await
}

/// Starts the root span of a transaction, whether or not a span is active, in the trace that is being continued or a
/// new one. Like [`start_inactive_span`], it does not make the span active: [`with_active_span`] and
/// [`set_active_span`] do.
///
/// The sampler receives the values of [`SpanOptions::sampling_value`]; [`SpanOptions::sampled`] decides without the
/// sampler.
///
/// ```
/// use sentry::SpanOptions;
///
/// let import = SpanOptions::new("import").op("task").sampling_value("rows", 12_000);
/// let transaction = sentry::start_transaction(import);
/// sentry::with_active_span(&transaction, || { /* … */ });
/// transaction.end();
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/transactions/).
pub fn start_transaction(options: impl Into<SpanOptions>) -> Span {
    Span::start(options.into().rooted())
}

fn enter_span(span: &Span) -> Option<Entered> {
    span.position().map(|(context, active)| entered::enter(context, active))
}

/// Returns the active span.
///
/// ```
/// if let Some(span) = sentry::get_active_span() {
///     span.set_attribute("cache.hit", true);
/// }
/// ```
#[must_use]
pub fn get_active_span() -> Option<Span> {
    Span::active()
}

/// Returns the root span of the transaction that a span belongs to; for a root span, the span itself.
///
/// ```
/// if let Some(span) = sentry::get_active_span() {
///     sentry::get_root_span(&span).update_name("GET /orders/{id}");
/// }
/// ```
#[must_use]
pub fn get_root_span(span: &Span) -> Span {
    span.root()
}

/// Makes a span active until it ends, for work that begins in one function and ends in another. The span must come from
/// [`start_inactive_span`] or [`start_transaction`]. When it ends, the span that was active before is active again.
///
/// ```
/// let checkout = sentry::start_inactive_span("checkout");
/// sentry::set_active_span(&checkout);
/// sentry::start_span("pay", |_| { /* a child of `checkout` */ });
/// checkout.end();
/// ```
///
/// The span is active on this thread, in the function or scope around the call. Enclosing code that activates something
/// itself, such as [`with_scope`](crate::with_scope), an annotated function or an adapted future, deactivates the span
/// at its end; an annotated `async` function does so at its next `.await`. Inside another transaction the call has no
/// effect except a debug message, because the spans that are open there could no longer be ended. If the work is one
/// closure or one future, [`with_active_span`] and [`in_span`](crate::SentryFutureExt::in_span) are simpler.
pub fn set_active_span(span: &Span) {
    span.show();
}

/// Runs a closure with the given span active, or with no active span.
///
/// ```
/// let span = sentry::start_inactive_span("import");
/// sentry::with_active_span(&span, || sentry::start_span("parse", |_| { /* a child of `import` */ }));
/// sentry::with_active_span(None, || sentry::start_span("another", |_| { /* a root */ }));
/// ```
pub fn with_active_span<'a, R>(span: impl Into<Option<&'a Span>>, run: impl FnOnce() -> R) -> R {
    let _entered = match span.into() {
        Some(span) => enter_span(span),
        None if client::capture_mode() == client::CaptureMode::Off => None,
        None => Some(entered::enter(Arc::new(active::context().with_segment(None)), Lineage::NONE)),
    };
    run()
}

/// Runs a future with the given span active at every poll, or with no active span.
///
/// ```
/// let span = sentry::start_inactive_span("import");
/// let work = sentry::with_active_span_async(&span, async { /* … */ });
/// # drop(work);
/// ```
pub fn with_active_span_async<'a, F: Future>(
    span: impl Into<Option<&'a Span>>,
    future: F,
) -> Instrumented<Bound, F> {
    let bound = match span.into() {
        Some(span) => Bound::in_span(span.clone()),
        None => Bound::new(Some(Arc::new(active::context().with_segment(None))), Lineage::NONE),
    };
    instrument(bound, future)
}

/// Runs a closure in which no spans are recorded. Trace headers of its outgoing requests mark the trace as not sampled.
///
/// ```
/// let healthy = sentry::suppress_tracing(|| sentry::start_span("not recorded", |_| true));
/// # assert!(healthy);
/// ```
pub fn suppress_tracing<R>(run: impl FnOnce() -> R) -> R {
    if client::capture_mode() == client::CaptureMode::Off {
        return run();
    }
    let _entered = entered::enter(Arc::new(active::context().suppressing()), active::lineage());
    run()
}

/// Runs a future in which no spans are recorded; see [`suppress_tracing`].
///
/// ```
/// let health = sentry::suppress_tracing_async(async { /* … */ });
/// # drop(health);
/// ```
pub fn suppress_tracing_async<F: Future>(future: F) -> Instrumented<Bound, F> {
    instrument(Bound::new(Some(Arc::new(active::context().suppressing())), active::lineage()), future)
}
