//! Middleware for ureq 3. Needs the feature `ureq`.
//!
//! ```
//! use sentry::integrations::ureq::SentryMiddleware;
//!
//! fn agent() -> ureq::Agent {
//!     ureq::Agent::config_builder().middleware(SentryMiddleware::new()).build().into()
//! }
//! ```
//!
//! Every request
//! * is recorded as a child of the active span, with the operation `http.client` and the name `GET https://host/path`.
//!   The span lasts until the head of the response, including redirects, and carries method, URL and status. Without
//!   an active span, no span is recorded;
//! * carries the trace headers, if its URL matches the option `trace_propagation_targets`. An existing `sentry-trace`
//!   header and baggage of other vendors are preserved. Redirected requests carry the same headers;
//! * adds a breadcrumb.
//!
//! A request without a response ends its span as `internal_error`; a status that ureq turns into an error is a
//! response. The error is returned to the caller and not captured, because only the caller knows whether it is
//! expected.
//!
//! Users and passwords in URLs are never recorded. The option [`data_collection`](crate::DataCollection) decides about
//! the query string; without it, the names of its parameters are recorded. Headers and bodies are not read.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/span-data-conventions/),
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use ::ureq::http::{Request, Response, StatusCode};
use ::ureq::middleware::{Middleware, MiddlewareNext};
use ::ureq::{Body, Error, SendBody};

use super::http_client::{Exchange, Target};
use crate::client;
use crate::context::entered;

/// Records a span of every request and adds the trace headers, see the [module](self).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SentryMiddleware;

impl SentryMiddleware {
    /// Returns the middleware. The client's options configure it.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Middleware for SentryMiddleware {
    fn handle(
        &self,
        mut request: Request<SendBody<'_>>,
        next: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, Error> {
        if client::capture_mode() == client::CaptureMode::Off {
            return next.handle(request);
        }
        let exchange = begin(&mut request);
        let entered = exchange.span().position().map(|(context, active)| entered::enter(context, active));
        let answer = next.handle(request);
        drop(entered);
        match &answer {
            Ok(response) => answered(exchange, response.status(), response.body().content_length()),
            Err(Error::StatusCode(code)) => match StatusCode::from_u16(*code) {
                Ok(status) => answered(exchange, status, None),
                Err(_) => exchange.failed(),
            },
            Err(_) => exchange.failed(),
        }
        answer
    }
}

fn begin(request: &mut Request<SendBody<'_>>) -> Exchange {
    let (method, url) = (request.method().clone(), request.uri().clone());
    let target = Target {
        method: method.as_str(),
        scheme: url.scheme_str().unwrap_or_default(),
        host: url.host().unwrap_or_default(),
        port: url.port_u16(),
        path: url.path(),
        query: url.query(),
        // The type has no fragment.
        fragment: None,
        origin: "auto.http.ureq",
    };
    Exchange::begin(target, request.headers_mut())
}

fn answered(exchange: Exchange, status: StatusCode, length: Option<u64>) {
    exchange.answered(status.as_u16(), status.canonical_reason(), length);
}
