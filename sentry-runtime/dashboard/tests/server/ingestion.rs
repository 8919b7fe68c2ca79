//! Tests of the endpoints that SDKs post to: compression, limits, and malicious bytes.

use std::io::Write as _;
use std::thread;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::support::{Server, envelope, transaction};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn every_endpoint_takes_what_its_sdks_send() {
    let server = Server::start();
    let answers = [
        server.post(
            "/api/1/envelope/",
            &[("x-sentry-auth", "Sentry sentry_key=a")],
            transaction(1, "envelope").as_bytes(),
        ),
        server.post(
            "/api/2/envelope?sentry_key=a",
            &[("content-type", "text/plain")],
            transaction(2, "no slash").as_bytes(),
        ),
        server.post(
            "/stream",
            &[("content-encoding", "gzip")],
            &gzip(transaction(3, "spotlight").as_bytes()),
        ),
    ];
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(server.trace_names(), ["spotlight", "no slash", "envelope"]);
    let event =
        r#"{"event_id":"0123456789abcdef0123456789abcdef","message":"from an old SDK","level":"error"}"#;
    let answer = server.post("/api/1/store/", &[], event.as_bytes());
    assert_eq!(answer.json()["id"], "0123456789abcdef0123456789abcdef");
    let event = server.json("/api/events/0123456789abcdef0123456789abcdef");
    assert_eq!(event["message"], "from an old SDK");
}

#[test]
fn compressed_bodies_are_read() {
    let server = Server::start();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(transaction(1, "deflate").as_bytes()).unwrap();
    for (encoding, body) in [
        ("deflate", zlib.finish().unwrap()),
        ("identity", transaction(2, "plain").into_bytes()),
        ("gzip", gzip(transaction(3, "gzip").as_bytes())),
    ] {
        assert_eq!(
            server.post("/stream", &[("content-encoding", encoding)], &body).status,
            200,
            "{encoding}"
        );
    }
    assert_eq!(server.trace_names(), ["gzip", "plain", "deflate"]);
}

#[test]
fn bodies_that_are_too_large_are_refused_and_counted() {
    let server = Server::start();
    let bomb = gzip(&vec![b' '; (48 << 20) + 1]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(server.post("/stream", &[("content-encoding", "gzip")], &bomb).status, 413, "a bomb");
    // A zip bomb inside of a zip bomb is decompressed only once.
    assert_eq!(
        server.post("/stream", &[("content-encoding", "gzip")], &gzip(&bomb)).status,
        400,
        "not an envelope"
    );
    let host = server.address().to_string();
    let length = [("host", &*host), ("content-length", "25165825")];
    assert_eq!(server.exactly("POST", "/stream", &length, b"").status, 413, "by its header alone");
    assert_eq!(server.post("/stream", &[("content-encoding", "gzip")], b"not gzip").status, 400);
    assert_eq!(server.post("/stream", &[("content-encoding", "rot13")], b"{}").status, 415);
    assert_eq!(server.post("/api/1/envelope/", &[], b"not an envelope").status, 400);
    assert_eq!(server.post("/api/1/store/", &[], b"[]").status, 400);
    let health = server.json("/api/health");
    let rejected = &health["ingest"]["rejected"];
    for (reason, count) in [("too_large", 2), ("damaged", 1), ("unknown_encoding", 1), ("not_an_envelope", 3)]
    {
        let entry = rejected.as_array().unwrap().iter().find(|entry| entry["reason"] == reason);
        assert_eq!(
            entry.unwrap_or_else(|| panic!("{reason} is not in {rejected}"))["count"],
            count,
            "{reason}"
        );
    }
    server.send(&transaction(1, "still here"));
    assert_eq!(server.trace_names(), ["still here"]);
}

#[test]
fn browsers_may_send_from_every_site() {
    let server = Server::start();
    let host = server.address().to_string();
    for path in ["/api/1/envelope/", "/api/1/store/", "/stream"] {
        let question = [
            ("host", &*host),
            ("origin", "http://shop.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-sentry-auth"),
            ("access-control-request-private-network", "true"),
        ];
        let answer = server.exactly("OPTIONS", path, &question, b"");
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
        assert!(answer.header("access-control-allow-headers").unwrap().contains("x-sentry-auth"));
        assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        // Without this header, the browser would report a network error to the SDK instead of the status.
        let refused = server.post(path, &[("origin", "http://shop.example")], b"nonsense");
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, Some("*")));
    }
    let sent = server.post(
        "/stream",
        &[("origin", "http://shop.example"), ("host", "evil.example")],
        transaction(1, "a").as_bytes(),
    );
    assert_eq!((sent.status, sent.header("access-control-allow-origin")), (200, Some("*")));
}

#[test]
fn many_programs_send_at_once() {
    let server = Server::start();
    thread::scope(|scope| {
        for program in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..25 {
                    server.send(&transaction(program * 100 + number + 1, "order"));
                }
            });
        }
    });
    assert_eq!(server.trace_names().len(), 200);
}

#[test]
fn no_bytes_take_the_server_down() {
    let server = Server::start();
    let good = [
        transaction(1, "GET /"),
        envelope(
            "event",
            r#"{"event_id":"01","exception":{"values":[{"type":"A","stacktrace":{"frames":[{"lineno":1}]}}]}}"#,
        ),
        envelope(
            "log",
            r#"{"items":[{"timestamp":1.0,"trace_id":"01","level":"info","body":"x","attributes":{}}]}"#,
        ),
        envelope(
            "check_in",
            r#"{"check_in_id":"01","monitor_slug":"a","status":"ok","monitor_config":{"schedule":{"type":"crontab","value":"* * * * *"}}}"#,
        ),
        envelope(
            "sessions",
            r#"{"aggregates":[{"started":"2026-01-01T00:00:00Z","exited":1}],"attrs":{"release":"a"}}"#,
        ),
        envelope(
            "span",
            r#"{"items":[{"trace_id":"01","span_id":"02","name":"n","start_timestamp":1,"end_timestamp":2}]}"#,
        ),
        envelope("trace_metric", r#"{"items":[{"name":"m","type":"counter","value":1,"timestamp":1}]}"#),
        envelope("client_report", r#"{"discarded_events":[{"reason":"a","category":"error","quantity":1}]}"#),
    ];
    // The random generator has a fixed seed, so that a failure can be repeated.
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..400 {
        let mut bytes = good[round % good.len()].clone().into_bytes();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes.truncate(at.max(1)),
                2 => {
                    bytes.splice(at..at, b"\xff\x00\"}{[\\u0000".iter().copied());
                }
                3 => {
                    bytes.splice(at..at, "9".repeat(random(40)).into_bytes());
                }
                _ => bytes.extend(std::iter::repeat_n(b'[', 200)),
            }
        }
        let status = server.post("/stream", &[], &bytes).status;
        assert!(status == 200 || status == 400, "{status} for {}", String::from_utf8_lossy(&bytes));
    }
    for path in [
        "traces",
        "issues",
        "jobs",
        "functions?tab=all",
        "hints",
        "logs",
        "metrics",
        "sessions",
        "health",
        "overview",
    ] {
        assert_eq!(server.get(&format!("/api/{path}")).status, 200, "{path}");
    }
}

#[test]
fn questions_that_mean_harm_are_answered_without_a_failure() {
    let server = Server::start();
    server.send(&transaction(1, "</script><script>alert(1)</script>"));
    for query in [
        "q=%00",
        "q=%ff%fe",
        "q=%22",
        "q=has:",
        "q=duration:%3E",
        "q=!",
        "q=[[[[",
        "q=a:[",
        "limit=-1",
        "limit=99999999999999999999",
        "cursor=x",
        "cursor=99999999999999999999",
        "since=NaN",
        "until=inf",
        "sort=%27",
        "a=x&b=y",
        "tab=../..",
    ] {
        for path in [
            "traces",
            "issues",
            "jobs",
            "functions",
            "hints",
            "logs",
            "compare",
            "compare-runs",
            "traces/x",
            "traces/%2e%2e",
            "events/x",
        ] {
            let answer = server.get(&format!("/api/{path}?{query}"));
            assert!([200, 400, 404].contains(&answer.status), "{} for {path}?{query}", answer.status);
        }
    }
    let long = format!("/api/traces?q={}", "a%20".repeat(10_000));
    assert!([200, 400, 414, 431].contains(&server.get(&long).status));
    let answer = server.get("/api/traces");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "a browser does not read it as a page"
    );
}
