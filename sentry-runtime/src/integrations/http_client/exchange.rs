//! An HTTP exchange: the span, the breadcrumb and the trace headers of one outgoing request and its response.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/span-data-conventions/),
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/breadcrumbs/),
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use super::Target;
use crate::client::hint::Hint;
use crate::context::active;
use crate::context::breadcrumbs;
use crate::context::entered;
use crate::instrument::options::SpanOptions;
use crate::instrument::outgoing::{self, HeaderSink};
use crate::instrument::span::Span;
use crate::protocol::{AttributeValue, Breadcrumb, Level, SpanStatus, Value};
use crate::trace::record::SpanOutcome;

/// An unfinished request. Empty without a client.
#[derive(Debug, Default)]
pub(in crate::integrations) struct Exchange(Option<Box<Open>>);

#[derive(Debug)]
struct Open {
    span: Span,
    breadcrumb: Breadcrumb,
}

impl Exchange {
    /// Begins an exchange: starts a span if another one is active, and adds the trace headers to the request.
    pub(in crate::integrations) fn begin(target: Target<'_>, headers: &mut dyn HeaderSink) -> Self {
        let here = active::context();
        let Some(client) = here.client().filter(|client| client.is_enabled()) else { return Self(None) };
        if target.is_sentry(&client) {
            return Self(None);
        }
        let url = target.url();
        let query = target.kept_query(client.options().collected().url_query_params());

        let mut options = SpanOptions::new(format!("{} {url}", target.method))
            .op("http.client")
            .origin(target.origin)
            .source("url")
            .only_if_parent()
            .attribute("sentry.kind", AttributeValue::from_static("client"))
            .attribute("http.request.method", target.method.to_owned())
            .attribute("url.full", url.clone());
        if !target.host.is_empty() {
            options = options.attribute("server.address", target.host.to_owned());
        }
        if let Some(port) = target.effective_port() {
            options = options.attribute("server.port", port);
        }
        // The attribute has no question mark, the field of the breadcrumb has one.
        if let Some(query) = query.as_deref().and_then(|query| query.strip_prefix('?')) {
            options = options.attribute("url.query", query.to_owned());
        }
        if let Some(fragment) = target.kept_fragment(client.options().collected().url_query_params()) {
            options = options.attribute("url.fragment", fragment);
        }
        let span = Span::start(options);
        let entered = span.position().map(|(context, active)| entered::enter(context, active));
        outgoing::propagate(&client, &target.compared_url(&url), headers);
        drop(entered);

        let mut breadcrumb =
            Breadcrumb { ty: "http".to_owned(), category: Some("http".to_owned()), ..Breadcrumb::default() };
        breadcrumb.data.insert("url".to_owned(), Value::from(url));
        breadcrumb.data.insert("method".to_owned(), Value::from(target.method));
        if let Some(query) = query {
            breadcrumb.data.insert("http.query".to_owned(), Value::from(query));
        }
        Self(Some(Box::new(Open { span, breadcrumb })))
    }

    /// Returns the span in which the request is sent, so that other instrumentation records its spans as children.
    pub(in crate::integrations) fn span(&self) -> Span {
        self.0.as_ref().map(|open| open.span.clone()).unwrap_or_default()
    }

    /// Records the head of the response. `length` is the length of the body, if it is known.
    pub(in crate::integrations) fn answered(
        mut self,
        status: u16,
        reason: Option<&str>,
        length: Option<u64>,
    ) {
        let Some(mut open) = self.0.take() else { return };
        open.span.set_attribute("http.response.status_code", status);
        open.span.set_attribute("http.response.body.size", AttributeValue::from(length));
        open.span.set_status(SpanStatus::from_http_status(status));
        open.span.end();
        open.breadcrumb.level = match status {
            400..=499 => Level::Warning,
            500..=599 => Level::Error,
            _ => Level::Info,
        };
        open.breadcrumb.data.insert("status_code".to_owned(), Value::from(status));
        if let Some(reason) = reason {
            open.breadcrumb.data.insert("reason".to_owned(), Value::from(reason));
        }
        breadcrumbs::add(open.breadcrumb, Hint::default);
    }

    /// Records that no response came. The error is not recorded, because it may contain the whole URL.
    pub(in crate::integrations) fn failed(mut self) {
        let Some(mut open) = self.0.take() else { return };
        open.span.end_as(SpanOutcome::Failed);
        open.breadcrumb.level = Level::Error;
        breadcrumbs::add(open.breadcrumb, Hint::default);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.span.end_as(if std::thread::panicking() {
                SpanOutcome::Failed
            } else {
                SpanOutcome::Cancelled
            });
        }
    }
}
