//! gRPC over HTTP: the called method, from the path, and the outcome of the call, from the header or trailer
//! `grpc-status`, while the HTTP status is 200.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::protocol::{AttributeValue, SpanStatus};

/// A call of a gRPC method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    service: &'a str,
    method: &'a str,
}

impl<'a> Call<'a> {
    /// Returns the gRPC call of a request, if it is one.
    pub(super) fn of(parts: &'a Parts) -> Option<Self> {
        let content_type = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        if !content_type.starts_with("application/grpc") {
            return None;
        }
        let path = parts.uri.path();
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        (!method.is_empty() && !method.contains('/')).then_some(Self { path, service, method })
    }

    pub(super) fn attributes(self) -> [(Cow<'static, str>, AttributeValue); 3] {
        [
            (Cow::Borrowed("rpc.system.name"), AttributeValue::from_static("grpc")),
            (Cow::Borrowed("rpc.service"), self.service.to_owned().into()),
            (Cow::Borrowed("rpc.method"), self.method.to_owned().into()),
        ]
    }
}

/// Returns the code in headers or trailers, and the corresponding span status.
pub(super) fn status(headers: &HeaderMap) -> Option<(u16, SpanStatus)> {
    let code = headers.get("grpc-status")?.to_str().ok()?.trim().parse().ok()?;
    let status = SpanStatus::from_grpc_status(code).unwrap_or(SpanStatus::InternalError);
    Some((code, status))
}
