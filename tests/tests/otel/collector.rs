//! Tests of our spans at a collector that accepts OTLP over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sentry::protocol::{DataCategory, DiscardReason};

use sentry_tests::support::addresses::Nowhere;
use sentry_tests::support::{LONG, observe, options, without_client};
use serde_json::{Value, json};

/// A request: its path, its headers in lower case, and its body.
type Request = (String, Vec<String>, Value);

/// Starts a collector that answers with these statuses, one after the other; with a 429 it asks for a pause of an hour.
fn collector(statuses: &'static [u16]) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, requests) = channel();
    std::thread::spawn(move || {
        for status in statuses {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            let headers: Vec<_> = lines.map(|line| line.to_ascii_lowercase()).collect();
            let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let pause = if *status == 429 { "Retry-After: 3600\r\n" } else { "" };
            write!(
                stream,
                "HTTP/1.1 {status} X\r\n{pause}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
            )
            .unwrap();
            if told.send((path, headers, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, requests)
}

fn spans(request: &Value) -> &Vec<Value> {
    request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap()
}

#[test]
fn spans_go_to_the_collector_and_errors_to_the_server() {
    let (url, requests) = collector(&[200]);
    let options = options().otlp_endpoint(url).otlp_header("Authorization", "Bearer secret");
    let seen = observe(options, || {
        sentry::start_span(sentry::SpanOptions::new("GET /orders").op("http.server"), |span| {
            span.set_attribute("items", 3);
            sentry::start_span("child", |span| span.set_status(sentry::SpanStatus::NotFound));
            sentry::capture_message("hello", sentry::Level::Info);
        });
    });
    let (path, headers, body) = requests.recv_timeout(LONG).unwrap();
    assert_eq!(path, "/v1/traces");
    assert!(headers.contains(&"content-type: application/json".to_owned()), "{headers:?}");
    assert!(headers.contains(&"authorization: bearer secret".to_owned()), "{headers:?}");
    assert!(!headers.iter().any(|line| line.starts_with("x-sentry-auth")), "{headers:?}");
    let [root, child] = &spans(&body)[..] else { panic!("{body:#}") };
    assert_eq!((&root["name"], &root["kind"]), (&json!("GET /orders"), &json!(2)));
    assert_eq!(root["status"], json!({"code": 1}));
    assert_eq!(child["parentSpanId"], root["spanId"]);
    assert_eq!(child["traceId"], root["traceId"]);
    assert_eq!(child["status"], json!({"code": 2, "message": "not_found"}));
    let items = json!({"key": "items", "value": {"intValue": "3"}});
    assert!(root["attributes"].as_array().unwrap().contains(&items), "{root:#}");
    let resource = body["resourceSpans"][0]["resource"]["attributes"].as_array().unwrap();
    for (key, value) in [("service.name", "shop"), ("service.version", "shop@1.4.2"), ("host.name", "box-7")]
    {
        let pair = json!({"key": key, "value": {"stringValue": value}});
        assert!(resource.contains(&pair), "{pair} in {resource:#?}");
    }
    let trace = &seen.event()["contexts"]["trace"];
    assert_eq!(trace["span_id"], root["spanId"]);
    assert!(seen.transactions().is_empty());
    assert_eq!(seen.stats.sent(DataCategory::Transaction), 1);
}

#[test]
fn streamed_spans_go_there_too_and_a_busy_collector_is_asked_again() {
    let (url, requests) = collector(&[503, 200]);
    let options =
        options().otlp_endpoint(format!("{url}/own/path")).trace_lifecycle(sentry::TraceLifecycle::Stream);
    observe(options, || {
        sentry::start_span("streamed", |span| span.set_attribute("ratio", 0.5));
    });
    let (first, second) = (requests.recv_timeout(LONG).unwrap(), requests.recv_timeout(LONG).unwrap());
    assert_eq!(first.0, "/own/path");
    assert_eq!(first.2, second.2);
    let span = &spans(&second.2)[0];
    assert_eq!(span["name"], "streamed");
    let ratio = json!({"key": "ratio", "value": {"doubleValue": 0.5}});
    assert!(span["attributes"].as_array().unwrap().contains(&ratio), "{span:#}");
}

#[test]
fn a_collector_needs_no_dsn() {
    let (url, requests) = collector(&[200]);
    without_client(|| {
        let guard = sentry::init(options().otlp_endpoint(url));
        assert!(guard.is_enabled());
        sentry::start_span("alone", |_| ());
        drop(guard);
    });
    assert_eq!(spans(&requests.recv_timeout(LONG).unwrap().2)[0]["name"], "alone");
}

#[test]
fn a_collector_that_does_not_answer_is_asked_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let options = options().otlp_endpoint(url).read_timeout(Duration::from_millis(300));
    let seen = observe(options, || sentry::start_span("silence", |_| ()));
    listener.set_nonblocking(true).unwrap();
    let asked = std::iter::from_fn(|| listener.accept().ok()).count();
    assert_eq!(asked, 1, "it may have taken the spans, and another attempt would take as long");
    assert_eq!(seen.stats.sent(DataCategory::Transaction), 0);
}

#[test]
fn a_collector_on_this_machine_is_reached_without_the_proxy() {
    let nowhere = Nowhere::new();
    let proxy = format!("http://{}", nowhere.address());
    let (url, requests) = collector(&[200]);
    without_client(|| {
        let guard = sentry::init(options().otlp_endpoint(url).http_proxy(proxy));
        sentry::start_span("straight", |_| ());
        drop(guard);
    });
    assert_eq!(spans(&requests.recv_timeout(LONG).unwrap().2)[0]["name"], "straight");
}

#[test]
fn a_collector_that_asks_for_a_pause_is_left_alone() {
    let (url, requests) = collector(&[429, 200]);
    let seen = observe(options().otlp_endpoint(url), || {
        sentry::start_span("one", |_| ());
        assert!(sentry::flush(LONG));
        sentry::start_span("two", |_| ());
    });
    assert_eq!(spans(&requests.recv_timeout(LONG).unwrap().2)[0]["name"], "one");
    assert!(requests.try_recv().is_err(), "neither request is repeated");
    let lost = |category| {
        let entries = seen.stats.dropped.iter().filter(|entry| entry.category == category);
        entries.map(|entry| (entry.reason, entry.quantity)).collect::<Vec<_>>()
    };
    assert_eq!(lost(DataCategory::Transaction), [(DiscardReason::RatelimitBackoff, 2)]);
}
