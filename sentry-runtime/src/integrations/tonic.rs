//! Traces in the metadata of gRPC calls, for tonic. Feature `tonic`.
//!
//! A client's calls carry the trace when the client is made with [`SentryInterceptor`]:
//!
//! ```
//! use sentry::integrations::tonic::SentryInterceptor;
//! use tonic::service::Interceptor as _;
//!
//! // As generated clients take it: `LampsClient::with_interceptor(channel, interceptor)`.
//! let mut interceptor = SentryInterceptor::new("http://lamps.example:50051");
//! # interceptor.call(tonic::Request::new(())).unwrap();
//! ```
//!
//! An interceptor sees a call begin, but not end. Where the call should be a span, annotate the function that makes it:
//! `#[sentry::span("shop.Lamps/Buy", op = "grpc.client", err)]`.
//!
//! On a server, `sentry::integrations::tower::SentryLayer` (feature `tower`) does all there is to do: each call is a
//! transaction, named by its method, that continues the caller's trace and ends by its `grpc-status`. Without the layer
//! a method can continue the trace itself:
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
//! Spec: `foundations/trace-propagation/index.mdx`.

use std::sync::Arc;

use ::tonic::metadata::MetadataMap;
use ::tonic::service::Interceptor;
use ::tonic::{GrpcMethod, Request, Status};

use crate::client;
use crate::instrument::outgoing::HeaderSink;
use crate::trace::headers::HeaderSource;

/// Puts the active trace into the metadata of outgoing calls, see the [module](self).
///
/// Metadata that has a `sentry-trace` already is left alone; other vendors' baggage is kept.
#[derive(Debug, Clone)]
pub struct SentryInterceptor {
    endpoint: Arc<str>,
}

impl SentryInterceptor {
    /// An interceptor for the calls to this URL.
    ///
    /// tonic does not tell interceptors where a call goes, so it must be told here: calls carry the trace only if
    /// `endpoint`, followed by `/package.Service/Method` where generated code says that, is one of the option
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
