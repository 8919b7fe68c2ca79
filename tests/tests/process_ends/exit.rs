//! Tests that `sentry::exit` sends everything, although no destructor runs.

use std::time::{Duration, Instant};

use sentry_tests::support::programs::run;
use sentry_tests::support::{LONG, assert_takes_less_than, only};
use sentry_tests::{Answer, FakeSentry};

fn exit(server: Option<&FakeSentry>, code: &str, from: &str, patience: &str) -> Option<i32> {
    let dsn = server.map(FakeSentry::dsn).unwrap_or_default();
    let environment = [("SENTRY_DSN", dsn.as_str()), ("PATIENCE", patience)];
    let ended = run(env!("CARGO_BIN_EXE_exits"), &[code, from], &environment);
    assert_eq!(ended.own_stderr(), "");
    ended.code
}

#[test]
fn everything_is_sent_jobs_fail_and_the_session_ends() {
    for (code, from) in [("0", "job"), ("7", "job"), ("3", "thread")] {
        let server = FakeSentry::start();
        assert_eq!(exit(Some(&server), code, from, "20"), code.parse().ok(), "{from}");
        server.assert_valid();
        assert_eq!(only(server.events())["logentry"]["message"], "at work");
        assert_eq!(only(server.transactions())["transaction"], "done", "the one that has ended");
        let statuses: Vec<_> = server.check_ins().iter().map(|check_in| check_in["status"].clone()).collect();
        assert_eq!(statuses, ["in_progress", "error"], "the job did not come to its end");
        assert_eq!(server.sessions().last().unwrap()["status"], "exited");
    }
}

#[test]
fn a_job_that_has_captured_nothing_fails_too() {
    let server = FakeSentry::start();
    assert_eq!(exit(Some(&server), "8", "quiet", "20"), Some(8));
    server.assert_valid();
    let check_ins = server.check_ins();
    let statuses: Vec<_> = check_ins.iter().map(|check_in| check_in["status"].clone()).collect();
    assert_eq!(statuses, ["in_progress", "error"]);
    assert_eq!(check_ins[0]["check_in_id"], check_ins[1]["check_in_id"]);
    let traces = [0, 1].map(|at| check_ins[at]["contexts"]["trace"].clone());
    assert_eq!(traces[0], traces[1]);
}

#[test]
fn a_program_without_a_client_ends_as_well() {
    assert_eq!(exit(None, "4", "job", "20"), Some(4));
}

#[test]
fn a_silent_server_delays_the_exit_no_longer_than_the_shutdown_timeout() {
    assert_takes_less_than(LONG / 6, || {
        let server = FakeSentry::start();
        server.answer_all(Answer::never());
        let started = Instant::now();
        assert_eq!(exit(Some(&server), "5", "job", "1"), Some(5));
        started.elapsed()
    });
}

#[test]
fn an_exit_inside_a_callback_does_not_wait_for_itself() {
    let server = FakeSentry::start();
    let started = Instant::now();
    assert_eq!(exit(Some(&server), "6", "callback", "600"), Some(6));
    assert!(started.elapsed() < LONG.max(Duration::from_secs(60)), "{:?}", started.elapsed());
}
