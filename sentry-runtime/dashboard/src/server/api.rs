//! The routes that need the token: the page, the API, MCP.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::limits::{Api, Limits};
use super::shared::Shared;
use super::wait::{self, Wanted};
use super::{guard, identity, ingest, live, page};
use crate::mcp::{self, Outcome};
use crate::query::{self, Answer};

/// The maximum size of a request of the API, in bytes.
const MAX_REQUEST: usize = 256 << 10;

/// Returns all routes.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let limits = Arc::new(Limits::new());
    let api = Api { shared: Arc::clone(&shared), limits: Arc::clone(&limits) };
    Router::new()
        .route("/", get(page::page))
        .route("/api/live", get(live::live))
        .route("/api/wait", get(wait::wait))
        .route("/api/pin", post(pin))
        .route("/api/clear", post(clear))
        .route("/mcp", post(mcp))
        // A route for all of `/api` would contradict those of ingestion.
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::guard))
        .with_state(api)
        .merge(Router::new().route("/identity", get(identity::identity)))
        .merge(ingest::routes(shared, limits))
}

/// Answers from the store.
async fn answer(State(api): State<Api>, method: Method, uri: Uri, RawQuery(query): RawQuery) -> Response {
    let path = uri.path().to_owned();
    if path != "/api" && !path.starts_with("/api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let shared = api.shared;
    blocking(move || {
        let facts = shared.counts.facts();
        query::answer(&shared.store(), &facts, &path, query.as_deref().unwrap_or_default()).into_response()
    })
    .await
}

async fn pin(State(api): State<Api>, body: Bytes) -> Response {
    let request: Option<Value> = serde_json::from_slice(&body).ok();
    let field = |name: &str| request.as_ref().and_then(|request| request.get(name));
    let (Some(trace_id), Some(pinned)) =
        (field("trace_id").and_then(Value::as_str), field("pinned").and_then(Value::as_bool))
    else {
        let message = r#"{"error":"expected {\"trace_id\":\"…\",\"pinned\":true}"}"#;
        return (StatusCode::BAD_REQUEST, [("content-type", "application/json")], message).into_response();
    };
    let trace_id = trace_id.to_owned();
    let shared = api.shared;
    blocking(move || {
        let (known, seq) = {
            let mut store = shared.store();
            (store.pin(&trace_id, pinned), store.seq())
        };
        if !known {
            return (StatusCode::NOT_FOUND, r#"{"error":"there is no such trace"}"#).into_response();
        }
        shared.announce(seq, &["traces"]);
        StatusCode::NO_CONTENT.into_response()
    })
    .await
}

async fn clear(State(api): State<Api>) -> Response {
    let shared = api.shared;
    blocking(move || {
        let seq = {
            let mut store = shared.store();
            store.clear();
            store.seq()
        };
        shared.announce(seq, &query::LISTS);
        StatusCode::NO_CONTENT.into_response()
    })
    .await
}

/// Answers one request of the Model Context Protocol by one JSON document.
async fn mcp(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let repeated = mcp::Headers {
        version: header("mcp-protocol-version"),
        method: header("mcp-method"),
        name: header("mcp-name"),
    };
    let shared = Arc::clone(&api.shared);
    let called = spawn_blocking(move || {
        let facts = shared.counts.facts();
        mcp::call(&shared.store(), &facts, &repeated, &body)
    });
    match called.await {
        Ok(Outcome::Answer(answer)) => answer.into_response(),
        Ok(Outcome::Wait { id, kind, q, after, timeout_s }) => {
            let wanted = Wanted { kind, q, after, timeout_s };
            match wait::until(&api.shared, &api.limits, wanted).await {
                Ok(found) => mcp::waited(id, found).into_response(),
                Err(status) => status.into_response(),
            }
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Runs what may take long beside the server's thread. A panic costs this answer only.
async fn blocking(answer: impl FnOnce() -> Response + Send + 'static) -> Response {
    spawn_blocking(answer).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static(self.content_type);
        (status, [("content-type", kind)], self.body).into_response()
    }
}
