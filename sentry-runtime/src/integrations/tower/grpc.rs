//! gRPC over HTTP: the called method, from the path, and the outcome of the call, from the header or trailer
//! `grpc-status`, while the HTTP status is 200.

use std::borrow::Cow;

use http::header::{CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::protocol::{AttributeValue, SpanStatus};
use crate::scope::request::Attributes;

/// A call of a gRPC method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    service: &'a str,
    method: &'a str,
}

impl<'a> Call<'a> {
    /// Returns the gRPC call of a request, if it is one. All of them are `POST`.
    ///
    /// [Spec, "Requests"](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)
    pub(super) fn of(parts: &'a Parts) -> Option<Self> {
        if parts.method != Method::POST {
            return None;
        }
        let content_type = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        if !content_type.starts_with("application/grpc") {
            return None;
        }
        Self::at(parts.uri.path())
    }

    /// Returns the call of the method at a path.
    fn at(path: &'a str) -> Option<Self> {
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        (!method.is_empty() && !method.contains('/')).then_some(Self { path, service, method })
    }
}

/// Returns the attributes of a gRPC call by its path.
pub(super) fn attributes(path: &str) -> Attributes {
    let Some(call) = Call::at(path) else { return Vec::new() };
    vec![
        (Cow::Borrowed("rpc.system.name"), AttributeValue::from_static("grpc")),
        (Cow::Borrowed("rpc.service"), call.service.to_owned().into()),
        (Cow::Borrowed("rpc.method"), call.method.to_owned().into()),
    ]
}

/// Returns the code in headers or trailers, and the corresponding span status.
pub(super) fn status(headers: &HeaderMap) -> Option<(u16, SpanStatus)> {
    const STATUS: HeaderName = HeaderName::from_static("grpc-status");
    let code = headers.get(STATUS)?.to_str().ok()?.trim().parse().ok()?;
    let status = SpanStatus::from_grpc_status(code).unwrap_or(SpanStatus::InternalError);
    Some((code, status))
}
