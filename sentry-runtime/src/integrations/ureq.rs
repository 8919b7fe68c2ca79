//! A middleware for ureq 3. Feature `ureq`.
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
//! * is a span below the active one, op `http.client`, named `GET https://host/path`: from here to the head of the
//!   answer, redirects included, with method, URL and status. Without an active span there is none, and no transaction
//!   of its own;
//! * carries the trace to the service that answers it, if its URL is one of the option `trace_propagation_targets`. A
//!   `sentry-trace` that it has already stays, and so does other vendors' baggage. A redirect takes the headers along;
//! * leaves a breadcrumb.
//!
//! A request that gets no answer ends its span as `internal_error`; a status that ureq makes an error of is an answer.
//! The error goes on to the caller and is not captured: it may be expected, and who expects it knows best.
//!
//! Of the URL, users and passwords are never recorded, and the values of the query string only with the option
//! `send_default_pii`. Headers and bodies are not looked at.
//!
//! Spec: `telemetry/traces/span-data-conventions.mdx`, `foundations/trace-propagation/index.mdx`.

use ::ureq::http::{Request, Response, StatusCode};
use ::ureq::middleware::{Middleware, MiddlewareNext};
use ::ureq::{Body, Error, SendBody};

use super::http_client::{Exchange, Target};
use crate::client;
use crate::context::entered;

/// Makes a span of every request and tells it of the trace, see the [module](self).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SentryMiddleware;

impl SentryMiddleware {
    /// The middleware. Everything about it is told by the client's options.
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
        origin: "auto.http.ureq",
    };
    Exchange::begin(target, request.headers_mut())
}

fn answered(exchange: Exchange, status: StatusCode, length: Option<u64>) {
    exchange.answered(status.as_u16(), status.canonical_reason(), length);
}
