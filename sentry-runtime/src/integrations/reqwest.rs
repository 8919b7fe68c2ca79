//! A middleware for reqwest, by the crate `reqwest-middleware`. Feature `reqwest`.
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
//! * is a span below the active one, op `http.client`, named `GET https://host/path`: from here to the head of the
//!   answer, redirects included, with method, URL and status. Without an active span there is none, and no transaction
//!   of its own;
//! * carries the trace to the service that answers it, if its URL is one of the option `trace_propagation_targets`. A
//!   `sentry-trace` that it has already stays, and so does other vendors' baggage. A redirect takes the headers along;
//! * leaves a breadcrumb.
//!
//! A request that gets no answer ends its span as `internal_error`, one that is given up as `cancelled`. The error goes
//! on to the caller and is not captured: it may be expected, and who expects it knows best.
//!
//! Of the URL, users and passwords are never recorded, and the values of the query string only with the option
//! `send_default_pii`. Headers and bodies are not looked at.
//!
//! # Where it belongs
//! Middlewares that are added before it see the request first. One that repeats requests belongs before it: then every
//! attempt has a span of its own.
//!
//! Spec: `telemetry/traces/span-data-conventions.mdx`, `foundations/trace-propagation/index.mdx`.

use ::reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};
use ureq::http::Extensions;

use super::http_client::{Exchange, Target};
use crate::client;
use crate::instrument::future::SentryFutureExt as _;

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
        origin: "auto.http.reqwest",
    };
    Exchange::begin(target, request.headers_mut())
}
