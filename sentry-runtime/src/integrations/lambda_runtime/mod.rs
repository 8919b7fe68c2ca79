//! AWS Lambda: a layer for the runtime of the crates `lambda_runtime` and `lambda_http`. Needs the feature
//! `lambda_runtime`.
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use serde_json::{Value, json};
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     Ok(json!({ "length": event.payload["text"].as_str().ok_or("no text")?.len() }))
//! }
//!
//! /// Called by a `main` with `#[sentry::main]` above `#[tokio::main]`.
//! async fn function() -> Result<(), Error> {
//!     sentry::integrations::lambda_runtime::runtime(service_fn(handler)).run().await
//! }
//! ```
//!
//! With `lambda_http`, add the layer to its runtime: `lambda_http::runtime(service_fn(handler)).layer(SentryLayer::new())`.
//!
//! Every invocation gets
//! * an isolation scope: tags, user and breadcrumbs of one invocation do not appear in the next one, which runs in the
//!   same process;
//! * a transaction with the name of the function and the operation `function.aws`, in the trace of the caller. The trace
//!   is that of the client context (`custom`), or else that of the headers of the event, as API Gateway, function URLs
//!   and load balancers pass them on. It carries `faas.coldstart`, `faas.invocation_id`, `faas.trigger`, the account and
//!   the region, and for HTTP events method, route and URL;
//! * the contexts `aws.lambda` and `aws.cloudwatch.logs`, with a link to the logs, and for HTTP events the request, on
//!   every event;
//! * an event if the handler panics, and a warning if the invocation is about to exceed its time, see
//!   [`SentryLayer::timeout_warning`];
//! * a flush. Lambda freezes the process between invocations, and may never thaw it.
//!
//! # Position of the layer
//! Around the runtime ([`Runtime::layer`](::lambda_runtime::Runtime::layer)), the flush comes after the response was sent
//! and before the next event is requested: whoever called the function does not wait for it, although it counts as run
//! time. There, the layer does not see the error that a handler returns, since the runtime has sent it. A second layer
//! around the handler, inside of the first, captures that error: [`runtime`] adds both. With `lambda_http`, annotate the
//! handler with `#[sentry::span(err)]`, or return a response.
//!
//! Around the handler alone, the layer does everything, except that it cannot read the headers of the event, and that the
//! flush comes before the response.
//!
//! No thread of the program waits for the flush: a thread that belongs to the invocation does that. It waits at most for
//! the option `shutdown_timeout`.
//!
//! # Privacy
//! As for [other servers](super::tower#privacy): bodies and payloads are never recorded.
//!
//! [Lambda's runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html),
//! [the same integration of the Python SDK](https://docs.sentry.io/platforms/python/integrations/aws-lambda/)

mod event;
mod future;
mod invocation;
mod watch;

pub use future::ResponseFuture;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use ::lambda_runtime::{
    Diagnostic, Error, IntoFunctionResponse, LambdaEvent, LambdaInvocation, Runtime, layers,
};
use bytes::Bytes;
use futures_core::Stream;
use tower_layer::Layer;
use tower_service::Service;

use invocation::Invocation;

/// The origin of the spans and events.
const ORIGIN: &str = "auto.function.aws_lambda";
/// The default of [`SentryLayer::timeout_warning`], as in the JavaScript SDK.
const TIMEOUT_WARNING: Duration = Duration::from_millis(500);

/// Returns a runtime for this handler with [`SentryLayer`] around the handler and around the runtime, and with the layer
/// for `tracing` that `lambda_runtime::run` adds. Its method `run` starts it.
///
/// # Panics
/// If a variable of Lambda is missing (`AWS_LAMBDA_FUNCTION_NAME`, `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`,
/// `AWS_LAMBDA_FUNCTION_VERSION`, `AWS_LAMBDA_RUNTIME_API`), like `lambda_runtime::run`.
pub fn runtime<A, F, R, B, S, D, E>(
    handler: F,
) -> Runtime<impl Service<LambdaInvocation, Response = (), Error = Error>>
where
    F: Service<LambdaEvent<A>, Response = R>,
    F::Future: Future<Output = Result<R, F::Error>> + 'static,
    F::Error: Into<Diagnostic> + fmt::Debug + fmt::Display + 'static,
    A: for<'de> serde::Deserialize<'de>,
    R: IntoFunctionResponse<B, S> + 'static,
    B: serde::Serialize,
    S: Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<Bytes> + Send,
    E: Into<Error> + Send + fmt::Debug,
{
    let layer = SentryLayer::new();
    Runtime::new(layer.layer(handler)).layer(layers::TracingLayer::new()).layer(layer)
}

/// Wraps a runtime or a handler in [`SentryService`], see the [module](self).
///
/// ```no_run
/// use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
/// use sentry::integrations::lambda_runtime::SentryLayer;
///
/// # async fn start() -> Result<(), Error> {
/// let handler = service_fn(async |_event: LambdaEvent<()>| Ok::<_, Error>("done"));
/// Runtime::new(handler).layer(SentryLayer::new()).run().await
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SentryLayer {
    timeout_warning: Option<Duration>,
}

impl SentryLayer {
    /// Returns a layer with its default settings.
    #[must_use]
    pub fn new() -> Self {
        Self { timeout_warning: Some(TIMEOUT_WARNING) }
    }

    /// Sets how long before the end of its time an invocation that still runs is reported, as the message "Possible
    /// function timeout" with the level `warning` (default: 500 ms). `None` turns it off. Lambda ends the process when the
    /// time is over, so that nothing could be captured then.
    #[must_use]
    pub fn timeout_warning(mut self, before_end: impl Into<Option<Duration>>) -> Self {
        self.timeout_warning = before_end.into();
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
        SentryService { inner, timeout_warning: self.timeout_warning, fresh: Arc::new(AtomicBool::new(true)) }
    }
}

/// A service that gives each invocation scopes and a transaction of its own. Created by [`SentryLayer`].
#[derive(Debug, Clone)]
pub struct SentryService<S> {
    inner: S,
    timeout_warning: Option<Duration>,
    /// Set until the first invocation.
    fresh: Arc<AtomicBool>,
}

impl<S> SentryService<S> {
    /// Returns whether this is the first invocation of the process, in a process that Lambda did not start in advance.
    fn is_cold_start(&self) -> bool {
        self.fresh.swap(false, Ordering::Relaxed)
            && std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").as_deref() != Ok("provisioned-concurrency")
    }
}

impl<S, E> Service<LambdaInvocation> for SentryService<S>
where
    S: Service<LambdaInvocation, Response = (), Error = E>,
    E: fmt::Display + 'static,
{
    type Response = ();
    type Error = E;
    type Future = ResponseFuture<S::Future, (), E>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: LambdaInvocation) -> Self::Future {
        let mut invocation =
            Invocation::begin(&request.context, Some(&request.body), self.timeout_warning, || {
                self.is_cold_start()
            });
        let future = invocation.inside(|| self.inner.call(request));
        ResponseFuture::new(future, invocation)
    }
}

impl<S, T, R, E> Service<LambdaEvent<T>> for SentryService<S>
where
    S: Service<LambdaEvent<T>, Response = R, Error = E>,
    E: fmt::Display + 'static,
{
    type Response = R;
    type Error = E;
    type Future = ResponseFuture<S::Future, R, E>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, event: LambdaEvent<T>) -> Self::Future {
        let mut invocation =
            Invocation::begin_inside(&event.context, self.timeout_warning, || self.is_cold_start());
        let future = invocation.inside(|| self.inner.call(event));
        ResponseFuture::new(future, invocation)
    }
}
