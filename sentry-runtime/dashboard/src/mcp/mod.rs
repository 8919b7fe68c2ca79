//! The endpoint of the [Model Context Protocol](https://modelcontextprotocol.io/specification/2026-07-28/): one POST, one
//! JSON document, no session.
//!
//! The stateless revision of 2026 is served, and the revisions with a handshake before it: what their handshake
//! agrees on changes nothing here, so that no session is needed for them either.

mod answers;
mod lines;
#[cfg(test)]
mod tests;
mod tools;

use serde_json::{Value, json};

use crate::query::{Answer, Facts, Store};

/// The stateless revision.
const MODERN: &str = "2026-07-28";
/// The revisions that begin with `initialize`, newest first.
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const HEADER_MISMATCH: i32 = -32020;
const UNSUPPORTED_VERSION: i32 = -32022;

const INSTRUCTIONS: &str = "What the programs under development recorded: traces, errors, logs, scheduled jobs, and hints \
at slow or wrong code. Begin with search_errors when something fails, with hints or slow_handlers when it is slow; \
get_traces shows one trace as a tree. wait_for returns when something happens, so start it before you trigger the program.";

/// The headers of a request that repeat parts of its body.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// `MCP-Protocol-Version`.
    pub(crate) version: Option<String>,
    /// `Mcp-Method`.
    pub(crate) method: Option<String>,
    /// `Mcp-Name`.
    pub(crate) name: Option<String>,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Answer),
    /// [`waited`] answers, once something matching came or the time is over.
    Wait {
        id: Value,
        kind: String,
        q: String,
        after: Option<u64>,
        timeout_s: f64,
    },
}

/// Answers a request.
pub(crate) fn call(store: &Store, facts: &Facts, headers: &Headers, body: &[u8]) -> Outcome {
    Outcome::Answer(match serde_json::from_slice(body) {
        Err(error) => failure(400, &Value::Null, PARSE_ERROR, &format!("the body is not JSON: {error}")),
        Ok(request @ Value::Object(_)) => return message(store, facts, headers, &request),
        Ok(_) => failure(
            400,
            &Value::Null,
            INVALID_REQUEST,
            "the body has to be one JSON-RPC message, not a batch",
        ),
    })
}

/// Answers a request to wait.
pub(crate) fn waited(id: Value, found: Option<Value>) -> Answer {
    let text = match found {
        Some(found) => lines::brief(&found),
        None => "Nothing matching came in that time.".to_owned(),
    };
    success(&id, tool_result(text, false))
}

fn message(store: &Store, facts: &Facts, headers: &Headers, request: &Value) -> Outcome {
    let id = request.get("id").filter(|id| id.is_string() || id.is_number());
    let Some(method) = request.get("method").and_then(Value::as_str) else {
        // An answer to something that was never asked.
        let is_response = request.get("result").is_some() || request.get("error").is_some();
        return Outcome::Answer(if is_response {
            accepted()
        } else {
            failure(400, &Value::Null, INVALID_REQUEST, "the message has no `method`")
        });
    };
    let Some(id) = id else { return Outcome::Answer(accepted()) };
    let null = Value::Null;
    let params = request.get("params").unwrap_or(&null);
    let is_modern = match era(id, method, params, headers) {
        Ok(is_modern) => is_modern,
        Err(answer) => return Outcome::Answer(answer),
    };
    Outcome::Answer(match method {
        "server/discover" => success(
            id,
            json!({
                "supportedVersions": std::iter::once(MODERN).chain(LEGACY).collect::<Vec<_>>(),
                "capabilities": { "tools": {} },
                "instructions": INSTRUCTIONS,
                "ttlMs": 3_600_000,
                "cacheScope": "public",
            }),
        ),
        "initialize" => {
            let wanted = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
            let version = LEGACY.iter().find(|version| **version == wanted).unwrap_or(&LEGACY[0]);
            success(
                id,
                json!({
                    "protocolVersion": version,
                    "capabilities": { "tools": { "listChanged": false } },
                    "serverInfo": server_info(),
                    "instructions": INSTRUCTIONS,
                }),
            )
        }
        "ping" => success(id, json!({})),
        "tools/list" => {
            success(id, json!({ "tools": tools::list(), "ttlMs": 3_600_000, "cacheScope": "public" }))
        }
        "tools/call" => return tool(store, facts, id, params),
        _ => failure(
            if is_modern { 404 } else { 200 },
            id,
            METHOD_NOT_FOUND,
            &format!("`{}` is no method of this server", crate::model::text::cut(method, 100)),
        ),
    })
}

/// Returns whether the request is of the stateless revision, whose headers have to repeat the body.
fn era(id: &Value, method: &str, params: &Value, headers: &Headers) -> Result<bool, Answer> {
    let declared = params.get("_meta").and_then(|meta| meta.get(VERSION_KEY)).and_then(Value::as_str);
    let header = headers.version.as_deref();
    let Some(version) = declared.or(header) else { return Ok(false) };
    if declared.is_none() && LEGACY.contains(&version) {
        return Ok(false);
    }
    // Legacy clients put what they like into the header of their first request.
    if declared.is_none() && method == "initialize" {
        return Ok(false);
    }
    if version != MODERN && !LEGACY.contains(&version) {
        let supported: Vec<&str> = std::iter::once(MODERN).chain(LEGACY).collect();
        let data = json!({ "supported": supported, "requested": version });
        return Err(failure_with(400, id, UNSUPPORTED_VERSION, "Unsupported protocol version", Some(data)));
    }
    let name = params.get("name").and_then(Value::as_str).filter(|_| method == "tools/call");
    for (what, header, body) in [
        ("MCP-Protocol-Version", header, declared),
        ("Mcp-Method", headers.method.as_deref(), Some(method)),
        ("Mcp-Name", headers.name.as_deref(), name),
    ] {
        if body.is_some() && header.map(str::trim) != body {
            let message = format!(
                "Header mismatch: {what} is {}, the body says {}",
                header.map_or_else(|| "missing".to_owned(), |header| format!("'{header}'")),
                body.unwrap_or_default(),
            );
            return Err(failure(400, id, HEADER_MISMATCH, &message));
        }
    }
    if declared.is_none() {
        return Err(failure(400, id, INVALID_PARAMS, &format!("`params._meta` needs `{VERSION_KEY}`")));
    }
    Ok(true)
}

fn tool(store: &Store, facts: &Facts, id: &Value, params: &Value) -> Outcome {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    let empty = json!({});
    let arguments = params.get("arguments").filter(|arguments| arguments.is_object()).unwrap_or(&empty);
    if name == "wait_for" {
        return match tools::wait(arguments) {
            Ok((kind, q, timeout_s)) => Outcome::Wait { id: id.clone(), kind, q, after: None, timeout_s },
            Err(message) => Outcome::Answer(success(id, tool_result(message, true))),
        };
    }
    Outcome::Answer(match answers::answer(store, facts, name, arguments) {
        None => {
            let known = tools::names().join(", ");
            let name = crate::model::text::cut(name, 100);
            failure(200, id, INVALID_PARAMS, &format!("Unknown tool: {name}. The tools are: {known}"))
        }
        Some(Ok(text)) => success(id, tool_result(text, false)),
        Some(Err(message)) => success(id, tool_result(message, true)),
    })
}

fn tool_result(text: String, is_error: bool) -> Value {
    json!({ "content": [{ "type": "text", "text": text }], "isError": is_error })
}

fn server_info() -> Value {
    json!({ "name": "sentry-dashboard", "title": "Sentry dashboard", "version": env!("CARGO_PKG_VERSION") })
}

fn success(id: &Value, mut result: Value) -> Answer {
    result["resultType"] = "complete".into();
    result["_meta"] = json!({ "io.modelcontextprotocol/serverInfo": server_info() });
    Answer::json(200, &json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn failure(status: u16, id: &Value, code: i32, message: &str) -> Answer {
    failure_with(status, id, code, message, None)
}

fn failure_with(status: u16, id: &Value, code: i32, message: &str, data: Option<Value>) -> Answer {
    let mut error = json!({ "code": code, "message": message });
    if let Some(data) = data {
        error["data"] = data;
    }
    Answer::json(status, &json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

fn accepted() -> Answer {
    Answer { status: 202, content_type: "application/json", body: Vec::new() }
}
