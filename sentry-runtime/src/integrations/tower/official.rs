//! The layers of the official crate: one for scopes, for services of any request, and one for HTTP.

use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::{SentryLayer, SentryService};
use crate::api::with_isolation_scope;
use crate::instrument::future::{Bound, SentryFutureExt as _};
use crate::instrument::instrumented::Instrumented;

/// A layer that gives each request of any kind scopes of its own: tags, user and breadcrumbs of one request do not appear
/// in another. For HTTP, [`SentryLayer`] does the same, and records the request.
///
/// ```
/// use sentry::integrations::tower::NewSentryLayer;
/// use tower_layer::Layer as _;
///
/// # fn of_jobs<S>(service: S) {
/// let service = NewSentryLayer::<String>::new_from_top().layer(service);
/// # }
/// ```
pub struct NewSentryLayer<Request>(PhantomData<fn(Request)>);

impl<Request> NewSentryLayer<Request> {
    /// Returns the layer. The scopes of a request begin as copies of those of the code that calls the service.
    #[must_use]
    pub fn new_from_top() -> Self {
        Self(PhantomData)
    }
}

impl<Request> Default for NewSentryLayer<Request> {
    fn default() -> Self {
        Self::new_from_top()
    }
}

impl<Request> Clone for NewSentryLayer<Request> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<Request> fmt::Debug for NewSentryLayer<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSentryLayer").finish()
    }
}

impl<S, Request> Layer<S> for NewSentryLayer<Request> {
    type Service = NewSentryService<S, Request>;

    fn layer(&self, inner: S) -> Self::Service {
        NewSentryService::new_from_top(inner)
    }
}

/// A service that gives each request scopes of its own. Created by [`NewSentryLayer`].
pub struct NewSentryService<S, Request> {
    inner: S,
    _request: PhantomData<fn(Request)>,
}

impl<S, Request> NewSentryService<S, Request> {
    /// Wraps a service.
    pub fn new_from_top(inner: S) -> Self {
        Self { inner, _request: PhantomData }
    }
}

impl<S: Clone, Request> Clone for NewSentryService<S, Request> {
    fn clone(&self) -> Self {
        Self::new_from_top(self.inner.clone())
    }
}

impl<S: fmt::Debug, Request> fmt::Debug for NewSentryService<S, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSentryService").field("inner", &self.inner).finish()
    }
}

impl<S: Service<Request>, Request> Service<Request> for NewSentryService<S, Request> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<Bound, S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        with_isolation_scope(|| self.inner.call(request).bind_scope())
    }
}

/// A layer that records HTTP requests. It is [`SentryLayer`] by another name: it gives a request its scopes as well, and
/// transactions are recorded by the options for traces.
#[derive(Debug, Clone, Default)]
#[deprecated(note = "replace `NewSentryLayer` and `SentryHttpLayer` by `SentryLayer::new()`")]
pub struct SentryHttpLayer(SentryLayer);

#[allow(deprecated, reason = "the type itself")]
impl SentryHttpLayer {
    /// Returns the layer.
    #[must_use]
    pub fn new() -> Self {
        Self(SentryLayer::new())
    }

    /// Returns the layer, which records transactions by the options for traces.
    #[must_use]
    pub fn with_transaction() -> Self {
        Self::new()
    }

    /// Returns the layer as it is: transactions are recorded by the options for traces.
    #[must_use]
    pub fn enable_transaction(self) -> Self {
        self
    }

    /// Returns the layer as it is: what may identify a person is collected by the option `send_default_pii`.
    #[must_use]
    #[deprecated(note = "has no effect: use the option `send_default_pii`")]
    pub fn enable_pii(self) -> Self {
        self
    }
}

#[allow(deprecated, reason = "the type itself")]
impl<S> Layer<S> for SentryHttpLayer {
    type Service = SentryService<S>;

    fn layer(&self, inner: S) -> SentryService<S> {
        self.0.layer(inner)
    }
}
