//! Tests of the messages that help to find out why no data arrives: with `SENTRY_DEBUG`, and if something is wrong.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use sentry_tests::support::addresses::Nowhere;
use sentry_tests::support::programs::run;
use sentry_tests::{Answer, FakeSentry};

const STOREFRONT: &str = env!("CARGO_BIN_EXE_storefront");
const NO_CLIENT: &str = env!("CARGO_BIN_EXE_no_client");

/// Returns the only note that contains all of the texts.
#[track_caller]
fn note<'a>(notes: &[&'a str], texts: &[&str]) -> &'a str {
    let found: Vec<_> = notes.iter().filter(|note| texts.iter().all(|text| note.contains(text))).collect();
    assert_eq!(found.len(), 1, "notes with {texts:?} in\n{}", notes.join("\n"));
    found[0]
}

/// Returns the DSN of an address on which nothing listens.
fn dsn_of(nowhere: &Nowhere) -> String {
    format!("http://0123456789abcdef@{}/7", nowhere.address())
}

#[test]
fn a_start_says_where_data_goes_and_what_is_recorded() {
    let server = FakeSentry::start();
    let ended = run(STOREFRONT, &[], &[("SENTRY_DSN", &server.dsn()), ("SENTRY_DEBUG", "1")]);
    let notes = ended.notes();
    let sends = note(&notes, &["sends to http://", "(DSN: SENTRY_DSN)"]);
    let key = server.dsn().split(['/', '@']).nth(2).unwrap().to_owned();
    assert!(!ended.stderr.contains(&key) && sends.contains(&key[..key.len().min(8) / 2]), "{sends}");
    note(&notes, &["errors: all", "traces: 100 % (traces_sample_rate: program)"]);
    note(&notes, &["environment: `development` (default)"]);
    note(&notes, &["on: capture_panics", "enable_logs", "off: ", "collect_logs", "spool_dir"]);
}

#[test]
fn the_first_answer_and_the_counts_at_the_end_are_printed() {
    let server = FakeSentry::start();
    let ended = run(STOREFRONT, &[], &[("SENTRY_DSN", &server.dsn()), ("SENTRY_DEBUG", "1")]);
    let notes = ended.notes();
    note(&notes, &["the server accepted the first envelope: status 200"]);
    let closed = note(&notes, &["closed;"]);
    let counts = "1 error, 2 transactions, 4 spans, 2 monitors";
    assert!(closed.contains(&format!("accepted: {counts}; sent: {counts} (")), "{closed}");
    assert!(closed.ends_with("dropped: nothing"), "{closed}");
}

#[test]
fn losses_are_printed_with_their_reason() {
    let nowhere = Nowhere::new();
    let ended = run(STOREFRONT, &[], &[("SENTRY_DSN", &dsn_of(&nowhere)), ("SENTRY_DEBUG", "1")]);
    let closed = note(&ended.notes(), &["closed;"]).to_owned();
    assert!(closed.contains("sent: nothing (0 bytes)"), "{closed}");
    for lost in ["1 error (network_error)", "2 transactions (network_error)", "2 monitors (network_error)"] {
        assert!(closed.contains(lost), "no `{lost}` in {closed}");
    }
}

#[test]
fn a_view_that_gets_everything_is_not_taken_for_a_sampler() {
    let nowhere = Nowhere::new();
    let view = format!("http://{}/stream", nowhere.address());
    let ended = run(STOREFRONT, &[], &[("SENTRY_SPOTLIGHT", &view), ("SENTRY_DEBUG", "1")]);
    note(&ended.notes(), &["traces: all, since only a view of the developer receives them"]);
}

#[test]
fn without_a_dsn_debug_says_what_to_set() {
    let ended = run(STOREFRONT, &[], &[("SENTRY_DEBUG", "1")]);
    note(&ended.notes(), &["there is no DSN", "SENTRY_DSN", "SENTRY_LOCAL=1"]);
}

#[test]
fn a_server_that_cannot_be_reached_is_reported_once_without_debug() {
    let nowhere = Nowhere::new();
    let ended = run(STOREFRONT, &[], &[("SENTRY_DSN", &dsn_of(&nowhere))]);
    let notes = ended.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    note(&notes, &["[sentry] error: no response from the server", "SENTRY_DEBUG=1"]);
}

#[test]
fn a_server_that_fails_is_reported_once_without_debug() {
    let server = FakeSentry::start();
    server.answer_all(Answer::status(503));
    let ended = run(STOREFRONT, &[], &[("SENTRY_DSN", &server.dsn())]);
    let notes = ended.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    note(&notes, &["[sentry] error: the server answered 503"]);
}

#[test]
fn a_forgotten_init_is_reported_once_if_the_environment_asks_for_output() {
    let ways = ["plain", "async", "fails", "handler", "job", "by hand", "capture", "error", "log", "metric"];
    for way in ways {
        for variable in [("SENTRY_DEBUG", "1"), ("SENTRY_LOCAL", "1"), ("SENTRY_LOCAL", "failures")] {
            let ended = run(NO_CLIENT, &[way], &[variable]);
            let notes = ended.notes();
            assert_eq!(notes.len(), 1, "{way} with {variable:?}: {}", ended.stderr);
            note(&notes, &[variable.0, "#[sentry::main]", "sentry::init"]);
        }
        for environment in
            [&[][..], &[("SENTRY_DEBUG", "0")], &[("SENTRY_LOCAL", "no")], &[("SENTRY_LOCAL", "")]]
        {
            let ended = run(NO_CLIENT, &[way], environment);
            assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{way} with {environment:?}");
        }
    }
}

#[test]
fn a_guard_that_is_dropped_at_once_is_noticed() {
    for way in ["guard dropped", "guard dropped, capture"] {
        for variable in [("SENTRY_DEBUG", "1"), ("SENTRY_LOCAL", "1"), ("SENTRY_LOCAL", "failures")] {
            let server = FakeSentry::start();
            let ended = run(NO_CLIENT, &[way], &[variable, ("SENTRY_DSN", &server.dsn())]);
            let notes = ended.notes();
            let said = note(&notes, &["nothing is recorded although", "after the client was closed"]);
            assert!(said.contains(variable.0) && said.contains("`let _guard = …`"), "{way}: {said}");
            assert!(server.take().0.is_empty(), "{way}");
        }
        let server = FakeSentry::start();
        let ended = run(NO_CLIENT, &[way], &[("SENTRY_DSN", &server.dsn())]);
        assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{way}");
    }
}

#[test]
fn a_thread_that_outlives_the_guard_of_a_used_client_is_no_mistake() {
    let server = FakeSentry::start();
    for variable in [("SENTRY_DEBUG", "1"), ("SENTRY_LOCAL", "1")] {
        let ended = run(NO_CLIENT, &["thread after main"], &[variable, ("SENTRY_DSN", &server.dsn())]);
        assert!(!ended.stderr.contains("nothing is recorded"), "{}", ended.stderr);
    }
}

#[test]
fn a_client_without_a_destination_is_not_forgotten() {
    let ended = run(NO_CLIENT, &["init"], &[("SENTRY_DEBUG", "1")]);
    let notes = ended.notes();
    assert!(notes.iter().all(|note| note.contains("there is no DSN")), "{notes:?}");
    assert!(!notes.is_empty());
}
