//! Methods of [`Scope`] with the names of the official crate.

use crate::api::{get_active_span, get_trace_data, set_active_span};
use crate::instrument::span::Span;
use crate::scope::Scope;

impl Scope {
    /// Makes a span active, see [`set_active_span`](crate::set_active_span). `None` has no effect: when the active span
    /// ends, the one before is active again.
    ///
    /// Here the active span is a property of the running code, not of a scope.
    #[deprecated(note = "use `sentry::set_active_span(&span)`, or `sentry::with_active_span(&span, || …)`")]
    pub fn set_span(&mut self, span: Option<Span>) {
        if let Some(span) = span {
            set_active_span(&span);
        }
    }

    /// Returns the active span.
    #[deprecated(note = "use `sentry::get_active_span()`")]
    #[must_use]
    pub fn get_span(&self) -> Option<Span> {
        get_active_span()
    }

    /// Returns the headers with which another service continues the trace.
    #[deprecated(note = "use `sentry::propagate(url, &mut headers)`, or `sentry::get_trace_data()`")]
    pub fn iter_trace_propagation_headers(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let owned = |(name, value): (&'static str, &str)| (name, value.to_owned());
        let headers: Vec<_> = get_trace_data().iter().flat_map(|data| data.iter()).map(owned).collect();
        headers.into_iter()
    }
}
