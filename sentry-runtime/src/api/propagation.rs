//! Trace propagation: the functions that continue an incoming trace and return headers for outgoing requests.

use std::sync::Arc;

use super::get_client;
use crate::base::callback;
use crate::client::{self, Client};
use crate::context::active;
use crate::context::entered;
use crate::context::thread_context::Context;
use crate::instrument::future::Bound;
use crate::instrument::instrumented::{Instrumented, instrument};
use crate::instrument::outgoing::{self, HeaderSink, TraceData};
use crate::trace::headers::HeaderSource;
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;

/// Runs a closure that continues the trace in these headers: `sentry-trace` and `baggage`, or `traceparent`. Without
/// such headers, it starts a new trace.
///
/// ```
/// let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
/// sentry::continue_trace(&headers, || {
///     sentry::start_span("my request", |_| ());
/// });
/// ```
pub fn continue_trace<R>(headers: &(impl HeaderSource + ?Sized), run: impl FnOnce() -> R) -> R {
    if client::capture_mode() == client::CaptureMode::Off {
        return run();
    }
    let _entered = entered::enter(Arc::new(continued(headers)), Lineage::NONE);
    run()
}

/// Runs a future that continues the trace in these headers; see [`continue_trace`].
///
/// ```
/// let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
/// let handled = sentry::continue_trace_async(&headers, async { /* … */ });
/// # drop(handled);
/// ```
pub fn continue_trace_async<F: Future>(
    headers: &(impl HeaderSource + ?Sized),
    future: F,
) -> Instrumented<Bound, F> {
    let bound = if client::capture_mode() == client::CaptureMode::Off {
        Bound::new(active::own_context(), Lineage::NONE)
    } else {
        Bound::new(Some(Arc::new(continued(headers))), Lineage::NONE)
    };
    instrument(bound, future)
}

fn continued(headers: &(impl HeaderSource + ?Sized)) -> Context {
    let context = active::context();
    let client = context.client();
    let options = client.as_ref().map(|client| client.options());
    let propagation = callback::show(|| Propagation::from_headers(&headers, options)).flatten();
    context.in_new_trace(propagation.unwrap_or_else(Propagation::new))
}

/// Runs a closure in a new trace, to which its spans, events and outgoing requests belong.
///
/// ```
/// for job in ["first", "second"] {
///     sentry::start_new_trace(|| sentry::start_span(job, |_| { /* … */ }));
/// }
/// ```
pub fn start_new_trace<R>(run: impl FnOnce() -> R) -> R {
    if client::capture_mode() == client::CaptureMode::Off {
        return run();
    }
    let _entered =
        entered::enter(Arc::new(active::context().in_new_trace(Propagation::new())), Lineage::NONE);
    run()
}

/// Runs a future in a new trace; see [`start_new_trace`].
///
/// ```
/// let job = sentry::start_new_trace_async(async { /* … */ });
/// # drop(job);
/// ```
pub fn start_new_trace_async<F: Future>(future: F) -> Instrumented<Bound, F> {
    let context = active::context().in_new_trace(Propagation::new());
    instrument(Bound::new(Some(Arc::new(context)), Lineage::NONE), future)
}

fn enabled_client() -> Option<Arc<Client>> {
    get_client().filter(|client| client.is_enabled())
}

/// Returns the headers for an outgoing request, so that the receiving service continues the trace. Works with and
/// without an active span, and with and without recorded traces. `None` without a client.
///
/// ```
/// if let Some(trace) = sentry::get_trace_data() {
///     for (name, value) in trace.iter() {
///         // request.header(name, value)
///         # let _ = (name, value);
///     }
/// }
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/).
#[must_use]
pub fn get_trace_data() -> Option<TraceData> {
    enabled_client().map(|client| TraceData::current(&client))
}

/// Returns the headers for an outgoing request to this URL, like [`get_trace_data`]. `None` without a client, and if
/// the URL does not match the option `trace_propagation_targets`.
///
/// ```
/// if let Some(trace) = sentry::get_trace_data_for("https://payments.example/charge") {
///     // request.header("sentry-trace", trace.sentry_trace)
///     # let _ = trace;
/// }
/// ```
#[must_use]
pub fn get_trace_data_for(url: &str) -> Option<TraceData> {
    let client = enabled_client()?;
    client.should_propagate(url).then(|| TraceData::current(&client))
}

/// Adds the headers that link a request to the active trace. Returns whether the request was changed: `false` without a
/// client, if the request has a `sentry-trace` header, and if the URL does not match the option
/// `trace_propagation_targets`. Keeps the baggage of other vendors.
///
/// ```
/// let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
/// sentry::propagate("https://payments.example/charge", &mut headers);
/// ```
pub fn propagate(url: &str, headers: &mut (impl HeaderSink + ?Sized)) -> bool {
    enabled_client().is_some_and(|client| outgoing::propagate(&client, url, headers))
}

/// Returns the value of the `sentry-trace` header for an outgoing request. The function has the name of the Python
/// SDK's; W3C's header `traceparent` is [`TraceData::traceparent`]. `None` without a client.
#[must_use]
pub fn get_traceparent() -> Option<String> {
    get_trace_data().map(|trace| trace.sentry_trace)
}

/// Returns the value of the `baggage` header for an outgoing request. `None` without a client, and in a trace that was
/// received without a dynamic sampling context.
#[must_use]
pub fn get_baggage() -> Option<String> {
    get_trace_data().map(|trace| trace.baggage).filter(|baggage| !baggage.is_empty())
}

/// Returns `<meta>` tags for the head of an HTML page, with which the browser SDK continues the active trace. The
/// values are escaped. Empty without a client.
///
/// ```
/// let page = format!("<html><head>{}</head></html>", sentry::get_trace_meta_tags());
/// ```
#[must_use]
pub fn get_trace_meta_tags() -> String {
    let escape = |text: &str| {
        let text = text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        text.replace('<', "&lt;").replace('>', "&gt;")
    };
    get_trace_data().map_or_else(String::new, |trace| {
        let tag = |(name, value)| format!("<meta name=\"{name}\" content=\"{}\">", escape(value));
        trace.iter().map(tag).collect::<Vec<_>>().join("\n")
    })
}
