//! Tests of whole programs with `#[sentry::main]`: exit codes, messages, the items that arrive at the server, and
//! environment variables.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use sentry_tests::support::programs::{Ended, run};
use sentry_tests::support::{LONG, assert_takes_less_than, only};
use sentry_tests::{Answer, FakeSentry};
use serde_json::Value;

const RETURNS_ERROR: &str = env!("CARGO_BIN_EXE_returns_error");
const RETURNS_CODE: &str = env!("CARGO_BIN_EXE_returns_code");
const RETURNS_LATER: &str = env!("CARGO_BIN_EXE_returns_later");
const CRON_JOB: &str = env!("CARGO_BIN_EXE_cron_job");

/// Lets `returns_code` wait for the server as long as a busy machine may need.
const PATIENT: (&str, &str) = ("PATIENCE", "60");

/// Runs a program that sends to a server of its own.
fn observed(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> (Ended, FakeSentry) {
    let server = FakeSentry::start();
    let dsn = server.dsn();
    let mut environment = environment.to_vec();
    environment.extend([("SENTRY_DSN", &*dsn), PATIENT]);
    let ended = run(program, arguments, &environment);
    server.assert_valid();
    (ended, server)
}

fn value(event: &Value) -> String {
    let last = event["exception"]["values"].as_array().and_then(|values| values.last().cloned());
    last.unwrap_or_default()["value"].as_str().unwrap_or_default().to_owned()
}

// ---- the result of `main`

#[test]
fn an_error_is_sent_and_ends_the_program_as_ever() {
    let (ended, server) = observed(RETURNS_ERROR, &["x"], &[]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "Error: NoLamp(ParseIntError { kind: InvalidDigit })\n");
    let event = only(server.events());
    let values = event["exception"]["values"].as_array().unwrap();
    assert_eq!(values.len(), 2, "the cause and the error: {values:#?}");
    assert_eq!(value(&event), "no lamp");
    assert_eq!(values[1]["mechanism"]["handled"], false);
    assert_eq!(event["level"], "fatal");
    assert_eq!(event["release"], "sentry-tests@0.1.0", "the package of the program");
    assert_eq!(event["environment"], "development");

    let (ended, server) = observed(RETURNS_ERROR, &["7"], &[]);
    assert_eq!((ended.code, &*ended.stdout, &*ended.stderr), (Some(0), "lamp 7\n", ""));
    assert!(server.items().is_empty());
}

#[test]
fn without_a_dsn_the_program_runs_as_it_is() {
    let ended = run(RETURNS_ERROR, &["x"], &[]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "Error: NoLamp(ParseIntError { kind: InvalidDigit })\n");
}

#[test]
fn an_exit_code_is_kept_and_everything_is_sent() {
    let (ended, server) = observed(RETURNS_CODE, &["42"], &[]);
    assert_eq!((ended.code, &*ended.stderr), (Some(42), ""));
    assert_eq!(only(server.events())["logentry"]["message"], "at work");
}

#[test]
fn the_error_behind_an_exit_code_is_sent() {
    let (ended, server) = observed(RETURNS_CODE, &["order"], &[]);
    assert_eq!((ended.code, &*ended.stderr), (Some(1), ""));
    let event = server.events().into_iter().find(|event| event["exception"].is_object()).unwrap();
    assert_eq!(value(&event), std::fmt::Error.to_string());
    assert_eq!(event["level"], "fatal");
    assert_eq!(event["exception"]["values"][0]["mechanism"]["type"], "auto.function.main");
}

#[test]
fn after_a_flush_a_program_may_exit() {
    let (ended, server) = observed(RETURNS_CODE, &["exit"], &[]);
    assert_eq!((ended.code, &*ended.stdout), (Some(3), "flushed true\n"));
    assert_eq!(only(server.events())["logentry"]["message"], "at work");
}

#[test]
fn a_panic_is_sent_and_ends_the_program_as_ever() {
    let (ended, server) = observed(RETURNS_CODE, &["panic"], &[]);
    assert_eq!(ended.code, Some(101));
    assert_eq!(ended.stderr.matches("the lamp broke").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("thread 'main'"), "std's message: {}", ended.stderr);
    let events = server.events();
    let panic = only(events.iter().filter(|event| event["exception"].is_object()).collect());
    assert_eq!(value(panic), "the lamp broke");
    assert_eq!(panic["exception"]["values"][0]["mechanism"]["handled"], false);
    assert_eq!(panic["level"], "fatal");
}

#[test]
fn an_async_main_is_started_inside() {
    let (ended, server) = observed(RETURNS_LATER, &["error"], &[]);
    assert_eq!((ended.code, &*ended.stderr), (Some(1), "Error: \"no lamp\"\n"));
    let event = only(server.events());
    assert_eq!(value(&event), "no lamp");
    assert_eq!((&event["release"], &event["environment"]), (&"given@1".into(), &"given".into()));
    assert_eq!(only(server.transactions())["transaction"], "work");

    let (ended, server) = observed(RETURNS_LATER, &["panic"], &[]);
    assert_eq!(ended.code, Some(101));
    assert_eq!(value(&only(server.events())), "the lamp broke");

    let (ended, server) = observed(RETURNS_LATER, &[], &[("SENTRY_RELEASE", "environment@1")]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    assert_eq!(only(server.transactions())["release"], "given@1", "the program counts first");
}

#[test]
fn a_cron_job_is_a_program_with_two_attributes() {
    for (argument, code, status, text) in [
        ("", 0, "ok", None),
        ("error", 1, "error", Some("the disk is full")),
        ("panic", 101, "error", Some("the lamp broke")),
    ] {
        let (ended, server) = observed(CRON_JOB, &[argument], &[]);
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let check_ins = server.check_ins();
        assert_eq!(check_ins.len(), 2, "{argument}: {check_ins:#?}");
        assert_eq!(
            (&check_ins[0]["status"], &check_ins[1]["status"]),
            (&"in_progress".into(), &status.into())
        );
        assert_eq!(check_ins[0]["check_in_id"], check_ins[1]["check_in_id"]);
        let texts: Vec<String> = server.events().iter().map(value).collect();
        assert_eq!(texts, text.into_iter().collect::<Vec<_>>(), "captured once");
    }
}

// ---- the environment

#[test]
fn the_environment_fills_in_what_the_program_leaves_out() {
    let environment = [
        ("SENTRY_ENVIRONMENT", "staging"),
        ("SENTRY_RELEASE", "shop@7"),
        ("SENTRY_TRACES_SAMPLE_RATE", "1.0"),
    ];
    let (ended, server) = observed(RETURNS_CODE, &[], &environment);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    for payload in [only(server.events()), only(server.transactions())] {
        assert_eq!(payload["environment"], "staging");
        assert_eq!(payload["release"], "shop@7");
    }
    let (_, server) = observed(RETURNS_CODE, &[], &[("SENTRY_ENVIRONMENT", ""), ("SENTRY_RELEASE", " ")]);
    let event = only(server.events());
    assert_eq!(event["environment"], "development", "an empty variable is none");
    assert_eq!(event["release"], "sentry-tests@0.1.0");
    assert!(server.transactions().is_empty(), "no traces unless asked for");
}

#[test]
fn debug_output_is_on_by_the_environment_alone() {
    let (ended, _) = observed(RETURNS_CODE, &[], &[("SENTRY_DEBUG", "1")]);
    assert!(ended.notes().iter().any(|line| line.starts_with("[sentry] debug: ")), "{}", ended.stderr);
    let (ended, _) = observed(RETURNS_CODE, &[], &[("SENTRY_DEBUG", "off")]);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_bad_environment_variable_is_reported_once_and_the_program_goes_on() {
    for (name, bad, rule) in [
        ("SENTRY_DSN", "not a dsn", "https://"),
        ("SENTRY_DSN", "https://example.com/1", "key"),
        ("SENTRY_TRACES_SAMPLE_RATE", "often", "a number from 0 (nothing) to 1 (everything)"),
        ("SENTRY_TRACES_SAMPLE_RATE", "20", "a number from 0 (nothing) to 1 (everything)"),
        ("SENTRY_SAMPLE_RATE", "-1", "a number from 0 (nothing) to 1 (everything)"),
        ("SENTRY_DEBUG", "perhaps", "a boolean: `1`"),
        ("SENTRY_ENVIRONMENT", "a/b", "without slashes, line breaks"),
        ("SENTRY_RELEASE", "a\nb", "without slashes, line breaks"),
    ] {
        let mut environment = vec![("SENTRY_DSN", "http://key@127.0.0.1:9/1"), ("SENTRY_LOCAL", "0")];
        environment.retain(|(other, _)| *other != name);
        environment.push((name, bad));
        let ended = run(RETURNS_ERROR, &["x"], &environment);
        assert_eq!(ended.code, Some(1), "{name}");
        assert_eq!(ended.own_stderr(), "Error: NoLamp(ParseIntError { kind: InvalidDigit })");
        // Nothing listens on the address of the DSN, which clients that are not disabled report.
        let of_variable = |note: &&str| !note.contains("no response from the server");
        let note = only(ended.notes().into_iter().filter(of_variable).collect());
        assert!(note.starts_with("[sentry] error: "), "{note}");
        assert!(note.contains(&*bad.escape_debug().to_string()) && note.contains(rule), "{name}: {note}");
        assert!(
            note.contains(name) || note.contains("DSN") || note.contains(&name[7..].to_lowercase()),
            "{note}"
        );
        // A tool may have set these names, and events can do without them, so the client stays enabled.
        let start = match name {
            "SENTRY_ENVIRONMENT" | "SENTRY_RELEASE" => "[sentry] error: ignoring ",
            _ => "[sentry] error: Sentry is disabled: ",
        };
        assert!(note.starts_with(start), "{note}");
    }
}

#[test]
fn the_environment_alone_switches_spotlight_on() {
    let spotlight = FakeSentry::start();
    let url = spotlight.spotlight_url();
    let ended = run(RETURNS_CODE, &[], &[("SENTRY_SPOTLIGHT", &url), PATIENT]);
    assert_eq!(ended.code, Some(0));
    spotlight.assert_valid();
    assert_eq!(only(spotlight.events())["logentry"]["message"], "at work");
    assert_eq!(only(spotlight.transactions())["transaction"], "work", "without a server every trace");

    let ((_, server), spotlight) = (observed(RETURNS_CODE, &[], &[("SENTRY_SPOTLIGHT", &url)]), spotlight);
    assert_eq!(server.events().len(), 1, "the server gets the event as well");
    assert_eq!(spotlight.events().len(), 2);

    let (ended, _) = observed(RETURNS_CODE, &["5"], &[("SENTRY_SPOTLIGHT", "http://127.0.0.1:9/stream")]);
    assert_eq!(ended.code, Some(5), "nobody listens, nothing happens: {}", ended.stderr);
}

#[test]
fn a_server_that_is_down_or_silent_changes_no_exit_code() {
    // The second program waits for two seconds.
    assert_takes_less_than(LONG / 6, || {
        let started = std::time::Instant::now();
        let ended = run(RETURNS_ERROR, &["x"], &[("SENTRY_DSN", "http://key@127.0.0.1:9/1")]);
        assert_eq!(ended.code, Some(1));
        assert_eq!(ended.own_stderr(), "Error: NoLamp(ParseIntError { kind: InvalidDigit })");
        let server = FakeSentry::start();
        server.answer_all(Answer::never());
        let ended = run(RETURNS_CODE, &["42"], &[("SENTRY_DSN", &server.dsn())]);
        assert_eq!(ended.code, Some(42));
        started.elapsed()
    });
}

#[test]
fn a_redirect_of_the_server_is_reported_once_with_its_target() {
    let server = FakeSentry::start();
    server.answer_all(sentry_tests::Answer::status(301).header("Location", "https://shop.example/api/1/"));
    let dsn = server.dsn();
    let ended = run(RETURNS_ERROR, &["x"], &[("SENTRY_DSN", &*dsn), ("SENTRY_TRACES_SAMPLE_RATE", "1.0")]);
    let note = only(ended.notes());
    assert!(
        note.starts_with(
            "[sentry] error: the server answered 301, a redirect to https://shop.example/api/1/"
        )
    );
    assert!(server.requests().len() > 1, "each envelope got this answer");
}
