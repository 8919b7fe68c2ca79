//! The parts of a request that the layer reads.

use http::header::HeaderName;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderValue, Version};

use super::{Ask, ORIGIN, Settings, grpc};
use crate::base::callback;
use crate::base::diagnostics;
use crate::integrations::http_server::{Head, Incoming};
use crate::options::ClientOptions;
use crate::scope::request_events::AwaitedFailures;

/// Reads the recorded parts of a request.
pub(super) fn request(parts: &Parts, settings: &Settings, options: &ClientOptions) -> Incoming {
    let authority = parts.uri.authority().map(|authority| {
        // The authority may contain a user before the host.
        authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host)
    });
    let peer = settings.client_address.as_ref().filter(|_| options.collected().user_info());
    let head = Head {
        method: parts.method.as_str(),
        scheme: parts.uri.scheme().map(Scheme::as_str),
        authority,
        path: parts.uri.path(),
        query: parts.uri.query(),
        version: version(parts.version),
        route: route(parts, settings),
        peer: peer.and_then(|ask| asked("client_address", ask, parts)),
        origin: ORIGIN,
    };
    let headers: Vec<_> = parts.headers.iter().map(header).collect();
    let mut incoming = Incoming::new(head, &headers, &parts.headers, options);
    if let Some(call) = grpc::Call::of(parts) {
        incoming.also(call.attributes());
    }
    incoming.awaiting(match settings.server_errors {
        true => AwaitedFailures::ErrorsAndResponses,
        false => AwaitedFailures::Errors,
    })
}

/// Returns the route of the request, if it is known here.
pub(super) fn route(parts: &Parts, settings: &Settings) -> Option<String> {
    let given = settings.route.as_ref().and_then(|ask| asked("route", ask, parts));
    given.or_else(|| matched_path(parts)).or_else(|| grpc::Call::of(parts).map(|call| call.path.to_owned()))
}

#[cfg(feature = "axum")]
fn matched_path(parts: &Parts) -> Option<String> {
    parts.extensions.get::<axum::extract::MatchedPath>().map(|matched| matched.as_str().to_owned())
}

#[cfg(not(feature = "axum"))]
fn matched_path(_parts: &Parts) -> Option<String> {
    None
}

fn asked<T>(name: &str, ask: &Ask<T>, parts: &Parts) -> Option<T> {
    callback::run(callback::depth(), || ask(parts)).unwrap_or_else(|_| {
        diagnostics::error(format_args!("the closure of SentryLayer::{name} panicked; ignoring its result"));
        None
    })
}

pub(super) fn header<'a>((name, value): (&'a HeaderName, &'a HeaderValue)) -> (&'a str, &'a [u8]) {
    // The program marked the value as sensitive.
    (name.as_str(), if value.is_sensitive() { b"[Filtered]" } else { value.as_bytes() })
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}
