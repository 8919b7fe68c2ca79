//! Ingestion: the endpoints to which SDKs post.
//!
//! They need no token, since a DSN has no room for one, and answer pages of every site, since a browser's SDK runs in one.
//! [Spec, envelopes](https://develop.sentry.dev/sdk/foundations/transport/envelopes/),
//! [Spotlight](https://develop.sentry.dev/sdk/foundations/client/integrations/spotlight/)

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::limits::{Limits, MAX_BODIES};
use super::shared::Refused;
use super::shared::Shared;
use crate::envelope;
use crate::envelope::decode::{DecodeError, MAX_BODY, decode};

/// The time in which a body has to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The form of a body.
#[derive(Clone, Copy)]
enum Form {
    Envelope,
    /// One event, as SDKs sent it before there were envelopes.
    Event,
}

/// Returns the routes of ingestion.
pub(super) fn routes(shared: Arc<Shared>, limits: Arc<Limits>) -> Router {
    let envelope = |State((shared, limits)): State<Both>, project: Option<Path<String>>, request: Request| async move {
        take(shared, limits, project, request, Form::Envelope).await
    };
    let event = |State((shared, limits)): State<Both>, project: Option<Path<String>>, request: Request| async move {
        take(shared, limits, project, request, Form::Event).await
    };
    Router::new()
        .route("/api/{project}/envelope/", post(envelope))
        .route("/api/{project}/envelope", post(envelope))
        .route("/api/{project}/store/", post(event))
        .route("/api/{project}/store", post(event))
        .route("/stream", post(envelope))
        .layer(middleware::from_fn(cross_origin))
        .with_state((shared, limits))
}

type Both = (Arc<Shared>, Arc<Limits>);

async fn take(
    shared: Arc<Shared>,
    limits: Arc<Limits>,
    project: Option<Path<String>>,
    request: Request,
    form: Form,
) -> Response {
    shared.counts.request();
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode, reason: &'static str, message: &str| {
        shared.counts.rejected(reason);
        let body = serde_json::json!({ "detail": message }).to_string();
        (status, [("content-type", "application/json")], body).into_response()
    };
    let Some(expected) = expected_length(&parts.headers) else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 24 MiB");
    };
    // The body, and what it becomes.
    let room = u32::try_from(expected.saturating_mul(2).clamp(1 << 10, MAX_BODIES)).unwrap_or(u32::MAX);
    let Ok(Ok(_room)) = timeout(PATIENCE, Arc::clone(&limits.bodies).acquire_many_owned(room)).await else {
        let mut busy = refuse(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many bodies at the same time");
        busy.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        return busy;
    };
    let body = match timeout(PATIENCE, read(body, expected)).await {
        Ok(Some(body)) => body,
        Ok(None) => {
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 24 MiB");
        }
        Err(_) => {
            return refuse(StatusCode::REQUEST_TIMEOUT, "too_slow", "the body did not arrive in 30 seconds");
        }
    };
    let encoding =
        parts.headers.get(CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("?")).to_owned();
    let taken = spawn_blocking({
        let shared = Arc::clone(&shared);
        move || {
            let body = decode(&encoding, body).map_err(Failed::Decode)?;
            let body = match form {
                Form::Envelope => body,
                Form::Event => envelope::of_event(&body).ok_or_else(|| {
                    shared.counts.rejected("not_an_envelope");
                    Failed::Refused(Refused::NotAnEnvelope)
                })?,
            };
            shared.take(&body, project.as_ref().map(|Path(project)| &**project)).map_err(Failed::Refused)
        }
    });
    match taken.await {
        Ok(Ok(event_id)) => {
            let body = event_id.map_or_else(|| serde_json::json!({}), |id| serde_json::json!({ "id": id }));
            ([("content-type", "application/json")], body.to_string()).into_response()
        }
        Ok(Err(Failed::Decode(error))) => {
            let (status, reason) = match error {
                DecodeError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
                DecodeError::UnknownEncoding => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown_encoding"),
                DecodeError::Damaged => (StatusCode::BAD_REQUEST, "damaged"),
            };
            refuse(status, reason, &error.to_string())
        }
        // Counted already.
        Ok(Err(Failed::Refused(Refused::NotAnEnvelope))) => {
            (StatusCode::BAD_REQUEST, r#"{"detail":"the body is not an envelope"}"#).into_response()
        }
        Ok(Err(Failed::Refused(Refused::Internal))) | Err(_) => {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

enum Failed {
    Decode(DecodeError),
    Refused(Refused),
}

/// Returns the length that the headers announce, else the maximum. Returns `None` if it is too large.
fn expected_length(headers: &HeaderMap) -> Option<usize> {
    match headers.get(CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok().filter(|length| *length <= MAX_BODY),
        None => Some(MAX_BODY),
    }
}

/// Returns the body, or `None` if it is larger than `limit` or breaks off.
async fn read(body: Body, limit: usize) -> Option<Vec<u8>> {
    to_bytes(body, limit).await.ok().map(Vec::from)
}

/// Allows pages of every site to send: <https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS>.
async fn cross_origin(request: Request, next: Next) -> Response {
    let is_question = request.method() == Method::OPTIONS;
    let mut response =
        if is_question { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "x-sentry-error, x-sentry-rate-limits, retry-after"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_question {
        for (name, value) in [
            ("access-control-allow-methods", "POST, OPTIONS"),
            (
                "access-control-allow-headers",
                "x-sentry-auth, x-requested-with, origin, accept, content-type, content-encoding, authentication, \
                 authorization, sentry-trace, baggage, traceparent",
            ),
            ("access-control-max-age", "3600"),
            // Chrome asks before a public page may reach this machine.
            ("access-control-allow-private-network", "true"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
