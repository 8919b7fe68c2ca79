//! A tower layer for servers: axum, tonic, hyper and whatever else is made of `tower::Service`s of `http::Request`s.
//! Feature `tower`; with feature `axum`, transactions are named by axum's routes.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use axum::{Router, routing::get};
//! use sentry::integrations::tower::SentryLayer;
//!
//! let app: Router = Router::new()
//!     .route("/users/{id}", get(|| async { "a user" }))
//!     .layer(SentryLayer::new());
//! # }
//! ```
//!
//! Every request gets
//! * an isolation scope, which its handler sees on whatever thread it runs: tags, user and breadcrumbs of one
//!   request do not show in another;
//! * the trace of its headers, and in that a transaction, op `http.server`: from the request's head to the last byte
//!   of the response's body, with method, URL and status. A request that is given up ends it as `cancelled`. Requests
//!   `OPTIONS` have none, nor any span, without the option `trace_options_requests`;
//! * its URL, method and headers on every event, see [Privacy](#privacy);
//! * an event if its service fails or its body breaks off, or if it is answered with a status of 500 or more and
//!   nothing in it was captured. An error that `#[sentry::server_action]` or `#[sentry::span(err)]` captured further
//!   in is captured once.
//!
//! What is annotated inside becomes part of the transaction, `#[sentry::server_action]` included.
//!
//! # Where it belongs
//! On the router: `Router::layer` and `Router::route_layer` run when the route is known, and the transaction is called
//! `GET /users/{id}`. Around the whole router (`ServiceBuilder`, `nest_service`) no route is known, and it is called by
//! its path; a second layer further in, on the router, does not open a second transaction, but names the first.
//!
//! A layer that moves the request to a task of its own (`tokio::spawn`) belongs outside of this one, as does one that
//! turns panics into responses: a panic goes through here as it came, after it was captured.
//!
//! # Privacy
//! Without the option `send_default_pii`, cookies and addresses are not recorded, query strings without their values,
//! and headers that may tell of a person or a secret as `[Filtered]`. Bodies are never read.
//!
//! Spec: `foundations/trace-propagation/index.mdx`, `foundations/client/data-collection/index.mdx`.

mod body;
mod future;
mod grpc;
mod read;

pub use body::ResponseBody;
pub use future::ResponseFuture;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::http_server::{Handling, Naming};

/// Who makes these spans and events.
const ORIGIN: &str = "auto.http.tower";

type Ask<T> = Arc<dyn Fn(&Parts) -> Option<T> + Send + Sync>;

/// Puts [`SentryService`] around a service, see the [module](self).
///
/// ```
/// use sentry::integrations::tower::SentryLayer;
/// use tower_layer::Layer as _;
///
/// # fn of_hyper<S>(service: S) {
/// let service = SentryLayer::new().layer(service);
/// # }
/// ```
#[derive(Clone)]
pub struct SentryLayer {
    settings: Settings,
}

#[derive(Clone)]
struct Settings {
    route: Option<Ask<String>>,
    client_address: Option<Ask<IpAddr>>,
    server_errors: bool,
}

impl SentryLayer {
    /// A layer with everything it can do without being told more.
    #[must_use]
    pub fn new() -> Self {
        Self { settings: Settings { route: None, client_address: None, server_errors: true } }
    }

    /// By which route a request is answered, for routers other than axum's; `None` leaves it to what else is known.
    /// A closure that panics knows nothing.
    ///
    /// ```
    /// use sentry::integrations::tower::SentryLayer;
    ///
    /// /// What another router leaves in the request.
    /// #[derive(Clone)]
    /// struct Matched(&'static str);
    ///
    /// let layer = SentryLayer::new()
    ///     .route(|request| request.extensions.get::<Matched>().map(|matched| matched.0.to_owned()));
    /// ```
    #[must_use]
    pub fn route(mut self, route: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.settings.route = Some(Arc::new(route));
        self
    }

    /// From which address a request comes, where the server knows (`ConnectInfo` of axum). Asked only with
    /// `send_default_pii`, and used when no proxy names another one.
    #[must_use]
    pub fn client_address(
        mut self,
        address: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.settings.client_address = Some(Arc::new(address));
        self
    }

    /// Whether an answer with a status of 500 or more makes an event, if nothing else in the request did. Default:
    /// yes.
    #[must_use]
    pub fn capture_server_errors(mut self, capture: bool) -> Self {
        self.settings.server_errors = capture;
        self
    }
}

impl Default for SentryLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SentryLayer {
    type Service = SentryService<S>;

    fn layer(&self, inner: S) -> SentryService<S> {
        SentryService { inner, settings: self.settings.clone() }
    }
}

/// A service each of whose requests has scopes and a transaction of its own, made by [`SentryLayer`].
#[derive(Clone)]
pub struct SentryService<S> {
    inner: S,
    settings: Settings,
}

/// Left in a request for layers further in.
#[derive(Clone)]
struct Begun(Naming);

impl<S, B, R> Service<Request<B>> for SentryService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
    S::Error: fmt::Display + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if crate::client::capture_mode() == crate::client::CaptureMode::Off {
            return ResponseFuture::new(self.inner.call(request), Handling::default(), false, false);
        }
        let (mut parts, body) = request.into_parts();
        let is_head = parts.method == Method::HEAD;
        let outer = parts.extensions.get::<Begun>().filter(|outer| outer.0.is_active());
        let mut handling = Handling::default();
        if let Some(Begun(outer)) = outer {
            if let Some(route) = read::route(&parts, &self.settings) {
                outer.routed(parts.method.as_str(), &route);
            }
        } else {
            handling = Handling::begin(|options| read::request(&parts, &self.settings, options));
            if let Some(naming) = handling.naming() {
                parts.extensions.insert(Begun(naming.clone()));
            }
        }
        let request = Request::from_parts(parts, body);
        let future = handling.inside(|_| self.inner.call(request));
        ResponseFuture::new(future, handling, is_head, self.settings.server_errors)
    }
}

impl fmt::Debug for SentryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryLayer").field("settings", &self.settings).finish()
    }
}

impl<S: fmt::Debug> fmt::Debug for SentryService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("server_errors", &self.server_errors).finish_non_exhaustive()
    }
}
