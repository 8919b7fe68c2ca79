//! The parts of a request that the middleware reads.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::Version;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::uri::Scheme;

use super::ORIGIN;
use crate::client::Client;
use crate::integrations::http_server::{Head, Incoming, RawHeader};
use crate::scope::request_events::AwaitedFailures;

/// Reads a request.
pub(super) fn request(request: &ServiceRequest, client: &Arc<Client>) -> Incoming {
    let uri = request.uri();
    let authority = uri
        .authority()
        .map(|authority| authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host));
    let head = Head {
        method: request.method().as_str(),
        scheme: uri.scheme().map(Scheme::as_str),
        authority,
        path: uri.path(),
        query: uri.query(),
        version: match request.version() {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_2 => "2",
            Version::HTTP_3 => "3",
            _ => "1.1",
        },
        route: request.match_pattern(),
        peer: request.peer_addr().map(|address| address.ip()),
        origin: ORIGIN,
        awaited: AwaitedFailures::None,
        further: Head::NOTHING,
    };
    Incoming::new(head, || request.headers().iter().map(raw_header), client)
}

fn raw_header<'a>((name, value): (&'a HeaderName, &'a HeaderValue)) -> RawHeader<'a> {
    (name.as_str(), value.as_bytes(), value.is_sensitive())
}

pub(super) fn header<'a>((name, value): (&'a HeaderName, &'a HeaderValue)) -> (&'a str, &'a [u8]) {
    // The program marked the value as sensitive.
    (name.as_str(), if value.is_sensitive() { b"[Filtered]" } else { value.as_bytes() })
}
