//! Tests of jobs that return an exit code.

use std::process::ExitCode;

use sentry_tests::support::{block_on, observe, options};

use crate::{DiskFull, pair};

#[sentry::span]
fn copy(full: bool) -> Result<(), DiskFull> {
    if full { Err(DiskFull) } else { Ok(()) }
}

#[sentry::monitor("copy")]
fn job(full: bool) -> ExitCode {
    copy(full).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

#[sentry::monitor("copy-later")]
async fn later(full: bool) -> ExitCode {
    copy(full).map_or(ExitCode::from(3), |()| ExitCode::SUCCESS)
}

#[test]
fn a_job_that_exits_with_a_failure_has_failed_and_tells_why() {
    for seen in [observe(options(), || job(true)), observe(options(), || block_on(later(true)))] {
        let (_, last) = pair(&seen);
        assert_eq!(last["status"], "error");
        let event = seen.event();
        assert_eq!(event["exception"]["values"][0]["value"], "the disk is full");
        assert_eq!(event["exception"]["values"][0]["mechanism"]["type"], "auto.function.monitor");
        assert_eq!(event["contexts"]["trace"]["span_id"], seen.span("exit_codes::copy").id);
    }
}

#[test]
fn a_job_that_exits_with_success_has_succeeded() {
    for seen in [observe(options(), || job(false)), observe(options(), || block_on(later(false)))] {
        let (_, last) = pair(&seen);
        assert_eq!(last["status"], "ok");
        assert!(seen.events().is_empty());
    }
}
