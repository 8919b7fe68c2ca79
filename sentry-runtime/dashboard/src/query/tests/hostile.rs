use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, envelope, error, span, transaction};

/// Every address of the API, with parameters that no real client would send.
const ADDRESSES: [&str; 22] = [
    "/api",
    "/api/overview",
    "/api/traces?q=a:%3E1%20!b:*%20%22&limit=99999&cursor=zz&since=nan&sort=duration",
    "/api/traces?q=has:x%20duration:%3C1e999&cursor=ffffffffffffffffffffffffffffffffffffffffffffffff",
    "/api/traces/11111111111111111111111111111111",
    "/api/traces/11111111111111111111111111111111?limit=0",
    "/api/traces/11111111111111111111111111111111?limit=1",
    "/api/traces/11111111111111111111111111111111/text",
    "/api/traces/ffffffffffffffffffffffffffffffffffffffff",
    "/api/compare?a=11111111111111111111111111111111&b=11111111111111111111111111111111",
    "/api/compare-runs?a=run-1&b=run-1",
    "/api/issues?q=%F0%9F%A6%80:%F0%9F%A6%80",
    "/api/issues/0123456789abcdef",
    "/api/events/é",
    "/api/jobs?limit=3",
    "/api/functions?sort=-p95_ms&tab=all&since=1&until=0",
    "/api/functions?sort=name",
    "/api/hints?sort=severity&since=-1e308",
    "/api/logs?q=%00&level=nothing&trace=x",
    "/api/metrics",
    "/api/sessions?service=%ff",
    "/api/keys?for=x",
];

fn ask_everything(lab: &Lab) {
    for address in ADDRESSES {
        lab.ask(address);
    }
    lab.get("/api/health");
}

/// Returns values of types and sizes that the fields do not expect.
fn odd_values() -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!("x".repeat(20_000)),
        json!("\u{202e}<script>\u{0}"),
        json!([]),
        json!([[[]], {}, null]),
        json!({ "values": [null, 1, {}] }),
        json!({ "type": [], "value": {} }),
        deep,
    ]
}

/// Appends a copy of `value` for each value in it, at any depth, with that value replaced by `by`.
fn replaced(value: &Value, by: &Value, out: &mut Vec<Value>) {
    out.push(by.clone());
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let mut inners = Vec::new();
                replaced(inner, by, &mut inners);
                for inner in inners {
                    let mut copy = object.clone();
                    copy.insert(key.clone(), inner);
                    out.push(Value::Object(copy));
                }
            }
        }
        Value::Array(list) => {
            for at in 0..list.len() {
                let mut inners = Vec::new();
                replaced(&list[at], by, &mut inners);
                for inner in inners {
                    let mut copy = list.clone();
                    copy[at] = inner;
                    out.push(Value::Array(copy));
                }
            }
        }
        _ => {}
    }
}

fn samples() -> Vec<(&'static str, Value)> {
    vec![
        (
            "transaction",
            transaction(
                "GET /",
                "000000000000000a",
                10.0,
                json!([span("b", "000000000000000a", "db", "SELECT 1", 1.0, 2.0)]),
            ),
        ),
        ("event", error("1", "E", "v")),
        (
            "span",
            json!({ "version": 2, "items": [{ "trace_id": TRACE, "span_id": "000000000000000c", "name": "n", "status": "ok",
                "is_segment": true, "start_timestamp": NOW, "end_timestamp": NOW + 1.0, "links": [{}],
                "attributes": { "sentry.op": { "type": "string", "value": "db" } } }] }),
        ),
        (
            "log",
            json!({ "items": [{ "timestamp": NOW, "level": "info", "body": "b", "trace_id": TRACE, "severity_number": 9,
                "attributes": { "a": { "value": 1, "type": "integer" } } }] }),
        ),
        (
            "trace_metric",
            json!({ "items": [{ "timestamp": NOW, "name": "m", "type": "gauge", "unit": "byte", "value": 1 }] }),
        ),
        (
            "check_in",
            json!({ "check_in_id": TRACE, "monitor_slug": "job", "status": "ok", "duration": 1.0, "monitor_config": {
                "schedule": { "type": "interval", "value": 10, "unit": "minute" }, "timezone": "Europe/Vienna",
                "checkin_margin": 2, "max_runtime": 5 } }),
        ),
        (
            "check_in",
            json!({ "monitor_slug": "cron", "status": "in_progress", "monitor_config": { "schedule": {
                "type": "crontab", "value": "*/5 * * * *" } } }),
        ),
        ("session", json!({ "sid": TRACE, "status": "exited", "errors": 1, "attrs": { "release": "a@1" } })),
        ("sessions", json!({ "aggregates": [{ "exited": 1 }], "attrs": { "release": "a@1" } })),
        (
            "client_report",
            json!({ "timestamp": NOW, "discarded_events": [{ "reason": "r", "category": "c", "quantity": 1 }] }),
        ),
        (
            "sdk_stats",
            json!({ "pid": 1, "service": "s", "queues": { "captured": 1 }, "rate_limited": ["error"] }),
        ),
        ("feedback", json!({ "type": "feedback", "contexts": { "feedback": { "message": "m" } } })),
    ]
}

#[test]
fn a_value_of_any_type_at_any_place_is_survived() {
    for (kind, sample) in samples() {
        let mut lab = Lab::new();
        for odd in odd_values() {
            let mut all = Vec::new();
            replaced(&sample, &odd, &mut all);
            for payload in all {
                lab.send(kind, &payload);
            }
        }
        ask_everything(&lab);
        let overview = lab.get("/api/overview");
        assert!(overview["memory"]["bytes"].as_u64().unwrap() <= 64 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut lab = Lab::new();
        lab.send_bytes(&bytes);
        lab.send_bytes(&[b"{}\n{\"type\":\"transaction\"}\n", bytes.as_slice()].concat());
        ask_everything(&lab);
    }

    #[test]
    fn no_damage_of_an_envelope_panics(sample in 0..12_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let (kind, payload) = samples().swap_remove(sample);
        let mut bytes = envelope(&json!({}), &[(json!({ "type": kind }), payload.to_string().into_bytes())]);
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        let mut lab = Lab::new();
        lab.send_bytes(&bytes);
        ask_everything(&lab);
    }

    #[test]
    fn no_query_panics(address in "[a-z]{0,10}", query in "\\PC{0,60}") {
        let mut lab = Lab::new();
        for (kind, sample) in samples() {
            lab.send(kind, &sample);
        }
        lab.ask(&format!("/api/{address}?q={query}"));
        for list in ["traces", "logs", "issues", "functions", "jobs", "hints", "metrics"] {
            lab.get(&format!("/api/{list}?q={query}"));
        }
    }
}

#[test]
fn python_s_not_a_number_costs_no_transaction() {
    let mut lab = Lab::new();
    let page =
        transaction("GET /", "000000000000000a", 10.0, json!([])).to_string().replace("\"rust\"", "NaN");
    lab.send_bytes(&envelope(&json!({}), &[(json!({ "type": "transaction" }), page.into_bytes())]));
    assert_eq!(lab.get("/api/traces")["total"], 1);
}

#[test]
fn circles_of_parents_are_opened() {
    let mut lab = Lab::new();
    lab.send("span", &json!({ "items": [
        span("a", "c", "x", "one", 0.0, 5.0), span("b", "a", "x", "two", 1.0, 5.0), span("c", "b", "x", "three", 2.0, 5.0),
        span("d", "d", "x", "itself", 3.0, 5.0) ] }));
    let trace = lab.get(&format!("/api/traces/{TRACE}"));
    let names: Vec<&str> =
        trace["spans"].as_array().unwrap().iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(trace["spans"].as_array().unwrap().iter().filter(|span| span["orphan"] == true).count(), 1);
    lab.text(&format!("/api/traces/{TRACE}/text"));
}

#[test]
fn a_chain_of_ten_thousand_spans_is_no_stack_overflow() {
    let mut lab = Lab::new();
    let chain: Vec<Value> = (1..=10_000_u32)
        .map(|at| {
            span(
                &format!("{at:016x}"),
                &format!("{:016x}", at - 1),
                "function",
                "f",
                f64::from(at) / 1e3,
                1.0,
            )
        })
        .collect();
    lab.send("transaction", &transaction("GET /", "00000000000f0000", 10.0, json!(chain)));
    let trace = lab.get(&format!("/api/traces/{TRACE}"));
    assert_eq!(trace["spans"].as_array().unwrap().len(), 10_001);
    assert!(lab.text(&format!("/api/traces/{TRACE}/text?limit=20000")).lines().count() > 4000);
    lab.get(&format!("/api/compare?a={TRACE}&b={TRACE}"));
}

#[test]
fn names_without_end_are_bounded() {
    let mut lab = Lab::with_memory(4 << 20);
    for batch in 0..60_u32 {
        let spans: Vec<Value> = (0..500_u32)
            .map(|at| {
                let number = batch * 500 + at + 1;
                let mut span =
                    span(&format!("{number:016x}"), "", "x", &format!("name {number} of many"), 0.0, 1.0);
                span["data"] = json!({ format!("key {number}"): format!("value {number}") });
                span["trace_id"] = json!(format!("{number:032x}"));
                span
            })
            .collect();
        lab.send("span", &json!({ "items": spans }));
        let memory = lab.get("/api/overview")["memory"]["bytes"].as_u64().unwrap();
        assert!(memory <= 4 << 20, "{memory}");
    }
    for tick in 0..1500_u32 {
        lab.send("trace_metric", &json!({ "items": [{ "name": format!("metric {tick}"), "value": 1 }] }));
        lab.send("check_in", &json!({ "monitor_slug": format!("job {tick}"), "status": "ok" }));
        lab.send(
            "client_report",
            &json!({ "discarded_events": [{ "reason": format!("{tick}"), "category": "c" }] }),
        );
        lab.send(
            "session",
            &json!({ "sid": format!("{:x}", tick + 1), "attrs": { "release": format!("r{tick}@1") } }),
        );
    }
    let counts = lab.get("/api/overview")["counts"].clone();
    assert!(
        counts["metrics"].as_u64().unwrap() <= 1000 && counts["jobs"].as_u64().unwrap() <= 1000,
        "{counts}"
    );
    ask_everything(&lab);
}

#[test]
fn times_of_other_ages_are_shown_somewhere() {
    let mut lab = Lab::new();
    for (at, time) in
        [json!(0), json!(-5), json!(1e18), json!("0001-01-01T00:00:00Z"), json!(7e9)].into_iter().enumerate()
    {
        let mut page = transaction("GET /", &format!("{:016x}", at + 1), 10.0, json!([]));
        page["start_timestamp"] = time.clone();
        page["timestamp"] = time.clone();
        lab.send("transaction", &page);
        let mut event = error(&(at + 1).to_string(), "E", "v");
        event["timestamp"] = time;
        lab.send("event", &event);
    }
    ask_everything(&lab);
    assert_eq!(lab.get("/api/traces")["traces"][0]["spans"], 5);
    assert_eq!(lab.get("/api/issues")["issues"][0]["count"], 5);
}
