//! Name, operation, source and status of an OpenTelemetry span, derived from its kind and attributes.
//!
//! Operations are set if OpenTelemetry's conventions identify the span: databases, HTTP, RPC, messaging, functions as a
//! service. All others are left to the server.

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status};

use super::values::text;
use crate::protocol::SpanStatus;

/// The origin of the spans.
pub(super) const ORIGIN: &str = "auto.otel";

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OtelDescription {
    pub(super) name: String,
    pub(super) op: String,
    pub(super) source: &'static str,
}

/// Returns the name of a kind, as an attribute value.
pub(super) fn kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
    }
}

pub(super) fn of(name: &str, kind: &SpanKind, attributes: &[KeyValue]) -> OtelDescription {
    let get = |names: &[&str]| text(attributes, names);
    let described = |name: String, op: &str, source| OtelDescription { name, op: op.to_owned(), source };
    if let Some(method) = get(&["http.request.method", "http.method"]) {
        return http(name, kind, attributes, &method);
    }
    if get(&["db.system.name", "db.system"]).is_some() {
        let query = get(&["db.query.text", "db.statement"]).unwrap_or_else(|| name.to_owned());
        return described(query, "db", "task");
    }
    if get(&["rpc.system", "rpc.system.name", "rpc.service"]).is_some() {
        return described(name.to_owned(), "rpc", "route");
    }
    if get(&["messaging.system"]).is_some() {
        return described(name.to_owned(), "message", "route");
    }
    if let Some(trigger) = get(&["faas.trigger"]) {
        return described(name.to_owned(), &trigger, "route");
    }
    described(name.to_owned(), "", "custom")
}

/// Returns `GET /orders/{id}`, by the route or else by the URL's path, which is unsuitable for grouping.
fn http(name: &str, kind: &SpanKind, attributes: &[KeyValue], method: &str) -> OtelDescription {
    let op = match kind {
        SpanKind::Client => "http.client",
        SpanKind::Server => "http.server",
        _ => "http",
    };
    let path = || {
        let full = || text(attributes, &["url.full", "http.url"]).map(|url| path_of(&url));
        text(attributes, &["url.path", "http.target"]).or_else(full)
    };
    let without_query = |path: String| path.split(['?', '#']).next().unwrap_or_default().to_owned();
    let (name, source) = match (text(attributes, &["http.route"]), path()) {
        (Some(route), _) => (format!("{method} {route}"), "route"),
        (None, Some(path)) if name == method || name.starts_with("HTTP ") => {
            (format!("{method} {}", without_query(path)), "url")
        }
        (None, Some(path)) if name.ends_with(&*path) => (without_query(name.to_owned()), "url"),
        _ => (name.to_owned(), "custom"),
    };
    OtelDescription { name, op: op.to_owned(), source }
}

/// Returns the path of a URL; for another server, with the server's name. User and password are removed.
fn path_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// Returns the status. Only OpenTelemetry's error status is an error; the HTTP or gRPC code determines its kind.
pub(super) fn status(status: &Status, attributes: &[KeyValue]) -> SpanStatus {
    let Status::Error { description } = status else { return SpanStatus::Ok };
    match kind_of_error(description, attributes) {
        // The server does not count `unknown_error` as a failure.
        None | Some(SpanStatus::UnknownError) => SpanStatus::InternalError,
        Some(kind) => kind,
    }
}

fn kind_of_error(description: &str, attributes: &[KeyValue]) -> Option<SpanStatus> {
    let code = |names: &[&str]| text(attributes, names).and_then(|code| code.parse::<u16>().ok());
    if let Some(code) = code(&["http.response.status_code", "http.status_code"]).filter(|&code| code >= 400) {
        return Some(SpanStatus::from_http_status(code));
    }
    let grpc = ["rpc.grpc.status_code", "rpc.response.status_code"];
    if let Some(status) = code(&grpc).and_then(SpanStatus::from_grpc_status) {
        return Some(status);
    }
    // A description that is the name of a status is taken as that status.
    description.parse().ok()
}
