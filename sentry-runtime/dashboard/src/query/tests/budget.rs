use serde_json::json;

use super::{Lab, NOW, TRACE, error, transaction};

/// Sends a trace with an id of its own: a transaction with a large attribute.
fn send_trace(lab: &mut Lab, number: u32) {
    let mut page = transaction("GET /", &format!("{:016x}", number + 1), 10.0, json!([]));
    page["contexts"]["trace"]["trace_id"] = json!(format!("{:032x}", number + 1));
    page["contexts"]["trace"]["data"] = json!({ "body": format!("{number}{}", "x".repeat(5000)) });
    lab.send("transaction", &page);
}

fn bytes(lab: &Lab) -> u64 {
    lab.get("/api/overview")["memory"]["bytes"].as_u64().unwrap()
}

#[test]
fn the_oldest_rows_go_and_pinned_traces_stay() {
    let budget = 1 << 20;
    let mut lab = Lab::with_memory(budget);
    send_trace(&mut lab, 0);
    send_trace(&mut lab, 1);
    let pinned = format!("{:032x}", 1);
    assert!(lab.store.pin(&pinned, true));
    for number in 2..1000 {
        send_trace(&mut lab, number);
        assert!(bytes(&lab) <= budget as u64);
    }
    let overview = lab.get("/api/overview");
    let traces = overview["counts"]["traces"].as_u64().unwrap();
    assert!((100..250).contains(&traces), "{traces}");
    assert!(overview["memory"]["evicted"].as_u64().unwrap() > 700);
    assert_eq!(lab.get(&format!("/api/traces/{pinned}"))["trace"]["pinned"], true);
    assert_eq!(lab.ask(&format!("/api/traces/{:032x}", 2)).0, 404);
    assert_eq!(lab.get(&format!("/api/traces/{:032x}", 1000))["trace"]["spans"], 1);

    assert!(lab.store.pin(&pinned, false));
    assert_eq!(lab.get(&format!("/api/traces/{pinned}"))["trace"]["pinned"], false);
    for number in 1000..1010 {
        send_trace(&mut lab, number);
    }
    assert_eq!(lab.ask(&format!("/api/traces/{pinned}")).0, 404, "it was the oldest");
}

#[test]
fn pinned_traces_may_take_half_of_the_memory() {
    let mut lab = Lab::with_memory(1 << 20);
    let mut pinned = 0;
    for number in 0..200 {
        send_trace(&mut lab, number);
        pinned += u32::from(lab.store.pin(&format!("{:032x}", number + 1), true));
    }
    assert!((60..100).contains(&pinned), "{pinned}");
    assert_eq!(lab.get("/api/traces?q=pinned:true&limit=0")["total"], pinned);
    assert!(!lab.store.pin(&format!("{:032x}", 9999), true), "the trace is not stored");
    assert!(bytes(&lab) <= 1 << 20);
}

#[test]
fn issues_and_functions_go_with_their_rows() {
    let mut lab = Lab::with_memory(256 << 10);
    for number in 0..2000_u32 {
        let mut event = error(&format!("{number:x}"), &format!("Kind{number}"), "v");
        event["extra"] = json!({ "k": "x".repeat(2000) });
        event["contexts"]["trace"]["trace_id"] = json!(format!("{:032x}", number + 1));
        lab.send("event", &event);
    }
    let counts = lab.get("/api/overview")["counts"].clone();
    assert_eq!(counts["issues"], counts["events"]);
    assert!(counts["events"].as_u64().unwrap() < 100, "{counts}");
    for number in 0..2000_u32 {
        let mut page =
            transaction(&format!("name {number}"), &format!("{:016x}", number + 1), 10.0, json!([]));
        page["contexts"]["trace"]["data"] = json!({ "body": "x".repeat(2000) });
        lab.send("transaction", &page);
    }
    let total = lab.get("/api/functions?limit=0")["total"].as_u64().unwrap();
    assert!(total < 150, "{total}");
    assert!(bytes(&lab) <= 256 << 10);
}

#[test]
fn clear_drops_all_but_pinned_traces() {
    let mut lab = Lab::new();
    for number in 0..10 {
        send_trace(&mut lab, number);
    }
    lab.send("event", &error("1", "E", "v"));
    lab.send("log", &json!({ "items": [{ "body": "hello", "trace_id": TRACE, "timestamp": NOW }] }));
    lab.send("check_in", &json!({ "monitor_slug": "restock", "status": "ok" }));
    assert!(lab.store.pin(&format!("{:032x}", 4), true));
    let seq = lab.store.seq();
    lab.store.clear();
    assert!(lab.store.seq() > seq);
    let counts = lab.get("/api/overview")["counts"].clone();
    for (key, count) in [("traces", 1), ("spans", 1), ("issues", 0), ("logs", 0), ("jobs", 0), ("events", 0)]
    {
        assert_eq!(counts[key], count, "{key}");
    }
    lab.store.pin(&format!("{:032x}", 4), false);
    lab.store.clear();
    let overview = lab.get("/api/overview");
    assert_eq!(overview["counts"]["traces"], 0);
    assert_eq!(overview["services"][0]["name"], "shop");
    send_trace(&mut lab, 4);
    assert_eq!(lab.get("/api/traces")["total"], 1, "what was dropped may come again");
}
