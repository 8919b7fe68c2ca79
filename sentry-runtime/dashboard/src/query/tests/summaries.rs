//! Tests of the answers that count or compare.

use serde_json::json;

use super::lists::shop;
use super::{Lab, NOW, TRACE, span, transaction};

#[test]
fn functions_are_counted_by_name_without_literals() {
    let mut lab = Lab::new();
    for call in 1..=20_u32 {
        let id = format!("{call:016x}");
        let child = format!("{:016x}", call + 100);
        let mut page = transaction("GET /", &id, f64::from(call) * 10.0, json!([]));
        let query = format!("SELECT * FROM lamp WHERE sku = {call}");
        page["spans"] = json!([span(&child, &id, "db.query", &query, 0.0, f64::from(call))]);
        if call % 4 == 0 {
            page["contexts"]["trace"]["status"] = json!("internal_error");
        }
        lab.send("transaction", &page);
    }
    let answer = lab.get("/api/functions?tab=handlers");
    assert_eq!(answer["total"], 1);
    let row = &answer["rows"][0];
    for (key, value) in [
        ("name", json!("GET /")),
        ("op", json!("http.server")),
        ("service", json!("shop")),
        ("calls", json!(20)),
        ("errors", json!(5)),
        ("error_share", json!(0.25)),
        ("p50_ms", json!(100.0)),
        ("p95_ms", json!(190.0)),
        ("max_ms", json!(200.0)),
        ("total_ms", json!(2100.0)),
        ("self_ms", json!(1890.0)),
        ("trace_id", json!(TRACE)),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    assert_eq!(row["sparkline"].as_array().unwrap().len(), 24);
    assert_eq!(row["slow"].as_array().unwrap().len(), 24);
    let queries = lab.get("/api/functions?tab=queries");
    assert_eq!(queries["rows"][0]["name"], "SELECT * FROM lamp WHERE sku = ?");
    assert_eq!(queries["rows"][0]["calls"], 20);
    assert_eq!(lab.get("/api/functions?tab=all&sort=calls&q=lamp")["total"], 1);
    assert_eq!(lab.get("/api/functions?tab=functions")["total"], 0);
}

#[test]
fn metrics_are_points_with_sums() {
    let mut lab = Lab::new();
    let metric = |value: f64, at: f64| {
        json!({ "timestamp": at, "name": "memory", "type": "gauge", "unit": "megabyte", "value": value,
            "attributes": { "service.name": { "value": "shop", "type": "string" } } })
    };
    lab.send(
        "trace_metric",
        &json!({ "items": [metric(1.0, NOW), metric(3.0, NOW + 0.5), metric(2.0, NOW + 5.0)] }),
    );
    let answer = lab.get("/api/metrics");
    let expected = json!({ "name": "memory", "type": "gauge", "unit": "megabyte", "service": "shop", "count": 3,
        "sum": 6.0, "min": 1.0, "max": 3.0, "last": 2.0, "points": [
            { "t": NOW, "count": 2, "sum": 4.0, "min": 1.0, "max": 3.0, "last": 3.0 },
            { "t": NOW + 5.0, "count": 1, "sum": 2.0, "min": 2.0, "max": 2.0, "last": 2.0 } ] });
    assert_eq!(answer["metrics"], json!([expected]));
}

#[test]
fn sessions_are_counted_by_release() {
    let mut lab = Lab::new();
    let attrs = json!({ "release": "shop@1.0", "environment": "test" });
    for (sid, status, errors) in [("1", "exited", 0), ("2", "exited", 2), ("3", "crashed", 1), ("3", "ok", 0)]
    {
        lab.send("session", &json!({ "sid": sid, "status": status, "errors": errors, "attrs": attrs }));
    }
    lab.send("sessions", &json!({ "attrs": attrs, "aggregates": [{ "exited": 6, "errored": 1 }] }));
    let expected = json!([{ "service": "shop", "release": "shop@1.0", "environment": "test", "sessions": 10,
        "healthy": 7, "errored": 2, "crashed": 1, "abnormal": 0, "crash_free": 0.9 }]);
    assert_eq!(lab.get("/api/sessions")["releases"], expected);
}

#[test]
fn health_tells_what_came_and_what_was_lost() {
    let mut lab = shop();
    for _ in 0..2 {
        lab.send(
            "client_report",
            &json!({ "timestamp": NOW, "discarded_events": [
            { "reason": "before_send", "category": "error", "quantity": 3 }] }),
        );
    }
    lab.send(
        "sdk_stats",
        &json!({ "pid": 7, "service": "shop", "queues": { "captured": 4 }, "rate_limited": ["error"] }),
    );
    lab.send_bytes(b"not an envelope");
    let health = lab.get("/api/health");
    assert_eq!(health["accepted"]["span"], 3);
    assert_eq!((&health["accepted"]["transaction"], &health["accepted"]["error"]), (&json!(1), &json!(1)));
    let lost = json!([{ "service": "shop", "reason": "before_send", "category": "error", "quantity": 6, "last_seen": NOW }]);
    assert_eq!(health["discarded"], lost);
    assert_eq!(health["queues"], json!([{ "service": "shop", "pid": 7, "queues": { "captured": 4 } }]));
    assert_eq!(health["rate_limits"], json!([{ "service": "shop", "category": "error" }]));
    assert_eq!(health["ingest"]["damaged"], 1);
    assert_eq!(health["dashboard"]["dropped"], 0);
}

#[test]
fn the_overview_counts_and_names() {
    let lab = shop();
    let overview = lab.get("/api/overview");
    assert_eq!(
        overview["counts"],
        json!({ "traces": 1, "spans": 3, "issues": 1, "events": 1, "logs": 0, "metrics": 0,
        "jobs": 0, "sessions": 0, "hints": 0 })
    );
    assert_eq!(overview["services"][0]["name"], "shop");
    assert_eq!(overview["services"][0]["platform"], "rust");
    assert_eq!(overview["runs"][0]["service"], "shop");
    assert_eq!(overview["memory"]["budget"], 64 << 20);
    assert!(overview["memory"]["bytes"].as_u64().unwrap() > 1000);
}

#[test]
fn keys_suggest_attributes_and_values() {
    let lab = shop();
    let answer = lab.get("/api/keys");
    let keys = answer["keys"].as_array().unwrap();
    let values = |name: &str| keys.iter().find(|key| key["key"] == name).map(|key| key["values"].clone());
    assert_eq!(values("db.system.name"), Some(json!(["memory"])));
    assert_eq!(values("service"), Some(json!(["shop"])));
    assert_eq!(values("shard"), Some(json!(["7"])));
    assert!(lab.get("/api/keys?for=logs")["keys"].is_array());
}

#[test]
fn runs_are_compared_by_function() {
    let mut lab = Lab::new();
    for (run, (started, factor)) in [("a", 1.0), ("b", 3.0)].into_iter().enumerate() {
        for call in 1..=9_u32 {
            let id = format!("{:016x}", call + 100 * run as u32 + 1);
            let mut page = transaction("GET /", &id, f64::from(call) * factor, json!([]));
            page["contexts"]["app"] = json!({ "app_start_time": started });
            lab.send("transaction", &page);
        }
    }
    let runs = lab.get("/api/overview")["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 2, "{runs}");
    let (a, b) = (runs[1]["id"].as_str().unwrap(), runs[0]["id"].as_str().unwrap());
    let answer = lab.get(&format!("/api/compare-runs?a={a}&b={b}"));
    let row = &answer["rows"][0];
    assert_eq!((&row["name"], &row["a_calls"], &row["b_calls"]), (&json!("GET /"), &json!(9), &json!(9)));
    assert_eq!(
        (&row["a_p50_ms"], &row["b_p50_ms"], &row["delta_ms"]),
        (&json!(5.0), &json!(15.0), &json!(10.0))
    );
    assert_eq!(lab.ask("/api/compare-runs?a=run-1&b=run-9").0, 404);
}
