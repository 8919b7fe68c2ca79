//! The tools: names and parameters. Those that Spotlight has are called as there.

use serde_json::{Value, json};

/// The longest wait in seconds.
const MAX_WAIT: f64 = 120.0;

const KINDS: [&str; 6] = ["error", "trace", "log", "job", "hint", "span"];

/// Returns the definitions of all tools.
pub(super) fn list() -> Value {
    json!([
        tool(
            "search_errors",
            "Search errors",
            "Errors and crashes of all services, grouped, newest first: type, message, count, the stack's own frames with \
             file and line, the trace.",
            search("q may use type:, level:, service:, handled:false, file:, release:, and any tag."),
            &[],
        ),
        tool(
            "search_logs",
            "Search logs",
            "Log lines of all services, newest first.",
            search("q may use level:[warning,error], service:, trace:ID, and any attribute."),
            &[],
        ),
        tool(
            "search_traces",
            "Search traces",
            "Traces (requests, jobs, page loads), newest first: id, name, duration, spans, errors, hints. get_traces shows \
             one of them.",
            search(
                "q may use name:, op:, span:\"a span inside\", status:, duration:>100, service:, has:error, and any \
                 attribute such as http.response.status_code:500.",
            ),
            &[],
        ),
        tool(
            "get_traces",
            "Show a trace",
            "One trace as an indented tree of spans: name, operation, duration, own time, status, place in the code; with \
             its errors, logs and hints.",
            json!({
                "traceId": { "type": "string", "description": "The id of the trace: 32 hexadecimal digits, or the first 8." },
                "limit": { "type": "integer", "description": "The most lines; 200 by default." },
            }),
            &["traceId"],
        ),
        tool(
            "list_jobs",
            "List jobs",
            "Scheduled jobs (monitors): schedule in words, last and next run, the latest runs with the error of failed \
             ones; runs that were missed or timed out are computed.",
            json!({ "q": text("Words of the name, or status:error, status:missed."), "limit": limit() }),
            &[],
        ),
        tool(
            "slow_handlers",
            "List slow handlers",
            "Request handlers by the time that they take: calls, error share, p50, p95, maximum, own time, a trace of the \
             slowest call. Other tabs: queries, requests (outgoing), jobs, functions, all.",
            json!({
                "tab": {
                    "type": "string",
                    "enum": ["handlers", "queries", "requests", "jobs", "functions", "all"],
                    "description": "What to list; handlers by default.",
                },
                "sort": {
                    "type": "string",
                    "enum": ["p95_ms", "p50_ms", "total_ms", "self_ms", "max_ms", "calls", "errors"],
                    "description": "p95_ms by default.",
                },
                "q": text("Words of the name, or op:, service:."),
                "limit": limit(),
            }),
            &[],
        ),
        tool(
            "hints",
            "List hints",
            "What looks wrong in the traces: the same query many times (N+1), calls that could run at once, spans slower \
             than usual, cancelled work, swallowed errors, spans that do not end. With the place in the code.",
            json!({
                "kind": {
                    "type": "string",
                    "enum": [
                        "n_plus_one", "sequential", "slower_than_usual", "cancelled", "swallowed_error", "open_span",
                    ],
                },
                "q": text("Words of the hint."),
                "limit": limit(),
            }),
            &[],
        ),
        tool(
            "compare_runs",
            "Compare runs",
            "What became slower or faster from one run of a program to another: p50 and p95 of each function. Without \
             parameters: the two latest runs of a service.",
            json!({
                "a": text("The id of the earlier run, such as run-1."),
                "b": text("The id of the later run."),
                "service": text("The service whose two latest runs are compared."),
                "limit": limit(),
            }),
            &[],
        ),
        tool(
            "wait_for",
            "Wait for something",
            "Returns as soon as something matching arrives, or after the timeout.",
            json!({
                "kind": { "type": "string", "enum": KINDS, "description": "What to wait for." },
                "q": text("What it has to match, as in the searches."),
                "timeout": { "type": "number", "description": "Seconds; 30 by default, 120 at most." },
            }),
            &["kind"],
        ),
    ])
}

/// Returns the names of all tools.
pub(super) fn names() -> Vec<String> {
    let list = list();
    let tools = list.as_array().map_or(&[][..], Vec::as_slice);
    tools.iter().filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect()
}

fn tool(name: &str, title: &str, description: &str, properties: Value, required: &[&str]) -> Value {
    json!({
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": { "type": "object", "properties": properties, "required": required },
        "annotations": { "readOnlyHint": true, "openWorldHint": false },
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn limit() -> Value {
    json!({ "type": "integer", "description": "The most entries; 20 by default." })
}

/// The parameters of Spotlight's searches, and a query.
fn search(about: &str) -> Value {
    json!({
        "filters": {
            "type": "object",
            "description": "Which entries; all that are held if it is left out.",
            "properties": {
                "timeWindow": { "type": "number", "description": "Seconds to look back from now: 60 is the last minute." },
                "filename": { "type": "string", "description": "A file's name that occurs in the stack or the place in the code." },
                "limit": { "type": "integer", "description": "The most entries; 20 by default." },
                "offset": { "type": "integer", "description": "Entries to skip; 0 by default." },
            },
        },
        "q": { "type": "string", "description": format!("Words, key:value, !key:value, key:>number, has:key. {about}") },
    })
}

/// Reads the parameters of `wait_for`.
pub(super) fn wait(arguments: &Value) -> Result<(String, String, f64), String> {
    let kind = arguments.get("kind").and_then(Value::as_str).unwrap_or_default();
    if !KINDS.contains(&kind) {
        return Err(format!("`kind` has to be one of {}", KINDS.join(", ")));
    }
    let q = arguments.get("q").and_then(Value::as_str).unwrap_or_default();
    let timeout = arguments.get("timeout").and_then(Value::as_f64).filter(|timeout| timeout.is_finite());
    Ok((kind.to_owned(), q.to_owned(), timeout.unwrap_or(30.0).clamp(0.0, MAX_WAIT)))
}
