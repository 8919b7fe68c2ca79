//! The middleware in front of every answer: it applies the rules of access, and adds the headers for security.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::access::Denied;
use super::shared::Shared;

/// Answers only requests that may read.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let access = &shared.access;
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let mut response = match access.check_site(request.headers(), is_read) {
        Ok(()) => match is_read.then(|| access.sign_in(request.uri())).flatten() {
            Some(signed_in) => signed_in,
            None if access.has_token(request.headers()) => next.run(request).await,
            None => Denied::Token.answer(request.uri().path() == "/"),
        },
        Err(denied) => {
            shared.counts.rejected(if denied == Denied::Host { "host" } else { "origin" });
            denied.answer(false)
        }
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The page brings its own, which allows its script.
    headers
        .entry("content-security-policy")
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    response
}
