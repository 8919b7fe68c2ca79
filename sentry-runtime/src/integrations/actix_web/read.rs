//! The parts of a request that the middleware reads.

use actix_web::dev::ServiceRequest;
use actix_web::http::Version;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::Scheme;

use super::ORIGIN;
use crate::integrations::http_server::{Head, Incoming};
use crate::options::ClientOptions;
use crate::trace::headers::HeaderSource;

/// Reads the recorded parts of a request.
pub(super) fn request(request: &ServiceRequest, options: &ClientOptions) -> Incoming {
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
    };
    let headers = request.headers().iter().map(header);
    Incoming::new(head, &headers.collect::<Vec<_>>(), &Headers(request.headers()), options)
}

pub(super) fn header<'a>((name, value): (&'a HeaderName, &'a HeaderValue)) -> (&'a str, &'a [u8]) {
    // The program marked the value as sensitive.
    (name.as_str(), if value.is_sensitive() { b"[Filtered]" } else { value.as_bytes() })
}

/// The headers of actix-web, which has a map type of its own.
struct Headers<'a>(&'a HeaderMap);

impl HeaderSource for Headers<'_> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.0.get_all(name).filter_map(|value| value.to_str().ok()).for_each(each);
    }
}
