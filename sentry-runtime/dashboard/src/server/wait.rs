//! Waiting for something that matches: `GET /api/wait`, and the MCP tool `wait_for`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};

use super::limits::{Api, Limits};
use super::shared::Shared;
use crate::query;

/// The longest wait, in seconds.
const LONGEST: f64 = 120.0;
/// The kinds of things that can be waited for.
pub(super) const KINDS: [&str; 6] = ["trace", "error", "log", "job", "hint", "span"];
/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// The data for which a request waits.
pub(super) struct Wanted {
    pub(super) kind: String,
    pub(super) q: String,
    /// Changes up to this number do not count. Default: those before the request.
    pub(super) after: Option<u64>,
    pub(super) timeout_s: f64,
}

/// Answers when something matches or the time is over.
pub(super) async fn wait(State(api): State<Api>, Query(given): Query<BTreeMap<String, String>>) -> Response {
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let number = |name: &str| given.get(name).map(|value| value.parse::<f64>()).transpose();
    let (Ok(timeout_s), Ok(after)) = (number("timeout"), number("after")) else {
        return wrong("`timeout` and `after` are numbers");
    };
    let kind = text("kind");
    if !KINDS.contains(&&*kind) {
        return wrong("`kind` is one of trace, error, log, job, hint, span");
    }
    // A negative or enormous number becomes the nearest possible one.
    let after = after.map(|after| after as u64);
    let wanted = Wanted { kind: kind.clone(), q: text("q"), after, timeout_s: timeout_s.unwrap_or(30.0) };
    let answer = match until(&api.shared, &api.limits, wanted).await {
        Ok(Some(item)) => {
            json!({ "matched": true, "kind": kind, "item": item, "seq": *api.shared.watch().borrow() })
        }
        Ok(None) => json!({ "matched": false, "seq": *api.shared.watch().borrow() }),
        Err(status) => return status.into_response(),
    };
    ([("content-type", "application/json")], answer.to_string()).into_response()
}

/// Returns the first thing that matches, or `None` if the time is over.
pub(super) async fn until(
    shared: &Arc<Shared>,
    limits: &Limits,
    wanted: Wanted,
) -> Result<Option<Value>, StatusCode> {
    let _permit =
        Arc::clone(&limits.waiting).try_acquire_owned().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let seconds = if wanted.timeout_s.is_finite() { wanted.timeout_s.clamp(0.0, LONGEST) } else { LONGEST };
    let deadline = Instant::now() + Duration::from_secs_f64(seconds);
    let mut changes = shared.watch();
    let after = wanted.after.unwrap_or(*changes.borrow_and_update());
    let wanted = Arc::new(wanted);
    loop {
        let look = spawn_blocking({
            let (shared, wanted) = (Arc::clone(shared), Arc::clone(&wanted));
            move || query::find(&shared.store(), &wanted.kind, &wanted.q, after)
        });
        if let Some(found) = look.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)? {
            return Ok(Some(found));
        }
        match timeout_at(deadline, changes.changed()).await {
            Ok(Ok(())) => sleep(PAUSE).await,
            Ok(Err(_)) | Err(_) => return Ok(None),
        }
    }
}

fn wrong(message: &str) -> Response {
    let body = json!({ "error": message }).to_string();
    (StatusCode::BAD_REQUEST, [("content-type", "application/json")], body).into_response()
}
