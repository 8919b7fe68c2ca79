//! Tests of the MCP endpoint with clients of the stateless revision and of earlier ones.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail with it")]

use serde_json::{Value, json};

use super::{Headers, Outcome, call, waited};
use crate::query::Facts;
use crate::query::tests::{Lab, TRACE, error, span, transaction};

fn shop() -> Lab {
    let mut lab = Lab::new();
    let queries: Vec<Value> = (0..6)
        .map(|at| {
            let mut query = span(
                &format!("{:016x}", 100 + at),
                "000000000000000a",
                "db.query",
                &format!("SELECT {at}"),
                f64::from(at),
                0.5,
            );
            query["data"] = json!({ "code.file.path": "src/repository.rs", "code.line.number": 48 });
            query
        })
        .collect();
    lab.send("transaction", &transaction("GET /", "000000000000000a", 100.0, json!(queries)));
    lab.send("event", &error("1", "Declined", "card 17"));
    lab.send(
        "log",
        &json!({ "items": [{ "body": "order 7 paid", "level": "info", "trace_id": TRACE,
        "attributes": { "code.file.path": "src/pay.rs", "code.line.number": 3 } }] }),
    );
    lab.send("check_in", &json!({ "monitor_slug": "restock", "status": "ok", "timestamp": crate::query::now(), "monitor_config": {
        "schedule": { "type": "interval", "value": 10, "unit": "minute" } } }));
    lab
}

/// Sends a message like a client from before the stateless revision.
fn legacy(lab: &Lab, message: &Value) -> (u16, Value) {
    send(lab, &Headers::default(), message)
}

fn send(lab: &Lab, headers: &Headers, message: &Value) -> (u16, Value) {
    match call(&lab.store, &Facts::default(), headers, message.to_string().as_bytes()) {
        Outcome::Answer(answer) => (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()),
        outcome @ Outcome::Wait { .. } => panic!("{outcome:?}"),
    }
}

fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

/// Calls a tool and returns its text and whether it is an error.
fn tool(lab: &Lab, name: &str, arguments: Value) -> (String, bool) {
    let (status, answer) =
        legacy(lab, &request("tools/call", json!({ "name": name, "arguments": arguments })));
    assert_eq!((status, &answer["id"]), (200, &json!(7)), "{answer}");
    let result = &answer["result"];
    assert_eq!(result["content"][0]["type"], "text");
    (result["content"][0]["text"].as_str().unwrap().to_owned(), result["isError"].as_bool().unwrap())
}

#[test]
fn a_client_with_a_handshake() {
    let lab = shop();
    let initialize = |version: &str| {
        legacy(
            &lab,
            &request(
                "initialize",
                json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": {} }),
            ),
        )
    };
    let (status, answer) = initialize("2025-06-18");
    assert_eq!((status, &answer["result"]["protocolVersion"]), (200, &json!("2025-06-18")));
    assert_eq!(answer["result"]["serverInfo"]["name"], "sentry-dashboard");
    assert!(answer["result"]["capabilities"]["tools"].is_object());
    assert_eq!(initialize("1999-01-01").1["result"]["protocolVersion"], "2025-11-25");
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(legacy(&lab, &notification), (202, Value::Null));
    let headers = Headers { version: Some("2025-06-18".to_owned()), ..Headers::default() };
    let (status, answer) = send(&lab, &headers, &request("ping", json!({})));
    assert_eq!((status, answer["result"].is_object()), (200, true));
    let (status, answer) = send(&lab, &headers, &request("resources/list", json!({})));
    assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32601)));
}

#[test]
fn a_client_without_one() {
    let lab = shop();
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {} });
    let headers = |method: &str, name: Option<&str>| Headers {
        version: Some("2026-07-28".to_owned()),
        method: Some(method.to_owned()),
        name: name.map(ToOwned::to_owned),
    };
    let (status, answer) =
        send(&lab, &headers("server/discover", None), &request("server/discover", json!({ "_meta": meta })));
    assert_eq!((status, &answer["result"]["resultType"]), (200, &json!("complete")));
    assert_eq!(answer["result"]["supportedVersions"][0], "2026-07-28");
    assert!(answer["result"]["ttlMs"].is_u64() && answer["result"]["cacheScope"].is_string());
    assert_eq!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "sentry-dashboard");
    let (_, answer) =
        send(&lab, &headers("tools/list", None), &request("tools/list", json!({ "_meta": meta })));
    assert!(answer["result"]["ttlMs"].is_u64() && answer["result"]["tools"].is_array());

    let hints = request("tools/call", json!({ "name": "hints", "arguments": {}, "_meta": meta }));
    assert_eq!(send(&lab, &headers("tools/call", Some("hints")), &hints).0, 200);
    for wrong in [
        headers("tools/list", Some("hints")),
        headers("tools/call", Some("other")),
        headers("tools/call", None),
    ] {
        let (status, answer) = send(&lab, &wrong, &hints);
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32020)), "{wrong:?}");
    }
    let other = Headers { version: Some("2025-11-25".to_owned()), ..headers("tools/call", Some("hints")) };
    assert_eq!(send(&lab, &other, &hints).1["error"]["code"], -32020);

    let (status, answer) = send(&lab, &headers("ping", None), &request("unknown", json!({ "_meta": meta })));
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32020)));
    let (status, answer) =
        send(&lab, &headers("unknown", None), &request("unknown", json!({ "_meta": meta })));
    assert_eq!((status, &answer["error"]["code"]), (404, &json!(-32601)));

    let future = json!({ "io.modelcontextprotocol/protocolVersion": "2999-01-01" });
    let headers = Headers { version: Some("2999-01-01".to_owned()), ..headers("tools/list", None) };
    let (status, answer) = send(&lab, &headers, &request("tools/list", json!({ "_meta": future })));
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32022)));
    assert_eq!(answer["error"]["data"]["requested"], "2999-01-01");
    assert!(answer["error"]["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
}

#[test]
fn messages_that_are_none() {
    let lab = Lab::new();
    let send = |body: &str| match call(&lab.store, &Facts::default(), &Headers::default(), body.as_bytes()) {
        Outcome::Answer(answer) => (
            answer.status,
            serde_json::from_slice::<Value>(&answer.body).unwrap_or_default()["error"]["code"].as_i64(),
        ),
        outcome @ Outcome::Wait { .. } => panic!("{outcome:?}"),
    };
    assert_eq!(send("{"), (400, Some(-32700)));
    assert_eq!(send("[]"), (400, Some(-32600)));
    assert_eq!(send("7"), (400, Some(-32600)));
    assert_eq!(send("{}"), (400, Some(-32600)));
    assert_eq!(send(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), (202, None));
    assert_eq!(send(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), (202, None));
    assert_eq!(send(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":7}"#), (200, Some(-32602)));
}

#[test]
fn every_tool_is_described_and_answers() {
    let lab = shop();
    let (_, answer) = legacy(&lab, &request("tools/list", json!({})));
    let tools = answer["result"]["tools"].as_array().unwrap().clone();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let expected = [
        "search_errors",
        "search_logs",
        "search_traces",
        "get_traces",
        "list_jobs",
        "slow_handlers",
        "hints",
        "compare_runs",
        "wait_for",
    ];
    assert_eq!(names, expected);
    for tool_of in &tools {
        assert_eq!(tool_of["inputSchema"]["type"], "object");
        assert!(tool_of["description"].as_str().unwrap().len() > 30);
    }
    for name in names.iter().filter(|name| !["wait_for", "get_traces", "compare_runs"].contains(name)) {
        let (text, is_error) = tool(&lab, name, json!({}));
        assert!(!is_error && !text.starts_with("No "), "{name}: {text}");
    }
    assert_eq!(legacy(&lab, &request("tools/call", json!({ "name": "other" }))).1["error"]["code"], -32602);
}

#[test]
fn spotlight_s_parameters_are_understood() {
    let lab = shop();
    let (text, _) = tool(&lab, "search_errors", json!({ "filters": { "filename": "orders.rs" } }));
    assert!(text.starts_with("1 error\n\nerror (unhandled) Declined: card 17 ×1"), "{text}");
    assert!(text.contains("at load /src/orders.rs:7  panic!()\n      with id = 7\n"), "{text}");
    assert!(text.contains("Cause: deep") && text.contains(&format!("trace {TRACE}")), "{text}");
    assert_eq!(tool(&lab, "search_errors", json!({ "filters": { "filename": "other.rs" } })).0, "No errors.");
    assert_eq!(
        tool(&lab, "search_errors", json!({ "filters": { "limit": 10, "offset": 1 } })).0,
        "No errors."
    );
    assert_eq!(tool(&lab, "search_errors", json!({ "q": "type:Other" })).0, "No errors.");
    assert!(
        tool(&lab, "search_logs", json!({ "filters": { "filename": "pay.rs" } }))
            .0
            .contains("order 7 paid @ src/pay.rs:3")
    );
    assert!(
        tool(&lab, "search_traces", json!({ "filters": { "filename": "repository.rs" } }))
            .0
            .contains("GET / 100 ms")
    );
    assert_eq!(tool(&lab, "search_traces", json!({ "q": "duration:>1s" })).0, "No traces.");
    let (text, is_error) = tool(&lab, "get_traces", json!({ "traceId": "11111111" }));
    assert!(!is_error && text.contains("SELECT ? ×6 (db.query) 3.0 ms @ src/repository.rs:48"), "{text}");
    assert!(tool(&lab, "get_traces", json!({ "traceId": "22222222" })).1);
    assert!(tool(&lab, "get_traces", json!({})).1);
}

#[test]
fn the_other_tools_are_short_and_say_where() {
    let lab = shop();
    let (text, _) = tool(&lab, "list_jobs", json!({}));
    assert!(text.contains("restock ok, Every 10 minutes; ok 1 error 0 missed 0 timeout 0"), "{text}");
    let (text, _) = tool(&lab, "slow_handlers", json!({ "tab": "queries", "sort": "calls" }));
    assert!(
        text.contains("6 0% 500 µs 500 µs 500 µs 3.0 ms SELECT ? [shop] @ src/repository.rs:48"),
        "{text}"
    );
    let (text, _) = tool(&lab, "hints", json!({ "kind": "n_plus_one" }));
    assert!(
        text.contains(
            "n_plus_one (medium, 1 traces) Repeated 6× in one trace: SELECT ? @ src/repository.rs:48"
        ),
        "{text}"
    );
    let (text, is_error) = tool(&lab, "compare_runs", json!({ "service": "shop" }));
    assert!(is_error && text.contains("run-1 (shop)"), "{text}");
    let (text, is_error) = tool(&lab, "compare_runs", json!({ "a": "run-1", "b": "run-1" }));
    assert!(!is_error && text.contains("100 ms → 100 ms (+0 ms)"), "{text}");
}

#[test]
fn waiting_is_left_to_the_server() {
    let lab = shop();
    let wait = |arguments: Value| {
        let message =
            request("tools/call", json!({ "name": "wait_for", "arguments": arguments })).to_string();
        call(&lab.store, &Facts::default(), &Headers::default(), message.as_bytes())
    };
    let Outcome::Wait { id, kind, q, after, timeout_s } =
        wait(json!({ "kind": "error", "q": "x", "timeout": 1e9 }))
    else {
        panic!("not a wait");
    };
    assert_eq!((&id, kind.as_str(), q.as_str(), after, timeout_s), (&json!(7), "error", "x", None, 120.0));
    let found = crate::query::find(&lab.store, "error", "", 0);
    let answer: Value = serde_json::from_slice(&waited(id.clone(), found).body).unwrap();
    assert!(
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("error Declined: card 17 @ /src/orders.rs:7")
    );
    let answer: Value = serde_json::from_slice(&waited(id, None).body).unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "Nothing matching came in that time.");
    assert!(matches!(wait(json!({ "kind": "x" })), Outcome::Answer(_)));
}
