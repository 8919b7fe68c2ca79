//! What gRPC says beside HTTP: which method is called, in the path, and how the call ended, in the header or the
//! trailer `grpc-status`, while the HTTP status is 200.

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
    /// The call that a request is, if it is one.
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
            (Cow::Borrowed("rpc.system"), AttributeValue::from_static("grpc")),
            (Cow::Borrowed("rpc.service"), self.service.to_owned().into()),
            (Cow::Borrowed("rpc.method"), self.method.to_owned().into()),
        ]
    }
}

/// The code in headers or trailers, and what it means for the span.
pub(super) fn status(headers: &HeaderMap) -> Option<(u16, SpanStatus)> {
    let code = headers.get("grpc-status")?.to_str().ok()?.trim().parse().ok()?;
    let status = SpanStatus::from_grpc_status(code).unwrap_or(SpanStatus::UnknownError);
    Some((code, status))
}
