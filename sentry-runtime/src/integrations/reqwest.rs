//! Middleware for reqwest, through the crate `reqwest-middleware`. Needs the feature `reqwest`.
//!
//! ```
//! use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
//! use sentry::integrations::reqwest::SentryMiddleware;
//!
//! fn client() -> ClientWithMiddleware {
//!     ClientBuilder::new(reqwest::Client::new()).with(SentryMiddleware::new()).build()
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
//! A request without a response ends its span as `internal_error`, an aborted one as `cancelled`. The error is returned
//! to the caller and not captured, because only the caller knows whether it is expected.
//!
//! Users and passwords in URLs are never recorded. The option [`data_collection`](crate::DataCollection) decides about
//! the query string; without it, the names of its parameters are recorded. Headers and bodies are not read.
//!
//! # Order of middlewares
//! Middlewares that are added earlier see the request first. Add a retrying middleware before this one, so that each
//! attempt has its own span.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/span-data-conventions/),
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use ::reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};
use ureq::http::Extensions;

use super::http_client::{Exchange, Target};
use crate::client;
use crate::instrument::future::SentryFutureExt as _;

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

#[async_trait::async_trait]
impl Middleware for SentryMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        if client::capture_mode() == client::CaptureMode::Off {
            return next.run(request, extensions).await;
        }
        let exchange = begin(&mut request);
        let answer = next.run(request, extensions).in_span(exchange.span()).await;
        match &answer {
            Ok(response) => {
                let status = response.status();
                exchange.answered(status.as_u16(), status.canonical_reason(), response.content_length());
            }
            Err(_) => exchange.failed(),
        }
        answer
    }
}

fn begin(request: &mut Request) -> Exchange {
    let (method, url) = (request.method().clone(), request.url().clone());
    let target = Target {
        method: method.as_str(),
        scheme: url.scheme(),
        host: url.host_str().unwrap_or_default(),
        port: url.port(),
        path: url.path(),
        query: url.query(),
        fragment: url.fragment(),
        origin: "auto.http.reqwest",
    };
    Exchange::begin(target, request.headers_mut())
}
