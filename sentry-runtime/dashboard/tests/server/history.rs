//! Tests of the history: in memory, with a limit; in a file, across restarts.

use std::fs;

use crate::support::{Folder, Server, TOKEN, transaction};

#[test]
fn a_file_survives_restarts() {
    let folder = Folder::new();
    let file = folder.0.join("shop.envelopes");
    for number in 1..=3 {
        let server = Server::with(|options| options.keep(&file));
        server.send(&transaction(number, &format!("run {number}")));
        assert_eq!(server.json("/api/traces")["total"], number);
        assert!(server.json("/api/overview")["keep"].as_str().unwrap().ends_with("shop.envelopes"));
    }
    // The file now ends like that of a process that was killed while it wrote.
    let mut bytes = fs::read(&file).unwrap();
    bytes.extend_from_slice(&transaction(4, "half").as_bytes()[..60]);
    fs::write(&file, bytes).unwrap();
    for number in 5..=6 {
        Server::with(|options| options.keep(&file)).send(&transaction(number, &format!("run {number}")));
    }
    let names = Server::with(|options| options.keep(&file)).trace_names();
    assert_eq!(names, ["run 6", "run 5", "run 3", "run 2", "run 1"]);
}

#[test]
fn files_of_earlier_runs_are_opened_beside_what_comes() {
    let folder = Folder::new();
    let (one, two) = (folder.0.join("one"), folder.0.join("two"));
    fs::write(&one, transaction(1, "yesterday") + &transaction(2, "also yesterday")).unwrap();
    fs::write(&two, transaction(3, "the day before")).unwrap();
    let before = fs::read(&one).unwrap();
    let server = Server::with(|options| options.open(&one).open(&two));
    server.send(&transaction(4, "today"));
    let mut names = server.trace_names();
    names.sort();
    assert_eq!(names, ["also yesterday", "the day before", "today", "yesterday"]);
    let overview = server.json("/api/overview");
    let files: Vec<_> =
        overview["runs"].as_array().unwrap().iter().filter_map(|run| run["file"].as_str()).collect();
    assert!(
        files.iter().any(|file| file.ends_with("one")) && files.iter().any(|file| file.ends_with("two")),
        "{overview}"
    );
    assert_eq!(fs::read(&one).unwrap(), before, "a file that is opened is not written");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let options = sentry_dashboard::Dashboard::new().address(([127, 0, 0, 1], 0).into());
    let error = options.clone().open("/nowhere/run").start().unwrap_err().to_string();
    assert!(error.contains("/nowhere/run"), "{error}");
    let error = options.keep("/nowhere/run").start().unwrap_err().to_string();
    assert!(error.contains("/nowhere/run"), "{error}");
}

#[test]
fn the_oldest_is_dropped_first_and_what_is_pinned_stays() {
    let server = Server::with(|options| options.memory(1 << 20));
    server.send(&transaction(1, "pinned"));
    let pin = format!(r#"{{"trace_id":"{:032x}","pinned":true}}"#, 1);
    let bearer = format!("Bearer {TOKEN}");
    let host = server.address().to_string();
    let length = pin.len().to_string();
    let headers = [("host", &*host), ("authorization", &*bearer), ("content-length", &*length)];
    assert_eq!(server.exactly("POST", "/api/pin", &headers, pin.as_bytes()).status, 204);
    assert_eq!(server.exactly("POST", "/api/pin", &headers, &pin.as_bytes()[..pin.len()]).status, 204);
    let text = "x".repeat(1000);
    for number in 2..=3000 {
        server.send(&transaction(number, &format!("order {number} {text}")));
    }
    let overview = server.json("/api/overview");
    let memory = &overview["memory"];
    assert!(memory["bytes"].as_u64().unwrap() <= 1 << 20, "{memory}");
    assert!(memory["evicted"].as_u64().unwrap() > 0, "{memory}");
    let names = server.trace_names();
    assert!(names.iter().any(|name| name == "pinned"), "what is pinned stays");
    assert!(names[0].starts_with("order 3000 "), "{}", names[0]);
    assert!(!names.iter().any(|name| name.starts_with("order 2 ")), "the oldest is gone");
    let unknown = r#"{"trace_id":"ffffffffffffffffffffffffffffffff","pinned":true}"#;
    let length = unknown.len().to_string();
    let headers = [("host", &*host), ("authorization", &*bearer), ("content-length", &*length)];
    assert_eq!(server.exactly("POST", "/api/pin", &headers, unknown.as_bytes()).status, 404);
}
