//! The parts of a request that the layer reads.

use std::sync::Arc;

use http::header::HeaderName;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderValue, Version};

use super::{Ask, ORIGIN, Settings, grpc};
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
use crate::integrations::http_server::{Head, Incoming, RawHeader};
use crate::scope::request_events::AwaitedFailures;

/// Reads a request.
pub(super) fn request(parts: &Parts, settings: &Settings, client: &Arc<Client>) -> Incoming {
    let authority = parts.uri.authority().map(|authority| {
        // The authority may contain a user before the host.
        authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host)
    });
    let peer = settings.client_address.as_ref().filter(|_| client.options().collected().user_info());
    let call = grpc::Call::of(parts);
    let head = Head {
        method: parts.method.as_str(),
        scheme: parts.uri.scheme().map(Scheme::as_str),
        authority,
        path: parts.uri.path(),
        query: parts.uri.query(),
        version: version(parts.version),
        route: route_of(parts, settings, call),
        peer: peer.and_then(|ask| asked("client_address", ask, parts)),
        origin: ORIGIN,
        awaited: match settings.server_errors {
            true => AwaitedFailures::ErrorsAndResponses,
            false => AwaitedFailures::Errors,
        },
        further: if call.is_some() { grpc::attributes } else { Head::NOTHING },
    };
    Incoming::new(head, || parts.headers.iter().map(raw_header), client)
}

/// Returns the route of the request, if it is known here.
pub(super) fn route(parts: &Parts, settings: &Settings) -> Option<String> {
    route_of(parts, settings, grpc::Call::of(parts))
}

fn route_of(parts: &Parts, settings: &Settings, call: Option<grpc::Call<'_>>) -> Option<String> {
    let given = settings.route.as_ref().and_then(|ask| asked("route", ask, parts));
    given.or_else(|| matched_path(parts)).or_else(|| call.map(|call| call.path.to_owned()))
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

fn raw_header<'a>((name, value): (&'a HeaderName, &'a HeaderValue)) -> RawHeader<'a> {
    (name.as_str(), value.as_bytes(), value.is_sensitive())
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
