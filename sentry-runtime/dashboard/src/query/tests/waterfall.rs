use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, error, span, transaction};

fn by_id<'a>(trace: &'a Value, id: &str) -> &'a Value {
    trace["spans"].as_array().unwrap().iter().find(|span| span["span_id"] == *id).unwrap()
}

#[test]
fn spans_are_a_tree_with_own_times_and_the_critical_path() {
    let mut lab = Lab::new();
    let mut page = transaction(
        "GET /",
        "000000000000000a",
        100.0,
        json!([
            // Children overlap: the union of their times is subtracted, without the part outside of the parent.
            span("000000000000000c", "000000000000000a", "task", "second", 30.0, 40.0),
            span("000000000000000b", "000000000000000a", "task", "first", 10.0, 30.0),
            span("000000000000000d", "000000000000000a", "task", "late", 90.0, 50.0),
            span("000000000000000e", "000000000000000b", "db.query", "SELECT 1", 15.0, 5.0),
        ]),
    );
    page["spans"][3]["data"] =
        json!({ "code.file.path": "src/a.rs", "code.line.number": 7, "code.function.name": "f" });
    lab.send("transaction", &page);
    let mut event = error("1", "E", "v");
    // A frame with both paths shows the folder of the relative paths.
    event["exception"]["values"][1]["stacktrace"]["frames"][1]["abs_path"] = json!("/src/shop/src/orders.rs");
    event["exception"]["values"][1]["stacktrace"]["frames"][1]["filename"] = json!("src/orders.rs");
    lab.send("event", &event);
    lab.send("log", &json!({ "items": [{ "body": "hello", "trace_id": TRACE, "timestamp": NOW }] }));
    let trace = lab.get(&format!("/api/traces/{TRACE}"));
    let order: Vec<(&str, u64)> = trace["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| (span["name"].as_str().unwrap(), span["depth"].as_u64().unwrap()))
        .collect();
    assert_eq!(order, [("GET /", 0), ("first", 1), ("SELECT 1", 2), ("second", 1), ("late", 1)]);
    assert_eq!(by_id(&trace, "000000000000000a")["self_ms"], 30.0, "100 without 10–70 and 90–100");
    assert_eq!(by_id(&trace, "000000000000000b")["self_ms"], 25.0);
    let critical: Vec<bool> =
        trace["spans"].as_array().unwrap().iter().map(|span| span["critical"].as_bool().unwrap()).collect();
    assert_eq!(critical, [true, false, false, true, true]);
    let query = by_id(&trace, "000000000000000e");
    let query_fields = [
        "span_id",
        "parent_span_id",
        "depth",
        "name",
        "op",
        "start",
        "duration_ms",
        "self_ms",
        "status",
        "service",
        "origin",
        "segment",
        "attributes",
        "code",
        "event_ids",
        "critical",
    ];
    for field in query_fields {
        assert!(query.get(field).is_some(), "{field}");
    }
    assert_eq!(
        query["code"],
        json!({ "file": "src/a.rs", "abs_file": "/src/shop/src/a.rs", "line": 7, "function": "f" })
    );
    assert_eq!(by_id(&trace, "000000000000000b")["event_ids"], json!([format!("{:0>32}", "1")]));
    assert_eq!(trace["events"][0]["type"], "E");
    assert_eq!(trace["logs"][0]["body"], "hello");
    assert_eq!(trace["trace"]["extent_ms"], 140.0);
    assert_eq!(lab.get("/api/traces/11111111")["trace"]["trace_id"], TRACE, "the first digits are enough");
    assert_eq!(lab.ask("/api/traces/2222").0, 404);
}

#[test]
fn services_and_envelopes_come_in_any_order() {
    // A browser that sends streamed spans, and two services behind it.
    let browser = json!({ "items": [{ "trace_id": TRACE, "span_id": "00000000000000a0", "name": "pageload", "status": "ok",
        "is_segment": true, "start_timestamp": NOW - 0.05, "end_timestamp": NOW + 0.2, "attributes": {
        "sentry.op": { "value": "pageload", "type": "string" }, "service.name": { "value": "web", "type": "string" } } }] });
    let mut front = transaction("GET /", "000000000000000a", 100.0, json!([]));
    front["contexts"]["trace"]["parent_span_id"] = json!("00000000000000a0");
    front["spans"] =
        json!([span("000000000000000b", "000000000000000a", "http.client", "POST /charge", 10.0, 50.0)]);
    let mut back = transaction("POST /charge", "000000000000000c", 20.0, json!([]));
    back["contexts"]["trace"]["parent_span_id"] = json!("000000000000000b");
    back["release"] = json!("pay@2");
    let envelopes = [("span", &browser), ("transaction", &front), ("transaction", &back)];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut lab = Lab::new();
        for at in order {
            lab.send(envelopes[at].0, envelopes[at].1);
            let row = lab.get("/api/traces")["traces"][0].clone();
            assert_eq!(
                row["complete"],
                order.iter().position(|of| *of == 0) <= order.iter().position(|of| *of == at)
            );
        }
        let trace = lab.get(&format!("/api/traces/{TRACE}"));
        assert_eq!(trace["trace"]["name"], "pageload");
        assert_eq!(trace["trace"]["duration_ms"], 250.0);
        let mut services: Vec<String> = serde_json::from_value(trace["trace"]["services"].clone()).unwrap();
        services.sort();
        assert_eq!(services, ["pay", "shop", "web"]);
        let depths: Vec<u64> =
            trace["spans"].as_array().unwrap().iter().map(|span| span["depth"].as_u64().unwrap()).collect();
        assert_eq!(depths, [0, 1, 2, 3]);
        assert!(trace["spans"].as_array().unwrap().iter().all(|span| span.get("orphan").is_none()));
    }
}

#[test]
fn a_span_without_its_parent_hangs_below_the_root() {
    let mut lab = Lab::new();
    lab.send(
        "transaction",
        &transaction(
            "GET /",
            "000000000000000a",
            100.0,
            json!([span("000000000000000b", "00000000000000ff", "task", "lost", 10.0, 5.0)]),
        ),
    );
    let trace = lab.get(&format!("/api/traces/{TRACE}"));
    let lost = by_id(&trace, "000000000000000b");
    assert_eq!(
        (&lost["orphan"], &lost["depth"], &lost["below"]),
        (&json!(true), &json!(1), &json!("000000000000000a"))
    );
    assert_eq!(by_id(&trace, "000000000000000a")["self_ms"], 100.0, "it is nobody's child");
}

#[test]
fn what_is_sent_twice_counts_once() {
    let mut lab = Lab::new();
    let mut page = transaction("GET /", "000000000000000a", 100.0, json!([]));
    page["event_id"] = json!("1");
    let streamed = json!({ "items": [{ "trace_id": TRACE, "span_id": "000000000000000b", "name": "x",
        "parent_span_id": "000000000000000a", "start_timestamp": NOW, "end_timestamp": NOW + 1.0 }] });
    for _ in 0..2 {
        lab.send("transaction", &page);
        lab.send("span", &streamed);
        lab.send("event", &error("7", "E", "v"));
    }
    let row = lab.get("/api/traces")["traces"][0].clone();
    assert_eq!((&row["spans"], &row["errors"]), (&json!(2), &json!(1)));
    assert_eq!(lab.get("/api/issues")["issues"][0]["count"], 1);
}

#[test]
fn a_trace_is_written_as_text() {
    let mut lab = Lab::new();
    let mut spans: Vec<Value> = (0..7)
        .map(|query| {
            let text = format!("SELECT * FROM lamp WHERE sku = {query}");
            span(
                &format!("{:016x}", 100 + query),
                "000000000000000a",
                "db.query",
                &text,
                f64::from(query) * 10.0,
                2.0,
            )
        })
        .collect();
    spans.push(span("000000000000000b", "000000000000000a", "task", "first", 80.0, 10.0));
    let mut page = transaction("GET /", "000000000000000a", 100.0, json!(spans));
    page["contexts"]["trace"]["data"] = json!({ "code.file.path": "src/main.rs", "code.line.number": 3,
        "http.response.status_code": 200 });
    page["spans"][7]["status"] = json!("cancelled");
    lab.send("transaction", &page);
    lab.send("event", &error("1", "Declined", "card"));
    let text = lab.text(&format!("/api/traces/{TRACE}/text"));
    let expected = "\
trace 11111111111111111111111111111111 9 spans 100 ms 1 error [shop]
GET / (http.server) 100 ms self 76.0 ms 200 [shop] @ src/main.rs:3
  SELECT * FROM lamp WHERE sku = ? ×7 (db.query) 14.0 ms
  first (task) 10.0 ms cancelled
error Declined: card (unhandled) @ /src/orders.rs:7 event=00000000000000000000000000000001 span=000000000000000b
";
    let (body, hints) = text.split_at(text.find("hint ").unwrap());
    assert_eq!(body, expected);
    assert!(hints.contains(
        "hint n_plus_one: Repeated 7× in one trace: SELECT * FROM lamp WHERE sku = ? @ src/main.rs:3"
    ));
    let short = lab.text("/api/traces/11111111/text?limit=1");
    assert!(short.contains("… 8 more spans"), "{short}");
}

#[test]
fn two_traces_are_compared_by_the_names_of_their_spans() {
    let mut lab = Lab::new();
    lab.send(
        "transaction",
        &transaction(
            "GET /",
            "000000000000000a",
            100.0,
            json!([
                span("000000000000000b", "000000000000000a", "db.query", "SELECT 1", 10.0, 5.0),
                span("000000000000000c", "000000000000000a", "task", "gone", 20.0, 5.0)
            ]),
        ),
    );
    let other = "22222222222222222222222222222222";
    let mut second = transaction(
        "GET /",
        "00000000000000aa",
        150.0,
        json!([
            span("00000000000000ab", "00000000000000aa", "db.query", "SELECT 2", 10.0, 5.0),
            span("00000000000000ac", "00000000000000aa", "db.query", "SELECT 3", 20.0, 50.0),
            span("00000000000000ad", "00000000000000aa", "task", "new", 80.0, 1.0)
        ]),
    );
    second["contexts"]["trace"]["trace_id"] = json!(other);
    lab.send("transaction", &second);
    let answer = lab.get(&format!("/api/compare?a={TRACE}&b={other}"));
    let rows: Vec<(&str, u64, u64, u64, f64)> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let number = |key: &str| row[key].as_u64().unwrap();
            (
                row["path"].as_str().unwrap(),
                number("depth"),
                number("a_count"),
                number("b_count"),
                row["delta_ms"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("GET /", 0, 1, 1, 50.0),
            ("GET / / SELECT ?", 1, 1, 2, 50.0),
            ("GET / / gone", 1, 1, 0, -5.0),
            ("GET / / new", 1, 0, 1, 1.0)
        ]
    );
    assert_eq!((&answer["a"]["trace_id"], &answer["b"]["trace_id"]), (&json!(TRACE), &json!(other)));
    assert_eq!(answer["rows"][0]["a_self_ms"], 90.0);
}
