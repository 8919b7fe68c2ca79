//! The answers of the API: one function a list, all of the same parameters.

mod events;
mod find;
mod functions;
mod guide;
mod health;
mod issues;
mod jobs;
mod keys;
mod logs;
mod others;
mod overview;
pub(crate) mod params;
mod place;
pub(crate) mod search;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod traces;
mod waterfall;

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

pub(crate) use find::find;
pub(crate) use params::Params;
pub(crate) use store::Store;

/// The names of the lists that a change may concern.
pub(crate) const LISTS: [&str; 10] =
    ["traces", "issues", "logs", "metrics", "jobs", "sessions", "functions", "health", "overview", "hints"];

/// The facts that the server knows and the store does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) started: f64,
    pub(crate) keep: Option<String>,
    pub(crate) editor: String,
    pub(crate) requests: u64,
    pub(crate) envelopes: u64,
    pub(crate) bytes: u64,
    pub(crate) rejected: Vec<(&'static str, u64)>,
    pub(crate) dropped: u64,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self { status, content_type: "application/json", body: value.to_string().into_bytes() }
    }

    pub(crate) fn text(text: String) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: text.into_bytes() }
    }

    fn not_found(message: &str) -> Self {
        Self::json(404, &json!({ "error": message }))
    }
}

/// Answers a GET request below `/api`.
pub(crate) fn answer(store: &Store, facts: &Facts, path: &str, query: &str) -> Answer {
    answer_at(store, facts, path, query, now())
}

/// Answers as of a moment.
pub(crate) fn answer_at(store: &Store, facts: &Facts, path: &str, query: &str, now: f64) -> Answer {
    let params = Params::read(query, now);
    let path = path.trim_end_matches('/');
    let path = path.strip_prefix("/api").unwrap_or(path).trim_start_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let mut value = match parts.as_slice() {
        [""] => return Answer::text(guide::TEXT.to_owned()),
        ["overview"] => overview::answer(store, facts, &params),
        ["traces"] => traces::answer(store, &params),
        ["traces", id] => match waterfall::answer(store, id, &params) {
            Some(answer) => answer,
            None => {
                return Answer::not_found(
                    "no such trace: it has not arrived, or it was evicted to stay within the memory limit",
                );
            }
        },
        ["traces", id, "text"] => match text::trace(store, id, &params) {
            Some(text) => return Answer::text(text),
            None => {
                return Answer::not_found(
                    "no such trace: it has not arrived, or it was evicted to stay within the memory limit",
                );
            }
        },
        ["compare"] => match waterfall::compare(store, &params) {
            Some(answer) => answer,
            None => {
                return Answer::not_found("`a` and `b` have to be the ids of traces that /api/traces lists");
            }
        },
        ["compare-runs"] => match functions::compare_runs(store, &params) {
            Some(answer) => answer,
            None => return Answer::not_found("`a` and `b` have to be ids of runs; /api/overview lists them"),
        },
        ["issues"] => issues::answer(store, &params),
        ["issues", id] => match issues::one(store, id) {
            Some(answer) => answer,
            None => return Answer::not_found("no such issue"),
        },
        ["events", id] => match events::one(store, id) {
            Some(answer) => answer,
            None => {
                return Answer::not_found(
                    "no such event: it has not arrived, or it was evicted to stay within the memory limit",
                );
            }
        },
        ["jobs"] => jobs::answer(store, &params),
        ["functions"] => functions::answer(store, &params),
        ["hints"] => others::hints(store, &params),
        ["logs"] => logs::answer(store, &params),
        ["metrics"] => others::metrics(store, &params),
        ["sessions"] => others::sessions(store, &params),
        ["health"] => health::answer(store, facts),
        ["keys"] => keys::answer(store, &params),
        _ => return Answer::not_found("no such address; /api lists them"),
    };
    if let Value::Object(answer) = &mut value {
        answer.insert("seq".to_owned(), store.seq().into());
    }
    Answer::json(200, &value)
}

/// Returns the present as Unix seconds.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Makes the answer of a list.
fn list<T: Into<Value>>(name: &str, page: params::Page<T>) -> Value {
    let rows: Vec<Value> = page.rows.into_iter().map(Into::into).collect();
    json!({ name: rows, "total": page.total, "next_cursor": page.next_cursor })
}
