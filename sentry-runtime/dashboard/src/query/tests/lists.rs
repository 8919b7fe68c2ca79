use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, envelope, error, span, transaction};

pub(super) fn shop() -> Lab {
    let mut lab = Lab::new();
    let mut page = transaction(
        "GET /",
        "000000000000000a",
        100.0,
        json!([
            span(
                "000000000000000b",
                "000000000000000a",
                "db.query",
                "SELECT * FROM lamp WHERE sku = 17",
                10.0,
                20.0
            ),
            span(
                "000000000000000c",
                "000000000000000a",
                "http.client",
                "GET http://pay/charge/99?x=1",
                40.0,
                30.0
            ),
        ]),
    );
    page["spans"][0]["data"] = json!({ "db.system.name": "memory", "code.file.path": "src/repository.rs",
        "code.line.number": 48, "code.function.name": "shop::load" });
    page["contexts"]["trace"]["data"] = json!({ "http.response.status_code": 200 });
    lab.send("transaction", &page);
    lab.send("event", &error("1", "Declined", "card 17"));
    lab
}

#[test]
fn traces_have_the_documented_fields() {
    let lab = shop();
    let answer = lab.get("/api/traces");
    assert_eq!((&answer["total"], &answer["next_cursor"]), (&json!(1), &Value::Null));
    assert_eq!(answer["seq"], 2);
    let row = &answer["traces"][0];
    let expected = json!({
        "trace_id": TRACE, "name": "GET /", "op": "http.server", "start": NOW, "duration_ms": 100.0, "extent_ms": 100.0,
        "status": "ok", "http_status": 200, "service": "shop", "services": ["shop"], "spans": 3, "errors": 1, "logs": 0,
        "hints": 0, "root_span_id": "000000000000000a", "complete": true, "partial": false, "pinned": false,
    });
    assert_eq!(row, &expected);
}

#[test]
fn traces_are_found_by_what_is_in_them() {
    let lab = shop();
    let total = |q: &str| {
        let q = q
            .replace('%', "%25")
            .replace(' ', "%20")
            .replace('"', "%22")
            .replace('>', "%3E")
            .replace('&', "%26");
        lab.get(&format!("/api/traces?limit=0&q={q}"))["total"].as_u64()
    };
    for q in [
        "",
        "get",
        "lamp",
        "17",
        "name:\"GET /\"",
        "op:http.server",
        "op:db.query",
        "service:shop",
        "status:ok",
        "duration:>99ms",
        "duration:>=0.1s",
        "trace:1111*",
        "release:shop@1.0",
        "environment:test",
        "error:true",
        "has:error",
        "error:declined",
        "level:error",
        "http.response.status_code:200",
        "http.response.status_code:[404,200]",
        "db.system.name:memory",
        "span:\"SELECT * FROM lamp WHERE sku = ?\"",
        "span:*lamp*",
        "shard:7",
        "!status:internal_error",
        "!name:*/healthz",
        "spans:3",
    ] {
        assert_eq!(total(q), Some(1), "{q}");
    }
    for q in [
        "post",
        "op:queue",
        "duration:<100",
        "http.response.status_code:>=400",
        "!has:error",
        "nothing:7",
        "error:false",
    ] {
        assert_eq!(total(q), Some(0), "{q}");
    }
    assert_eq!(lab.get("/api/traces?service=other")["total"], 0);
    assert_eq!(lab.get(&format!("/api/traces?since={}", NOW + 1.0))["total"], 0);
    assert_eq!(lab.get("/api/traces?since=-5&until=0")["total"], 0);
}

#[test]
fn issues_count_equal_errors_and_show_the_newest() {
    let mut lab = shop();
    let mut later = error("2", "Declined", "card 18");
    later["timestamp"] = json!(NOW + 60.0);
    lab.now = NOW + 120.0;
    lab.send("event", &later);
    lab.send("event", &error("3", "Other", "x"));
    lab.send("event", &error("3", "Other", "x"));
    let answer = lab.get("/api/issues");
    assert_eq!(answer["total"], 2);
    let issue = &answer["issues"][0];
    assert_eq!(
        [
            &issue["type"],
            &issue["value"],
            &issue["count"],
            &issue["level"],
            &issue["handled"],
            &issue["file"]
        ],
        [
            &json!("Declined"),
            &json!("card 18"),
            &json!(2),
            &json!("error"),
            &json!(false),
            &json!("/src/orders.rs")
        ]
    );
    assert_eq!((&issue["line"], &issue["culprit"]), (&json!(7), &json!("GET /")));
    assert_eq!((&issue["first_seen"], &issue["last_seen"]), (&json!(NOW), &json!(NOW + 60.0)));
    assert_eq!((&issue["services"], &issue["trace_id"]), (&json!(["shop"]), &json!(TRACE)));
    let histogram: Vec<u64> = serde_json::from_value(issue["histogram"].clone()).unwrap();
    assert_eq!((histogram.len(), histogram.iter().sum::<u64>(), histogram[0], histogram[12]), (24, 2, 1, 1));
    let one = lab.get(&format!("/api/issues/{}", issue["id"].as_str().unwrap()));
    assert_eq!(one["event_ids"], json!([format!("{:0>32}", "2"), format!("{:0>32}", "1")]));
    assert_eq!(one["event"]["event_id"], format!("{:0>32}", "2"));
    assert_eq!(lab.get("/api/issues?q=declined%20level:error%20handled:false%20shard:7")["total"], 1);
    assert_eq!(lab.get("/api/issues?q=type:Other")["total"], 1);
    assert_eq!(lab.get("/api/issues?sort=count")["issues"][0]["type"], "Declined");
}

#[test]
fn an_exception_has_the_name_of_its_thread() {
    let mut lab = Lab::new();
    let mut event = error("1", "SIGSEGV", "Segmentation fault");
    event["threads"] = json!({ "values": [{ "id": 6, "name": "main" }, { "id": 7, "name": "lamplighter" }] });
    event["exception"]["values"][1]["thread_id"] = json!(7);
    lab.send_bytes(&envelope(&json!({}), &[(json!({ "type": "event" }), event.to_string().into_bytes())]));
    let event = lab.get(&format!("/api/events/{:0>32}", "1"));
    assert_eq!(event["exceptions"][0]["thread"], "lamplighter", "{event}");
    assert_eq!(event["exceptions"][1]["thread"], Value::Null, "no thread is named");
}

#[test]
fn an_event_has_the_documented_fields() {
    let mut lab = Lab::new();
    let event = error("1", "Declined", "card 17").to_string().into_bytes();
    let attachment = json!({ "type": "attachment", "filename": "a.txt", "content_type": "text/plain" });
    let header = json!({ "event_id": format!("{:0>32}", "1") });
    lab.send_bytes(&envelope(
        &header,
        &[(json!({ "type": "event" }), event), (attachment, b"abcd".to_vec())],
    ));
    let event = lab.get(&format!("/api/events/{:0>32}", "1"));
    assert_eq!(event["exceptions"][0]["type"], "Declined", "the outermost first");
    assert_eq!(event["exceptions"][1]["type"], "Cause");
    assert_eq!(event["exceptions"][0]["mechanism"]["type"], "panic");
    assert_eq!(
        event["exceptions"][0]["frames"][0],
        json!({
            "function": "load", "module": "shop::orders", "package": null, "filename": "orders.rs",
            "abs_path": "/src/orders.rs", "lineno": 7, "colno": 3, "in_app": true, "pre_context": ["fn load() {"],
            "context_line": "  panic!()", "post_context": ["}"], "vars": { "id": 7 },
        }),
        "the innermost first"
    );
    assert_eq!(
        event["attachments"],
        json!([{ "filename": "a.txt", "content_type": "text/plain", "bytes": 4 }])
    );
    assert_eq!(event["breadcrumbs"], json!([{ "timestamp": NOW - 1.0, "message": "before" }]));
    assert_eq!(event["tags"], json!({ "shard": "7", "empty": "" }));
    for (key, value) in [
        ("timestamp", json!(NOW)),
        ("level", json!("error")),
        ("service", json!("shop")),
        ("release", json!("shop@1.0")),
        ("trace_id", json!(TRACE)),
        ("span_id", json!("000000000000000b")),
        ("handled", json!(false)),
        ("user", json!({ "id": "u1" })),
        ("extra", json!({ "k": [1] })),
        ("sdk", json!({ "name": "sentry.rust", "version": "1" })),
        ("message", json!(null)),
    ] {
        assert_eq!(event[key], value, "{key}");
    }
    assert_eq!(lab.ask("/api/events/00000000000000000000000000000009").0, 404);
}

#[test]
fn messages_and_feedback_are_issues_too() {
    let mut lab = Lab::new();
    lab.send(
        "event",
        &json!({ "event_id": "1", "level": "warning",
        "logentry": { "message": "took %s ms", "formatted": "took 5 ms" } }),
    );
    lab.send(
        "feedback",
        &json!({ "event_id": "2", "type": "feedback",
        "contexts": { "feedback": { "message": "it broke", "name": "Ann" } } }),
    );
    let issues = lab.get("/api/issues?q=took")["issues"].clone();
    assert_eq!((&issues[0]["value"], &issues[0]["level"]), (&json!("took 5 ms"), &json!("warning")));
    let feedback = lab.get(&format!("/api/events/{:0>32}", "2"));
    assert_eq!((&feedback["value"], &feedback["feedback"]["name"]), (&json!("it broke"), &json!("Ann")));
}

#[test]
fn jobs_show_runs_and_the_error_of_a_failed_one() {
    let mut lab = Lab::new();
    let check_in = |id: &str, status: &str, at: f64| {
        json!({ "check_in_id": format!("{id:0>32}"), "monitor_slug": "restock", "status": status, "environment": "test",
            "release": "shop@1.0", "timestamp": at, "contexts": { "trace": { "trace_id": TRACE } } })
    };
    let mut first = check_in("1", "in_progress", NOW);
    first["monitor_config"] = json!({ "schedule": { "type": "crontab", "value": "*/10 * * * *" },
        "timezone": "Europe/Vienna", "checkin_margin": 2, "max_runtime": 5 });
    lab.send("check_in", &first);
    lab.send("check_in", &check_in("1", "ok", NOW + 3.0));
    lab.send("check_in", &check_in("2", "in_progress", NOW + 400.0));
    let mut failed = error("1", "Empty", "no lamps");
    failed["timestamp"] = json!(NOW + 401.0);
    lab.send("event", &failed);
    lab.send("check_in", &check_in("2", "error", NOW + 402.0));
    lab.send("check_in", &check_in("3", "in_progress", NOW + 1000.0));
    lab.now = NOW + 1010.0;
    let answer = lab.get("/api/jobs");
    let job = &answer["jobs"][0];
    for (key, value) in [
        ("slug", json!("restock")),
        ("service", json!("shop")),
        ("environment", json!("test")),
        ("schedule", json!("*/10 * * * *")),
        ("timezone", json!("Europe/Vienna")),
        ("margin_min", json!(2.0)),
        ("max_runtime_min", json!(5.0)),
        ("status", json!("in_progress")),
        ("last_run", json!(NOW + 1000.0)),
        ("next_run", json!(NOW + 1600.0)),
    ] {
        assert_eq!(job[key], value, "{key}");
    }
    assert!(job["schedule_text"].as_str().unwrap().contains("10 minutes"), "{}", job["schedule_text"]);
    let runs: Vec<(&str, Option<f64>)> = job["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["status"].as_str().unwrap(), run["duration_ms"].as_f64()))
        .collect();
    assert_eq!(runs, [("ok", Some(3000.0)), ("error", Some(2000.0)), ("in_progress", None)]);
    assert_eq!(job["runs"][1]["error"], "Empty: no lamps");
    assert_eq!(job["runs"][1]["event_id"], format!("{:0>32}", "1"));
    assert_eq!(job["runs"][0]["trace_id"], TRACE);
    assert_eq!((&job["stats"]["ok"], &job["stats"]["p50_ms"]), (&json!(1), &json!(2000.0)));
    lab.now = NOW + 3000.0;
    let job = lab.get("/api/jobs?q=restock")["jobs"][0].clone();
    assert_eq!(job["runs"][2]["status"], "timeout");
    assert_eq!((&job["status"], &job["stats"]["missed"]), (&json!("missed"), &json!(3)), "{job}");
}

#[test]
fn logs_are_newest_first_and_filtered() {
    let mut lab = Lab::new();
    let log = |body: &str, level: &str, at: f64| {
        json!({ "timestamp": at, "level": level, "body": body, "trace_id": TRACE, "span_id": "000000000000000b",
            "attributes": { "order.id": { "value": 7, "type": "integer" }, "sentry.release": { "value": "shop@1.0",
            "type": "string" }, "code.file.path": { "value": "src/a.rs", "type": "string" } } })
    };
    lab.send(
        "log",
        &json!({ "version": 2, "items": [
        log("first", "info", NOW), log("third", "error", NOW + 2.0), log("second", "warn", NOW + 1.0) ] }),
    );
    let answer = lab.get("/api/logs");
    let bodies: Vec<&str> =
        answer["logs"].as_array().unwrap().iter().map(|log| log["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["third", "second", "first"]);
    let expected = json!({ "timestamp": NOW + 1.0, "level": "warning", "body": "second", "service": "shop",
        "trace_id": TRACE, "span_id": "000000000000000b",
        "attributes": { "order.id": 7, "sentry.release": "shop@1.0", "code.file.path": "src/a.rs" },
        "code": { "file": "src/a.rs", "abs_file": null, "line": null, "function": null } });
    assert_eq!(answer["logs"][1], expected);
    for (query, total) in [
        ("q=level:[warn,error]", 2),
        ("q=level:warning", 1),
        ("q=second", 1),
        ("q=order.id:7", 3),
        ("q=order.id:%3E7", 0),
        ("level=warning", 2),
        ("trace=11111111111111111111111111111111", 3),
        ("trace=22222222222222222222222222222222", 0),
        ("service=shop&since=1795155201", 2),
    ] {
        assert_eq!(lab.get(&format!("/api/logs?{query}"))["total"], total, "{query}");
    }
    let first = lab.get("/api/logs?limit=2");
    let rest = lab.get(&format!("/api/logs?limit=2&cursor={}", first["next_cursor"].as_str().unwrap()));
    assert_eq!((rest["logs"][0]["body"].as_str(), &rest["next_cursor"]), (Some("first"), &Value::Null));
}

#[test]
fn every_address_of_the_guide_answers() {
    let lab = shop();
    let guide = lab.text("/api");
    let mut count = 0;
    for line in guide.lines().filter_map(|line| line.strip_prefix("GET ")) {
        let address = line.split_whitespace().next().unwrap();
        if address.starts_with("/api/wait") || address.starts_with("/api/live") {
            continue;
        }
        let id = if address.contains("issues") {
            lab.get("/api/issues")["issues"][0]["id"].as_str().unwrap().to_owned()
        } else if address.contains("events") {
            format!("{:0>32}", "1")
        } else {
            TRACE.to_owned()
        };
        let address = address.replace("RUN", "run-1").replace("ID", &id).replace("=T", "=all");
        lab.get(&address);
        count += 1;
    }
    assert!(count >= 16, "{count}");
    assert_eq!(lab.ask("/api/unknown").0, 404);
}

#[test]
fn who_waits_finds_what_came_after() {
    let mut lab = shop();
    let after = lab.store.seq();
    let find = |lab: &Lab, kind: &str, q: &str| super::super::find(&lab.store, kind, q, after);
    for kind in ["trace", "error", "log", "job", "hint", "span"] {
        assert_eq!(find(&lab, kind, ""), None, "{kind}");
    }
    lab.send("log", &json!({ "items": [{ "body": "hello 7", "level": "info", "trace_id": TRACE }] }));
    assert_eq!(find(&lab, "log", "hello").unwrap()["body"], "hello 7");
    assert_eq!(find(&lab, "log", "bye"), None);
    assert_eq!(find(&lab, "trace", "name:\"GET /\"").unwrap()["trace_id"], TRACE);
    lab.send("event", &error("9", "Late", "v"));
    assert_eq!(find(&lab, "error", "type:Late").unwrap()["value"], "v");
    lab.send("check_in", &json!({ "monitor_slug": "restock", "status": "error" }));
    assert_eq!(find(&lab, "job", "status:error").unwrap()["slug"], "restock");
}
