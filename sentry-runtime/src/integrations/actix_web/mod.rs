//! Middleware for actix-web 4. Needs the feature `actix-web`.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, Responder, web};
//! use sentry::integrations::actix_web::Sentry;
//!
//! async fn user(id: web::Path<u32>) -> impl Responder {
//!     format!("user {id}")
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! // Start the client before the runtime, so that its guard flushes it after the runtime has ended.
//! let _sentry = sentry::init(sentry::ClientOptions::new().traces_sample_rate(1.0));
//! actix_web::rt::System::new().block_on(
//!     HttpServer::new(|| App::new().wrap(Sentry::new()).route("/users/{id}", web::get().to(user)))
//!         .bind(("127.0.0.1", 8080))?
//!         .run(),
//! )
//! # }
//! ```
//!
//! Every request gets
//! * an isolation scope: tags, user and breadcrumbs of one request do not appear in another;
//! * a transaction in the trace of its headers, with the operation `http.server`, named by the pattern of its resource
//!   (`GET /users/{id}`) or else by its path. It lasts from the request's head to the last byte of the response's body
//!   and carries method, URL and status. An aborted request ends it as `cancelled`. `OPTIONS` requests are not recorded
//!   unless the option `trace_options_requests` is on;
//! * its URL, method and headers on every event, with the privacy rules below;
//! * an event for the error of its handler, an extractor or an inner middleware, if the response to the error has a
//!   status of 500 or more; and an event for any other response with such a status, if nothing else in the request was
//!   captured. An error that `#[sentry::server_action]` or `#[sentry::span(err)]` captured inside is not captured
//!   again.
//!
//! Annotated functions inside become part of the transaction, including `#[sentry::server_action]`. Wrap the `App` in
//! this middleware last, so that it is the outermost one; a second instance inside, around a scope, has no effect.
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
mod official;
mod read;
mod status;

pub use body::ResponseBody;
pub use official::SentryBuilder;

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::{Error, HttpMessage as _};
use pin_project_lite::pin_project;

use super::http_server::{Handling, Naming, RunningRequest};
use crate::error::failure::Failure;
use crate::instrument::instrumented::End;

/// The origin of the spans and events.
const ORIGIN: &str = "auto.http.actix_web";

/// The middleware, for [`App::wrap`](actix_web::App::wrap). See the [module](self).
#[derive(Debug, Clone)]
pub struct Sentry {
    server_errors: bool,
}

impl Sentry {
    /// Returns the middleware with its default settings.
    #[must_use]
    pub fn new() -> Self {
        Self { server_errors: true }
    }

    /// Sets whether a response with a status of 500 or more is captured as an event, if nothing else in the request
    /// was captured (default: `true`). The event shows the error that an annotated function returned last, if there
    /// was one, see [`UnhandledErrors`](crate::UnhandledErrors).
    #[must_use]
    pub fn capture_server_errors(mut self, capture: bool) -> Self {
        self.server_errors = capture;
        self
    }
}

impl Default for Sentry {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, B> Transform<S, ServiceRequest> for Sentry
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Transform = SentryMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<SentryMiddleware<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(SentryMiddleware { inner, server_errors: self.server_errors }))
    }
}

/// A service that gives each request scopes and a transaction of its own. Created by [`Sentry`].
#[derive(Debug)]
pub struct SentryMiddleware<S> {
    inner: S,
    server_errors: bool,
}

impl<S, B> Service<ServiceRequest> for SentryMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, task: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let is_head = request.method() == Method::HEAD;
        let outer = request.extensions().get::<Begun>().is_some_and(|outer| outer.0.is_active());
        let mut handling = Handling::default();
        if !outer {
            handling = Handling::begin(|client| read::request(&request, client));
            if let Some(naming) = handling.naming() {
                request.extensions_mut().insert(Begun(Arc::clone(naming)));
            }
        }
        let inner = handling.inside(|_| self.inner.call(request));
        ResponseFuture { inner: Some(inner), handling, is_head, server_errors: self.server_errors }
    }
}

/// A marker in the request for inner instances of the middleware.
struct Begun(Arc<Naming>);

pin_project! {
    /// The future of [`SentryMiddleware`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ResponseFuture<F> {
        // Empty when the future is finished, so that it is dropped inside its context.
        #[pin]
        inner: Option<F>,
        handling: Handling,
        is_head: bool,
        server_errors: bool,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.handling.inside(|_| this.inner.set(None));
        }
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let answer = this.handling.inside(|running| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
            let answer = std::task::ready!(inner.poll(task));
            this.inner.set(None);
            if let Some(running) = running {
                match &answer {
                    Ok(response) => answered(running, response, *this.server_errors),
                    Err(error) => refused(running, error, *this.server_errors),
                }
            }
            Poll::Ready(answer)
        });
        match std::task::ready!(answer) {
            Ok(response) => {
                let handling = std::mem::take(this.handling);
                let is_head = *this.is_head;
                Poll::Ready(Ok(
                    response.map_body(|head, body| ResponseBody::new(body, handling, is_head, head.status))
                ))
            }
            Err(error) => {
                this.handling.end(End::Done);
                Poll::Ready(Err(error))
            }
        }
    }
}

fn answered<B: MessageBody>(
    running: &mut RunningRequest,
    response: &ServiceResponse<B>,
    server_errors: bool,
) {
    let request = response.request();
    if let Some(route) = request.match_pattern() {
        running.routed(request.method().as_str(), &route);
    }
    let status = response.status();
    running.answered(status.as_u16(), body::length(response.response().body()));
    running.answered_with(response.headers().iter().map(read::header));
    if server_errors && status.is_server_error() {
        match response.response().error() {
            Some(error) => running.saw(failure(error)),
            None => {
                running.capture_server_error(status.as_u16(), status.canonical_reason().unwrap_or_default())
            }
        }
    }
}

/// Records that an inner middleware refused the request: actix converts its error to a response outside this
/// middleware.
fn refused(running: &mut RunningRequest, error: &Error, server_errors: bool) {
    let status = error.as_response_error().status_code();
    running.answered(status.as_u16(), None);
    if server_errors && status.is_server_error() {
        running.saw(failure(error));
    }
}

/// Returns the failure of actix's error. Only the `Debug` output names the type of the inner error, except that of
/// `std::io`, which shows its representation instead.
fn failure(error: &Error) -> Failure<'_> {
    if let Some(error) = error.as_error::<std::io::Error>() {
        return Failure::error(error);
    }
    Failure::dynamic(error, "dyn actix_web::ResponseError")
}
