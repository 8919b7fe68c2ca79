//! Measurements of the speed. They do not run by default, because the load of the machine would decide: `cargo test
//! --release -p sentry-dashboard --lib speed -- --ignored --nocapture`.

use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, envelope};

/// Returns the CPU time of this thread in seconds, which does not depend on other programs.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

/// Returns the memory of the process in bytes.
fn resident() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    stat.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or_default() * 4096.0
}

fn span(number: u32, trace: u32) -> Value {
    json!({ "trace_id": format!("{:032x}", trace + 1), "span_id": format!("{:016x}", number + 1),
        "parent_span_id": if number.is_multiple_of(20) { Value::Null } else { json!(format!("{:016x}", number / 20 * 20 + 1)) },
        "name": format!("function {}", number % 300), "status": "ok", "is_segment": number.is_multiple_of(20),
        "start_timestamp": NOW + f64::from(number) / 1e3, "end_timestamp": NOW + f64::from(number + number % 7) / 1e3,
        "attributes": {
            "sentry.op": { "value": (["http.server", "db.query", "function"][number as usize % 3]), "type": "string" },
            "sentry.release": { "value": "shop@1", "type": "string" }, "n": { "value": number, "type": "integer" },
            "sentry.sdk.name": { "value": "sentry.rust", "type": "string" },
            "sentry.origin": { "value": "auto", "type": "string" },
            "code.file.path": { "value": "src/a.rs", "type": "string" } } })
}

fn loaded(spans: u32, per_envelope: u32) -> (Lab, f64) {
    let mut lab = Lab::with_memory(1 << 30);
    let envelopes: Vec<Vec<u8>> = (0..spans / per_envelope)
        .map(|at| {
            let items: Vec<Value> = (0..per_envelope)
                .map(|of| span(at * per_envelope + of, (at * per_envelope + of) / 20))
                .collect();
            envelope(
                &json!({}),
                &[(json!({ "type": "span" }), json!({ "items": items }).to_string().into_bytes())],
            )
        })
        .collect();
    let start = cpu();
    for envelope in &envelopes {
        lab.send_bytes(envelope);
    }
    (lab, f64::from(spans) / (cpu() - start))
}

#[test]
#[ignore = "measures"]
fn speed() {
    for per_envelope in [1, 20, 1000] {
        let (_, per_second) = loaded(100_000, per_envelope);
        println!("ingest, {per_envelope} spans an envelope: {per_second:.0} spans/s");
    }
    let before = resident();
    let (lab, _) = loaded(200_000, 20);
    let overview = lab.get("/api/overview");
    let estimated = overview["memory"]["bytes"].as_u64().unwrap_or(0) / 200_000;
    let resident = (resident() - before) / 200_000.0;
    println!("200 000 spans: {estimated} bytes a span are estimated, the process grew by {resident:.0}");
    for address in [
        "/api/overview",
        "/api/traces",
        "/api/traces?q=function",
        "/api/traces?q=n:%3E199990",
        "/api/traces?q=!name:*/healthz",
        "/api/functions?tab=all",
        "/api/functions?tab=queries&sort=p95_ms",
        "/api/hints",
        "/api/keys",
        "/api/traces/00000000000000000000000000000001",
    ] {
        let start = cpu();
        lab.get(address);
        println!("{address}: {:.1} ms", (cpu() - start) * 1e3);
    }
    let mut lab = Lab::with_memory(1 << 30);
    let mut took = 0.0;
    for at in 0..1000_u32 {
        let items: Vec<Value> = (0..100)
            .map(|of| {
                let mut span = span(at * 100 + of, 0);
                span["trace_id"] = json!(TRACE);
                span
            })
            .collect();
        let bytes = envelope(
            &json!({}),
            &[(json!({ "type": "span" }), json!({ "items": items }).to_string().into_bytes())],
        );
        let start = cpu();
        lab.send_bytes(&bytes);
        took += cpu() - start;
    }
    println!("100 000 spans in one trace: {:.0} ms", took * 1e3);
    for address in [
        format!("/api/traces/{TRACE}"),
        format!("/api/traces/{TRACE}?limit=100000"),
        format!("/api/traces/{TRACE}/text"),
    ] {
        let start = cpu();
        lab.get(&address);
        println!("{address}: {:.1} ms", (cpu() - start) * 1e3);
    }
}
