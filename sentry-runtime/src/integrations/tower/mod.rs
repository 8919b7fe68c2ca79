//! Tower layer for servers: axum, tonic, hyper and all others built on `tower::Service`s of `http::Request`s. Needs the
//! feature `tower`; with the feature `axum`, transactions are named by axum's routes.
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
//! * an isolation scope, which its handler sees on any thread: tags, user and breadcrumbs of one request do not appear
//!   in another;
//! * a transaction in the trace of its headers, with the operation `http.server`. It lasts from the request's head to
//!   the last byte of the response's body and carries method, URL and status. An aborted request ends it as
//!   `cancelled`. `OPTIONS` requests are not recorded unless the option `trace_options_requests` is on;
//! * its URL, method and headers on every event, see [Privacy](#privacy);
//! * an event if its service fails or its body breaks off, or if the response has a status of 500 or more and nothing
//!   else in the request was captured. An error that `#[sentry::server_action]` or `#[sentry::span(err)]` captured
//!   inside is not captured again.
//!
//! Annotated functions inside become part of the transaction, including `#[sentry::server_action]`.
//!
//! # Position of the layer
//! Add it to the router: `Router::layer` and `Router::route_layer` run when the route is known, and the transaction is
//! named `GET /users/{id}`. Around the whole router (`ServiceBuilder`, `nest_service`) no route is known, and the
//! transaction is named by its path. A second layer inside, on the router, does not start a second transaction, but
//! names the first one.
//!
//! A layer that moves the request to another task (`tokio::spawn`) belongs outside this one.
//!
//! # Beside other layers
//! The recommended order is, from the outside to the inside: `CatchPanicLayer`, `SentryLayer`, `TraceLayer`, the other layers,
//! the handlers. This layer then sees each panic and lets it propagate, and what `TraceLayer` logs about a request belongs
//! to its scope and its transaction.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! # use axum::{Router, routing::get};
//! # use sentry::integrations::tower::SentryLayer;
//! # type CatchPanicLayer = tower_layer::Identity;
//! # type TraceLayer = tower_layer::Identity;
//! let app: Router = Router::new()
//!     .route("/", get(|| async { "the shop" }))
//!     // The layer that is added last is the outermost one.
//!     .layer(TraceLayer::new()) // TraceLayer::new_for_http()
//!     .layer(SentryLayer::new())
//!     .layer(CatchPanicLayer::new());
//! # }
//! ```
//!
//! With the integration for `tracing` or `log`, what `TraceLayer` and `CatchPanicLayer` log about a failure would be an event.
//! It is none if the failure itself is one, whatever the order of the layers: inside this layer it becomes a breadcrumb of
//! the request, before the event of a failed response. Around it, and around functions with `#[sentry::api_handler]` and
//! the like, the event was captured before; what is logged then becomes a breadcrumb for what follows.
//!
//! # Privacy
//! The option [`data_collection`](crate::DataCollection) decides about headers, cookies, query parameters and the
//! address of the client. Without it, cookies and addresses are not recorded, query strings are recorded without their
//! values, and headers that may identify a person or hold a secret are recorded as `[Filtered]`. Headers of responses are
//! only recorded with it, or with `send_default_pii`. Bodies are never read.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/),
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/)

mod body;
mod future;
mod grpc;
mod official;
mod read;

pub use body::ResponseBody;
#[cfg(feature = "lambda_runtime")]
pub(in crate::integrations) use body::failure;
pub use future::ResponseFuture;
#[allow(deprecated, reason = "the name is there for programs that move over")]
pub use official::SentryHttpLayer;
pub use official::{NewSentryLayer, NewSentryService};

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

/// The origin of the spans and events.
const ORIGIN: &str = "auto.http.tower";

type Ask<T> = Arc<dyn Fn(&Parts) -> Option<T> + Send + Sync>;

/// Wraps a service in [`SentryService`], see the [module](self).
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
    /// Returns a layer with its default settings.
    #[must_use]
    pub fn new() -> Self {
        Self { settings: Settings { route: None, client_address: None, server_errors: true } }
    }

    /// Sets how the route of a request is determined, for routers other than axum's. If the closure returns `None` or
    /// panics, the default applies.
    ///
    /// ```
    /// use sentry::integrations::tower::SentryLayer;
    ///
    /// /// Stored in the request by another router.
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

    /// Sets how the client address of a request is determined, for servers that know it (`ConnectInfo` of axum). Called
    /// only if `data_collection` collects `user_info`, and used only if no proxy header names an address.
    #[must_use]
    pub fn client_address(
        mut self,
        address: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.settings.client_address = Some(Arc::new(address));
        self
    }

    /// Sets whether a response with a status of 500 or more is captured as an event, if nothing else in the request
    /// was captured (default: `true`). The event shows the error that an annotated function returned last, if there
    /// was one, see [`UnhandledErrors`](crate::UnhandledErrors).
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

/// A service that gives each request scopes and a transaction of its own. Created by [`SentryLayer`].
#[derive(Clone)]
pub struct SentryService<S> {
    inner: S,
    settings: Settings,
}

/// A marker in the request for inner layers.
#[derive(Clone)]
struct Begun(Arc<Naming>);

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
            handling = Handling::begin(|client| read::request(&parts, &self.settings, client));
            if let Some(naming) = handling.naming() {
                parts.extensions.insert(Begun(Arc::clone(naming)));
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
