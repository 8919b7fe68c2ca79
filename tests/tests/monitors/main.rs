//! Tests of cron jobs with `#[sentry::monitor]`, `with_monitor` and `capture_check_in`: each run sends a pair of
//! check-ins, which are never sampled. This file tests the runs and traces of the attribute.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod by_hand;
mod config;
mod exit_codes;
mod hooks;
mod next_run;
mod side_by_side;
mod without_context;

use std::time::Duration;

use sentry_tests::support::{Seen, block_on, observe, only, options, poll_once, untraced, yield_once};
use serde_json::{Value, json};

#[derive(Debug)]
struct DiskFull;

impl std::fmt::Display for DiskFull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the disk is full")
    }
}

impl std::error::Error for DiskFull {}

/// Returns the two check-ins of one run, in the order in which they arrived.
#[track_caller]
fn pair<R>(seen: &Seen<R>) -> (Value, Value) {
    let check_ins = seen.check_ins();
    assert_eq!(check_ins.len(), 2, "{check_ins:#?}");
    let (first, last) = (check_ins[0].clone(), check_ins[1].clone());
    assert_eq!(first["status"], "in_progress");
    assert_eq!(first["check_in_id"], last["check_in_id"]);
    assert_eq!(first["monitor_slug"], last["monitor_slug"]);
    assert_eq!(first.get("duration"), None, "{first}");
    assert_eq!(last.get("monitor_config"), None, "the configuration goes out once: {last}");
    let duration = last["duration"].as_f64().expect("the duration, in seconds");
    assert!((0.0..60.0).contains(&duration), "{duration}");
    (first, last)
}

// ---- outcomes

#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn report() -> u32 {
    std::thread::sleep(Duration::from_millis(20));
    7
}

#[sentry::monitor(slug = "hourly-import", every = "2 hours")]
async fn import() -> Result<u32, DiskFull> {
    yield_once().await;
    Ok(7)
}

#[test]
fn a_good_run_checks_in_twice() {
    let seen = observe(options(), report);
    assert_eq!(seen.result, 7);
    let (first, last) = pair(&seen);
    assert_eq!(first["monitor_slug"], "nightly-report");
    assert_eq!(first["monitor_config"], json!({"schedule": {"type": "crontab", "value": "0 3 * * *"}}));
    assert_eq!(last["status"], "ok");
    assert!(last["duration"].as_f64().unwrap() >= 0.02);
    for check_in in [&first, &last] {
        assert_eq!(check_in["release"], "shop@1.4.2");
        assert_eq!(check_in["environment"], "testing");
    }
    assert!(seen.events().is_empty());

    let seen = observe(options(), || block_on(import()).unwrap());
    let (first, last) = pair(&seen);
    assert_eq!(first["monitor_slug"], "hourly-import");
    assert_eq!(
        first["monitor_config"],
        json!({"schedule": {"type": "interval", "value": 2, "unit": "hour"}})
    );
    assert_eq!(last["status"], "ok");
}

#[sentry::monitor("plain")]
fn plain() {}

#[test]
fn a_monitor_without_schedule_sends_no_configuration() {
    let (first, last) = pair(&observe(options(), plain));
    assert_eq!(first.get("monitor_config"), None);
    assert_eq!(last["status"], "ok");
}

#[sentry::monitor("backup")]
fn backup() -> Result<(), DiskFull> {
    Err(DiskFull)
}

#[sentry::monitor("backup")]
async fn backup_later() -> anyhow::Result<()> {
    yield_once().await;
    Err(DiskFull.into())
}

#[test]
fn an_error_ends_the_run_as_failed_and_is_captured_once() {
    for seen in
        [observe(options(), || backup().is_err()), observe(options(), || block_on(backup_later()).is_err())]
    {
        assert!(seen.result, "the error is returned");
        let (_, last) = pair(&seen);
        assert_eq!(last["status"], "error");
        let event = seen.event();
        let exception = only(event["exception"]["values"].as_array().unwrap().clone());
        assert_eq!(exception["value"], "the disk is full");
        assert_eq!(exception["mechanism"]["handled"], false);
        assert_eq!(exception["mechanism"]["type"], "auto.function.monitor");
        assert_eq!(event["contexts"]["trace"]["trace_id"], last["contexts"]["trace"]["trace_id"]);
    }
}

#[sentry::span(err)]
fn write() -> Result<(), DiskFull> {
    Err(DiskFull)
}

#[sentry::monitor("writer")]
fn writer() -> Result<(), DiskFull> {
    write()
}

#[test]
fn an_error_from_further_in_is_not_captured_again() {
    let seen = observe(options(), || writer().is_err());
    assert_eq!(pair(&seen).1["status"], "error");
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "the disk is full");
}

#[sentry::monitor("panicky")]
fn panics() {
    std::panic::panic_any(41_u8)
}

#[sentry::monitor("panicky")]
async fn panics_later() {
    yield_once().await;
    panic!("no lamp")
}

fn caught<R>(run: impl FnOnce() -> R) -> Box<dyn std::any::Any + Send> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).err().expect("it panics")
}

#[test]
fn a_panic_ends_the_run_as_failed_and_goes_on() {
    let seen = observe(options(), || caught(panics));
    assert_eq!(seen.result.downcast_ref(), Some(&41_u8));
    assert_eq!(pair(&seen).1["status"], "error");
    assert_eq!(seen.event()["exception"]["values"][0]["mechanism"]["handled"], false);

    let seen = observe(options(), || caught(|| block_on(panics_later())));
    assert_eq!(seen.result.downcast_ref(), Some(&"no lamp"));
    assert_eq!(pair(&seen).1["status"], "error");
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "no lamp");
}

#[test]
fn a_cancelled_run_is_a_failed_one_and_no_error() {
    let seen = observe(options(), || poll_once(import()));
    assert!(!seen.result);
    assert_eq!(pair(&seen).1["status"], "error");
    assert!(seen.events().is_empty());
}

#[test]
fn a_run_that_was_never_polled_did_not_happen() {
    let seen = observe(options(), || drop(import()));
    assert!(seen.check_ins().is_empty());
}

// ---- sampling and traces

#[sentry::span]
fn step() {}

#[sentry::monitor("traced")]
fn traced() {
    step();
}

#[test]
fn no_sampling_takes_a_check_in_away() {
    for options in [
        options(),
        untraced(),
        untraced().traces_sample_rate(0.0),
        untraced().sample_rate(0.0),
        untraced().traces_sampler(|_| 0.0),
    ] {
        let (first, last) = pair(&observe(options, traced));
        let trace = &first["contexts"]["trace"];
        assert!(trace["trace_id"].is_string() && trace["span_id"].is_string(), "{first}");
        assert_eq!(trace, &last["contexts"]["trace"]);
        assert_eq!(last["status"], "ok");
    }
}

#[test]
fn a_run_is_a_trace_that_its_check_ins_name() {
    let seen = observe(options(), traced);
    let (first, _) = pair(&seen);
    let transaction = seen.transaction();
    let root = &transaction["contexts"]["trace"];
    assert_eq!(first["contexts"]["trace"]["trace_id"], root["trace_id"]);
    assert_eq!(first["contexts"]["trace"]["span_id"], root["span_id"]);
    assert_eq!(transaction["spans"][0]["parent_span_id"], root["span_id"]);
    for envelope in seen.envelopes() {
        if let Some(item) = envelope.items_of("check_in").next() {
            assert_eq!(envelope.header["trace"]["trace_id"], item.payload["contexts"]["trace"]["trace_id"]);
        }
    }
}

#[test]
fn two_runs_are_two_traces_with_ids_of_their_own() {
    let seen = observe(options(), || {
        traced();
        traced();
    });
    let check_ins = seen.check_ins();
    assert_eq!(check_ins.len(), 4);
    assert_ne!(check_ins[0]["check_in_id"], check_ins[2]["check_in_id"]);
    assert_ne!(check_ins[0]["contexts"]["trace"]["trace_id"], check_ins[2]["contexts"]["trace"]["trace_id"]);
}

#[sentry::monitor("isolated", isolate_trace)]
fn isolated() {
    step();
}

#[test]
fn inside_of_a_span_a_run_is_part_of_its_trace_unless_isolated() {
    let seen = observe(options(), || sentry::start_span("scheduler", |_| traced()));
    let scheduler = seen.span("scheduler");
    let job = seen.span("traced");
    assert_eq!(pair(&seen).0["contexts"]["trace"]["trace_id"], *scheduler.trace);
    assert_eq!((&job.trace, job.parent.as_deref()), (&scheduler.trace, Some(&*scheduler.id)));
    assert!(job.is_root, "a run is a transaction of its own");

    let seen = observe(options(), || sentry::start_span("scheduler", |_| isolated()));
    let scheduler = seen.span("scheduler");
    let (first, last) = pair(&seen);
    assert_ne!(first["contexts"]["trace"]["trace_id"], *scheduler.trace);
    assert_eq!(first["contexts"]["trace"]["trace_id"], last["contexts"]["trace"]["trace_id"]);
    assert_eq!(seen.transactions().len(), 2);
    assert_eq!(seen.span("step").trace, first["contexts"]["trace"]["trace_id"].as_str().unwrap());
}

// ---- tags

#[sentry::monitor("tagged", tags(shard, "job.kind" = "nightly"))]
fn tagged(shard: u8) -> Result<(), DiskFull> {
    let _ = shard;
    Err(DiskFull)
}

#[test]
fn tags_are_on_what_a_run_captures_and_on_nothing_else() {
    let seen = observe(options(), || {
        let _ = tagged(7);
        sentry::capture_message("after", sentry::Level::Info);
    });
    let events = seen.events();
    assert_eq!(events[0]["tags"], json!({"shard": "7", "job.kind": "nightly"}));
    assert_eq!(events[1].get("tags"), None);
    assert_eq!(seen.transaction()["tags"], json!({"shard": "7", "job.kind": "nightly"}));
}
