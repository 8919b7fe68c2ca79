//! The functions that programs call: one line each into the rooms below.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::callback;
use crate::capture::{self, Capture, last};
use crate::client::{self, Client, ClientInitGuard};
use crate::diagnostics;
use crate::errors;
use crate::errors::chain;
use crate::monitor::{self, Monitor};
use crate::options::{ClientOptions, OptionsError};
use crate::protocol::{
    Attachment, Breadcrumb, Context, Event, Level, MonitorCheckIn, MonitorConfig, User, Uuid, Value,
};
use crate::scope::active::{self, Entered};
use crate::scope::{self, Scope};
use crate::trace::future::Bound;
use crate::trace::headers::{HeaderSource, format_baggage};
use crate::trace::instrumented::{Instrumented, hold, instrument};
use crate::trace::options::SpanOptions;
use crate::trace::place::TracePlace;
use crate::trace::propagation::Propagation;
use crate::trace::record::Outcome;
use crate::trace::span::Span;

// ---- the client

/// Starts the toolkit. Takes a DSN, [`ClientOptions`], both as a pair, or `()`; what they leave out comes from the
/// environment. Options that cannot be used are told on stderr, and nothing is captured; [`try_init`] returns them.
///
/// Hold the guard to the end of `main`: when it is dropped, what is not yet sent is sent.
///
/// ```
/// let _guard = sentry::init((
///     "https://public@o1.ingest.sentry.io/1",
///     sentry::ClientOptions::new().traces_sample_rate(0.2).release("shop@1.4.2"),
/// ));
/// # drop(_guard);
/// ```
pub fn init(options: impl Into<ClientOptions>) -> ClientInitGuard {
    client::init(options)
}

/// Starts the toolkit, or says which option cannot be used and why.
///
/// # Errors
/// A malformed DSN, a value out of its range, a proxy that cannot be used.
///
/// ```
/// let error = sentry::try_init(sentry::ClientOptions::new().traces_sample_rate(20.0)).unwrap_err();
/// assert!(error.to_string().starts_with("traces_sample_rate is `20`"));
/// ```
pub fn try_init(options: impl Into<ClientOptions>) -> Result<ClientInitGuard, OptionsError> {
    client::try_init(options)
}

/// The client of this piece of work: its own, or the one of the process.
#[must_use]
pub fn get_client() -> Option<Arc<Client>> {
    active::with(|context| context.client())
}

/// Makes a client the one of the process, or removes it.
pub fn set_current_client(client: Option<Arc<Client>>) {
    drop(client::set_global(client));
}

/// Whether there is a client that captures anything.
#[must_use]
pub fn is_enabled() -> bool {
    get_client().is_some_and(|client| client.is_enabled())
}

/// Whether [`init`] was called and its guard still lives.
#[must_use]
pub fn is_initialized() -> bool {
    get_client().is_some()
}

/// Waits until everything captured so far was delivered or lost, at most `timeout` (by default the option
/// `shutdown_timeout`). Answers whether it was. Call it before `std::process::exit`, which runs no destructors.
pub fn flush(timeout: impl Into<Option<Duration>>) -> bool {
    get_client().is_none_or(|client| client.flush(or_default(&client, timeout)))
}

/// Flushes, then switches the client off for good.
pub fn close(timeout: impl Into<Option<Duration>>) -> bool {
    get_client().is_none_or(|client| client.close(or_default(&client, timeout)))
}

fn or_default(client: &Client, timeout: impl Into<Option<Duration>>) -> Duration {
    timeout.into().unwrap_or(client.options().shutdown_timeout)
}

/// The id of the last event that this thread captured. The event may have been dropped since.
#[must_use]
pub fn last_event_id() -> Option<Uuid> {
    last::get()
}

// ---- capturing

/// Captures an error with its chain of sources and the stack. Answers with the event's id, which is nil without
/// a client. An error that an annotated function captured on its way here is not captured again.
///
/// ```
/// let result = "seven".parse::<u8>();
/// if let Err(error) = result {
///     sentry::capture_error(&error);
/// }
/// ```
pub fn capture_error<E: Error + ?Sized>(error: &E) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    errors::capture_explicitly(chain::read(error), None).unwrap_or_default()
}

/// Captures an error with tags, a level or the like for this event alone.
///
/// ```
/// let error = std::io::Error::other("disk full");
/// sentry::capture_error_with(&error, |scope| scope.set_tag("disk", "sda"));
/// ```
pub fn capture_error_with<E: Error + ?Sized>(error: &E, configure: impl FnOnce(&mut Scope)) -> Uuid {
    with_scope(configure, || capture_error(error))
}

/// Captures a message.
///
/// ```
/// sentry::capture_message("the cache was rebuilt", sentry::Level::Info);
/// ```
pub fn capture_message(message: &str, level: Level) -> Uuid {
    submit(|| Capture::message(message.to_owned(), level))
}

/// Captures a message with tags or the like for this event alone.
pub fn capture_message_with(message: &str, level: Level, configure: impl FnOnce(&mut Scope)) -> Uuid {
    let mut over = Scope::default();
    configure(&mut over);
    submit(|| Capture::message(message.to_owned(), level).with_scope(over))
}

/// Captures an event that the program made itself.
pub fn capture_event(event: Event<'static>) -> Uuid {
    submit(|| Capture::event(event))
}

fn submit(draft: impl FnOnce() -> capture::Draft) -> Uuid {
    if !is_enabled() {
        return Uuid::nil();
    }
    capture::submit(draft()).unwrap_or_default()
}

// ---- scopes

fn update_isolation(change: impl FnOnce(&mut Scope)) {
    if client::level() != client::Level::Off {
        let isolation = active::with(|context| Arc::clone(&context.isolation));
        isolation.update(change);
    }
}

/// Sets a tag of everything captured in this request or job from now on, see [`Scope::set_tag`].
pub fn set_tag<V: ToString>(key: &str, value: V) {
    let value = value.to_string();
    update_isolation(|scope| scope.set_tag(key, value));
}

/// Sets several tags.
pub fn set_tags<K: AsRef<str>, V: ToString>(tags: impl IntoIterator<Item = (K, V)>) {
    for (key, value) in tags {
        set_tag(key.as_ref(), value);
    }
}

/// Sets a context, see [`Scope::set_context`].
pub fn set_context(name: &str, context: impl Into<Context>) {
    let context = context.into();
    update_isolation(|scope| scope.set_context(name, context));
}

/// Removes a context.
pub fn remove_context(name: &str) {
    update_isolation(|scope| scope.remove_context(name));
}

/// Sets additional data.
pub fn set_extra(key: &str, value: impl Into<Value>) {
    let value = value.into();
    update_isolation(|scope| scope.set_extra(key, value));
}

/// Sets several additional data.
pub fn set_extras<K: AsRef<str>, V: Into<Value>>(extras: impl IntoIterator<Item = (K, V)>) {
    for (key, value) in extras {
        set_extra(key.as_ref(), value);
    }
}

/// Sets the user, or none. What you set is sent as you set it.
pub fn set_user(user: Option<User>) {
    update_isolation(|scope| scope.set_user(user));
}

/// Sets the level of events instead of their own.
pub fn set_level(level: impl Into<Option<Level>>) {
    let level = level.into();
    update_isolation(|scope| scope.set_level(level));
}

/// Sets by what events are grouped.
pub fn set_fingerprint(fingerprint: Option<&[&str]>) {
    update_isolation(|scope| scope.set_fingerprint(fingerprint));
}

/// Names the transaction, of the active trace and of events.
pub fn set_transaction_name(name: &str) {
    if let Some(segment) = active::with(|context| context.segment().cloned()) {
        segment.rename(name.to_owned(), "custom");
    }
    update_isolation(|scope| scope.set_transaction(Some(name)));
}

/// Sends a file along with every event.
pub fn add_attachment(attachment: Attachment) {
    update_isolation(|scope| scope.add_attachment(attachment));
}

/// Lets a function look at every event of this request or job before it is sent.
pub fn add_event_processor<F>(processor: F)
where
    F: Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
{
    update_isolation(|scope| scope.add_event_processor(processor));
}

/// Adds a breadcrumb: something that happened before, and may explain what is captured later.
///
/// ```
/// sentry::add_breadcrumb(sentry::Breadcrumb {
///     category: Some("cart".into()),
///     message: Some("three items added".into()),
///     ..Default::default()
/// });
/// ```
pub fn add_breadcrumb(breadcrumb: impl IntoBreadcrumb) {
    let Some(client) = get_client().filter(|client| client.is_enabled()) else { return };
    if callback::is_too_deep() {
        return;
    }
    let Some(breadcrumb) = breadcrumb.into_breadcrumb() else { return };
    let breadcrumb = match &client.options().before_breadcrumb {
        None => Some(breadcrumb),
        Some(callback) => callback::run(callback::depth(), || callback(breadcrumb)).unwrap_or_else(|_| {
            diagnostics::error(format_args!("before_breadcrumb panicked; the breadcrumb is dropped"));
            None
        }),
    };
    if let Some(breadcrumb) = breadcrumb {
        let max = client.options().max_breadcrumbs;
        update_isolation(|scope| scope.add_breadcrumb(breadcrumb, max));
    }
}

/// What [`add_breadcrumb`] takes: a breadcrumb, perhaps one, or a closure that makes it when there is a client.
pub trait IntoBreadcrumb {
    /// The breadcrumb.
    fn into_breadcrumb(self) -> Option<Breadcrumb>;
}

impl IntoBreadcrumb for Breadcrumb {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        Some(self)
    }
}

impl IntoBreadcrumb for Option<Breadcrumb> {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        self
    }
}

impl<F: FnOnce() -> B, B: IntoBreadcrumb> IntoBreadcrumb for F {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        self().into_breadcrumb()
    }
}

/// Changes the isolation scope: what it says belongs to everything captured in this request or job.
pub fn configure_scope<R>(configure: impl FnOnce(&mut Scope) -> R) -> R {
    let isolation = active::with(|context| Arc::clone(&context.isolation));
    isolation.configure(configure)
}

/// Runs a closure with a current scope of its own, which `configure` prepares.
///
/// ```
/// sentry::with_scope(
///     |scope| scope.set_tag("step", "payment"),
///     || sentry::capture_message("card declined", sentry::Level::Warning),
/// );
/// ```
pub fn with_scope<C, F, R>(configure: C, run: F) -> R
where
    C: FnOnce(&mut Scope),
    F: FnOnce() -> R,
{
    if client::level() == client::Level::Off {
        return run();
    }
    let context = active::context().with_own_scope();
    context.current.configure(configure);
    let _entered = active::enter(Arc::new(context), active::position().1);
    run()
}

/// Runs a closure with an isolation scope of its own, as every web handler and monitored job has it.
pub fn with_isolation_scope<R>(run: impl FnOnce() -> R) -> R {
    if client::level() == client::Level::Off {
        return run();
    }
    let context = active::context().isolated();
    let _entered = active::enter(Arc::new(context), active::position().1);
    run()
}

// ---- tracing

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

fn continued(headers: &(impl HeaderSource + ?Sized)) -> scope::context::Context {
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

// ---- cron monitors

/// Sends a check-in by hand, with the configuration of its monitor if that is to be created or updated. Answers
/// with its id, by which a later check-in updates it; nil without a client.
///
/// ```
/// use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut check_in = MonitorCheckIn::new("nightly-report", MonitorCheckInStatus::InProgress)?;
/// let id = sentry::capture_check_in(check_in.clone(), None);
/// check_in.status = MonitorCheckInStatus::Ok;
/// check_in.duration = Some(12.5);
/// assert_eq!(sentry::capture_check_in(check_in, None), id);
/// # Ok(())
/// # }
/// ```
pub fn capture_check_in(mut check_in: MonitorCheckIn, config: Option<MonitorConfig>) -> Uuid {
    if config.is_some() {
        check_in.monitor_config = config;
    }
    monitor::submit(get_client(), check_in, TracePlace::current()).unwrap_or_default()
}

/// Runs a closure as a monitored job: a check-in when it starts, one when it ends. A panic ends it as failed. For
/// jobs that return a `Result`, `#[sentry::monitor]` tells an `Err` apart.
///
/// A slug that Sentry would refuse is told in the debug output, and the job runs without check-ins.
pub fn with_monitor<R>(slug: &str, config: Option<MonitorConfig>, run: impl FnOnce() -> R) -> R {
    if let Err(error) = sentry_rules::slug::check(slug) {
        diagnostics::error(format_args!("{error}. The job runs unmonitored."));
        return run();
    }
    let held = hold(Monitor::named(slug.to_owned(), config, false));
    let result = run();
    drop(held);
    result
}
