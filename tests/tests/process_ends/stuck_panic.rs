//! Tests of panics that cannot unwind, and therefore abort any program: the panic hook sends everything.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use sentry_tests::support::LONG;
use sentry_tests::{Answer, FakeSentry};
use serde_json::Value;

fn run(how: &str, patience: &str, server: &FakeSentry) -> ExitStatus {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stuck_panic"));
    command.arg(how).env_clear().env("SENTRY_DSN", server.dsn()).env("PATIENCE", patience);
    command.stdin(Stdio::null()).stderr(Stdio::null()).status().unwrap()
}

fn panics(server: &FakeSentry) -> Vec<Value> {
    let events = server.events();
    events
        .iter()
        .map(|event| event["exception"]["values"][0]["value"].clone())
        .filter(Value::is_string)
        .collect()
}

fn statuses(server: &FakeSentry) -> Vec<Value> {
    server.check_ins().iter().map(|check_in| check_in["status"].clone()).collect()
}

#[test]
fn the_panic_and_what_came_before_are_sent_and_the_job_has_failed() {
    for (how, texts) in [
        ("foreign", vec!["the lamp broke"]),
        // Both panics happened, the second while the first was unwinding.
        ("twice", vec!["the lamp broke", "and then the shelf"]),
    ] {
        let server = FakeSentry::start();
        let status = run(how, "20000", &server);
        assert_eq!(status.signal(), Some(libc::SIGABRT), "{how}: {status:?}");
        server.assert_valid();
        assert_eq!(panics(&server), texts, "{how}: the standard library's message causes no event");
        assert!(server.events().iter().any(|event| event["logentry"]["message"] == "at work"));
        assert_eq!(statuses(&server), ["in_progress", "error"], "{how}");
    }
}

#[test]
fn a_panic_that_a_destructor_contains_ends_nothing() {
    let server = FakeSentry::start();
    let status = run("caught", "20000", &server);
    assert_eq!(status.code(), Some(101), "it unwinds");
    server.assert_valid();
    assert_eq!(panics(&server), ["the lamp broke", "caught"]);
    assert_eq!(statuses(&server), ["in_progress", "error"]);
}

#[test]
#[cfg(debug_assertions)]
fn a_failed_check_of_unsafe_code_is_sent() {
    let server = FakeSentry::start();
    let status = run("unchecked", "20000", &server);
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{status:?}");
    server.assert_valid();
    let panics = panics(&server);
    assert!(panics.len() == 1 && panics[0].as_str().unwrap().contains("get_unchecked"), "{panics:?}");
    assert_eq!(statuses(&server), ["in_progress", "error"]);
}

#[test]
fn a_silent_server_delays_the_abort_no_longer_than_the_shutdown_timeout() {
    let server = FakeSentry::start();
    server.answer_all(Answer::never());
    let started = Instant::now();
    let status = run("foreign", "500", &server);
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{status:?}");
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}
