//! Trace propagation in the metadata of gRPC calls, for tonic. Needs the feature `tonic`.
//!
//! The calls of a client that is created with [`SentryInterceptor`] carry the trace:
//!
//! ```
//! use sentry::integrations::tonic::SentryInterceptor;
//! use tonic::service::Interceptor as _;
//!
//! // For generated clients: `LampsClient::with_interceptor(channel, interceptor)`.
//! let mut interceptor = SentryInterceptor::new("http://lamps.example:50051");
//! # interceptor.call(tonic::Request::new(())).unwrap();
//! ```
//!
//! An interceptor sees the start of a call, but not its end. To record the call as a span, annotate the function that
//! makes it: `#[sentry::span("shop.Lamps/Buy", op = "grpc.client", err)]`.
//!
//! On a server, use `sentry::integrations::tower::SentryLayer` (feature `tower`): each call is a transaction that is
//! named by its method, continues the caller's trace, and ends with its `grpc-status`. Without the layer, a method can
//! continue the trace itself:
//!
//! ```
//! # struct Lamp;
//! async fn buy(request: tonic::Request<Lamp>) -> Result<tonic::Response<Lamp>, tonic::Status> {
//!     let (metadata, _, lamp) = request.into_parts();
//!     let bought = sentry::start_span_async("buy", |_| async { Ok(tonic::Response::new(lamp)) });
//!     sentry::continue_trace_async(&metadata, bought).await
//! }
//! ```
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use std::sync::Arc;

use ::tonic::metadata::MetadataMap;
use ::tonic::service::Interceptor;
use ::tonic::{GrpcMethod, Request, Status};

use crate::client;
use crate::instrument::outgoing::HeaderSink;
use crate::trace::headers::HeaderSource;

/// Adds the active trace to the metadata of outgoing calls, see the [module](self).
///
/// Metadata with a `sentry-trace` entry is left unchanged; baggage of other vendors is preserved.
#[derive(Debug, Clone)]
pub struct SentryInterceptor {
    endpoint: Arc<str>,
}

impl SentryInterceptor {
    /// Returns an interceptor for calls to the given URL.
    ///
    /// tonic does not pass the destination of a call to interceptors. Calls carry the trace only if `endpoint`,
    /// followed by `/package.Service/Method` if generated code provides it, matches the option
    /// `trace_propagation_targets`.
    #[must_use]
    pub fn new(endpoint: impl AsRef<str>) -> Self {
        Self { endpoint: endpoint.as_ref().trim_end_matches('/').into() }
    }

    fn url(&self, method: Option<&GrpcMethod<'_>>) -> String {
        match method {
            Some(called) => format!("{}/{}/{}", self.endpoint, called.service(), called.method()),
            None => (*self.endpoint).to_owned(),
        }
    }
}

impl Interceptor for SentryInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if client::capture_mode() != client::CaptureMode::Off {
            let url = self.url(request.extensions().get::<GrpcMethod<'_>>());
            crate::api::propagate(&url, request.metadata_mut());
        }
        Ok(request)
    }
}

impl HeaderSource for MetadataMap {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.as_ref().visit(name, each);
    }
}

impl HeaderSink for MetadataMap {
    fn put(&mut self, name: &'static str, value: &str) {
        self.as_mut().put(name, value);
    }
}
