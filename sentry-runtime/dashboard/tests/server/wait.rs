//! Tests of the address that waits for a matching item.

use std::sync::mpsc;
use std::thread;

use crate::support::{LONG, Server, envelope, transaction};

#[test]
fn a_wait_ends_when_something_matches() {
    let server = Server::start();
    server.send(&transaction(1, "GET /orders"));
    let after = server.json("/api/overview")["seq"].clone();
    thread::scope(|scope| {
        let (done, answer) = mpsc::channel();
        let server = &server;
        let path = format!("/api/wait?kind=trace&q=name:*orders&after={after}&timeout=60");
        scope.spawn(move || done.send(server.json(&path)).unwrap());
        server.send(&transaction(2, "GET /lamps"));
        server.send(&transaction(3, "POST /orders"));
        let answer = answer.recv_timeout(LONG).unwrap();
        assert_eq!((&answer["matched"], &answer["kind"]), (&true.into(), &"trace".into()), "{answer}");
        assert_eq!(answer["item"]["name"], "POST /orders");
    });
}

#[test]
fn a_wait_ends_with_its_time() {
    let server = Server::start();
    server.send(&transaction(1, "GET /orders"));
    let answer = server.json("/api/wait?kind=trace&timeout=0");
    assert_eq!(answer["matched"], false, "items from before the request do not match: {answer}");
    let answer = server.json("/api/wait?kind=trace&after=0&timeout=0");
    assert_eq!(answer["matched"], true, "{answer}");
}

#[test]
fn every_kind_can_be_waited_for() {
    let server = Server::start();
    server.send(&transaction(1, "GET /orders"));
    server.send(&envelope("event", r#"{"event_id":"0000000000000000000000000000000a","level":"error","exception":{"values":[{"type":"CardDeclined","value":"no"}]}}"#));
    server.send(&envelope("log", r#"{"version":2,"items":[{"timestamp":1700000000.0,"trace_id":"00000000000000000000000000000001","level":"warn","body":"low stock","attributes":{}}]}"#));
    server.send(&envelope("check_in", r#"{"check_in_id":"0000000000000000000000000000000b","monitor_slug":"restock","status":"ok","duration":1.0}"#));
    for (kind, q) in [
        ("trace", "orders"),
        ("error", "CardDeclined"),
        ("log", "stock"),
        ("job", "restock"),
        ("span", "orders"),
    ] {
        let found = server.json(&format!("/api/wait?kind={kind}&q={q}&after=0&timeout=0"));
        assert_eq!(found["matched"], true, "{kind}: {found}");
        let none = server.json(&format!("/api/wait?kind={kind}&q=nothing-has-this-word&after=0&timeout=0"));
        assert_eq!(none["matched"], false, "{kind}: {none}");
    }
}

#[test]
fn a_wrong_question_is_named() {
    let server = Server::start();
    for query in ["", "kind=weather", "kind=trace&timeout=soon", "kind=trace&after=x"] {
        let answer = server.get(&format!("/api/wait?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["error"].is_string());
    }
}
