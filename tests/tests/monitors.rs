//! Cron jobs through `#[sentry::monitor]`, `with_monitor` and `capture_check_in`: pairs of check-ins that nothing
//! samples away.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod support;

use std::time::Duration;

use sentry::protocol::{
    MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorIntervalUnit, MonitorSchedule,
};
use serde_json::{Value, json};
use support::{
    LONG, Seen, block_on, observe, observe_server, only, options, poll_once, untraced, yield_once,
};

#[derive(Debug)]
struct DiskFull;

impl std::fmt::Display for DiskFull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the disk is full")
    }
}

impl std::error::Error for DiskFull {}

/// The two check-ins of one run, in the order in which they arrived.
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

// ---- configuration

#[sentry::monitor(
    "everything",
    schedule = "@daily",
    timezone = "Europe/Vienna",
    checkin_margin = 5,
    max_runtime = "1h30m",
    failure_issue_threshold = 2,
    recovery_threshold = 3
)]
fn everything() {}

#[sentry::monitor("names", schedule = "*/15 9-17 * JAN-mar MON,fri")]
fn with_names() {}

#[test]
fn every_field_of_the_configuration_is_sent() {
    let (first, _) = pair(&observe(options(), everything));
    assert_eq!(
        first["monitor_config"],
        json!({
            "schedule": {"type": "crontab", "value": "0 0 * * *"},
            "timezone": "Europe/Vienna",
            "checkin_margin": 5,
            "max_runtime": 90,
            "failure_issue_threshold": 2,
            "recovery_threshold": 3,
        })
    );
    let (first, _) = pair(&observe(options(), with_names));
    let value = first["monitor_config"]["schedule"]["value"].as_str().unwrap().to_ascii_uppercase();
    assert!(value == "*/15 9-17 * JAN-MAR MON,FRI" || value == "*/15 9-17 * 1-3 1,5", "{value}");
}

macro_rules! every {
    ($($name:ident: $text:literal => $value:literal $unit:literal;)*) => {$(
        #[sentry::monitor("every", every = $text)]
        fn $name() {}
    )*
    #[test]
    fn every_unit_of_an_interval_is_sent() {
        $(
            let (first, _) = pair(&observe(options(), $name));
            let expected = json!({"type": "interval", "value": $value, "unit": $unit});
            assert_eq!(first["monitor_config"]["schedule"], expected);
        )*
    }};
}

every! {
    minutes: "10 minutes" => 10 "minute";
    minute: "30m" => 30 "minute";
    hour: "1 hour" => 1 "hour";
    days: "2d" => 2 "day";
    week: "1 week" => 1 "week";
    months: "3 months" => 3 "month";
    year: "1 year" => 1 "year";
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

// ---- runs side by side

#[sentry::monitor("side-by-side")]
async fn side_by_side(number: u32, fails: bool) -> Result<(), DiskFull> {
    sentry::set_tag("run", number);
    yield_once().await;
    yield_once().await;
    if fails { Err(DiskFull) } else { Ok(()) }
}

#[test]
fn overlapping_runs_do_not_mix() {
    let seen = observe(options(), || {
        let (mut a, mut b) = (Box::pin(side_by_side(1, true)), Box::pin(side_by_side(2, false)));
        let (mut a_done, mut b_done) = (false, false);
        block_on(std::future::poll_fn(move |context| {
            a_done = a_done || a.as_mut().poll(context).is_ready();
            b_done = b_done || b.as_mut().poll(context).is_ready();
            if a_done && b_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        }));
    });
    let check_ins = seen.check_ins();
    assert_eq!(check_ins.len(), 4);
    let started: Vec<_> = check_ins.iter().filter(|c| c["status"] == "in_progress").collect();
    assert_eq!(started.len(), 2);
    assert_ne!(started[0]["check_in_id"], started[1]["check_in_id"]);
    let end = |status: &str| only(check_ins.iter().filter(|c| c["status"] == status).collect::<Vec<_>>());
    assert_ne!(end("ok")["check_in_id"], end("error")["check_in_id"]);
    for ended in [end("ok"), end("error")] {
        assert!(started.iter().any(|start| start["check_in_id"] == ended["check_in_id"]
            && start["contexts"]["trace"] == ended["contexts"]["trace"]));
    }
    let event = seen.event();
    assert_eq!(event["tags"]["run"], "1");
    assert_eq!(event["contexts"]["trace"]["trace_id"], end("error")["contexts"]["trace"]["trace_id"]);
}

#[test]
fn threads_do_not_mix() {
    #[sentry::monitor("threads")]
    fn job(fails: bool) -> Result<(), DiskFull> {
        if fails { Err(DiskFull) } else { Ok(()) }
    }
    let seen = observe(options(), || {
        std::thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || job(number % 2 == 0).is_ok());
            }
        });
    });
    let check_ins = seen.check_ins();
    let count = |status: &str| check_ins.iter().filter(|c| c["status"] == status).count();
    assert_eq!((count("in_progress"), count("ok"), count("error")), (8, 4, 4));
    let mut ids: Vec<_> = check_ins.iter().map(|c| c["check_in_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    assert_eq!(seen.events().len(), 4);
}

// ---- by hand

#[test]
fn with_monitor_checks_in_around_a_closure() {
    let config = || MonitorConfig {
        timezone: Some("UTC".into()),
        max_runtime: Some(10),
        ..MonitorConfig::new(MonitorSchedule::Interval { value: 1, unit: MonitorIntervalUnit::Day })
    };
    let seen = observe(options(), || sentry::with_monitor("by-hand", Some(config()), || 7));
    assert_eq!(seen.result, 7);
    let (first, last) = pair(&seen);
    assert_eq!(first["monitor_slug"], "by-hand");
    assert_eq!(
        first["monitor_config"],
        json!({
            "schedule": {"type": "interval", "value": 1, "unit": "day"}, "timezone": "UTC", "max_runtime": 10
        })
    );
    assert_eq!(last["status"], "ok");

    let seen = observe(options(), || caught(|| sentry::with_monitor("by-hand", None, || panic!("no"))));
    assert_eq!(pair(&seen).1["status"], "error");
}

#[test]
fn check_ins_by_hand_share_an_id() {
    let seen = observe(untraced(), || {
        let mut check_in = MonitorCheckIn::new("by-hand", MonitorCheckInStatus::InProgress).unwrap();
        let config = MonitorConfig::new(MonitorSchedule::Crontab { value: "0 * * * *".into() });
        let id = sentry::capture_check_in(check_in.clone(), Some(config));
        check_in.status = MonitorCheckInStatus::Error;
        check_in.duration = Some(12.5);
        assert_eq!(sentry::capture_check_in(check_in, None), id);
        id.simple().to_string()
    });
    let (first, last) = pair(&seen);
    assert_eq!(first["check_in_id"], *seen.result);
    assert_eq!(first["monitor_config"]["schedule"]["value"], "0 * * * *");
    assert_eq!((&last["status"], &last["duration"]), (&json!("error"), &json!(12.5)));
    assert_eq!(last["release"], "shop@1.4.2");
    assert!(last["contexts"]["trace"]["span_id"].is_string());
    assert!(MonitorCheckIn::new("Nightly Report", MonitorCheckInStatus::Ok).is_err());
}

#[test]
fn a_bad_slug_at_run_time_runs_the_job_unmonitored() {
    let seen = observe(options(), || sentry::with_monitor("Nightly Report", None, || 7));
    assert_eq!(seen.result, 7);
    assert!(seen.check_ins().is_empty());
}

#[test]
fn without_a_client_a_job_runs_as_it_is() {
    support::without_client(|| {
        assert_eq!(report(), 7);
        assert!(backup().is_err());
        assert_eq!(block_on(import()).unwrap(), 7);
        assert_eq!(sentry::with_monitor("by-hand", None, || 7), 7);
        let check_in = MonitorCheckIn::new("by-hand", MonitorCheckInStatus::Ok).unwrap();
        assert!(sentry::capture_check_in(check_in, None).is_nil());
    });
}

#[test]
fn the_start_is_told_while_the_job_runs() {
    let seen = observe_server(options(), |server| {
        sentry::with_monitor("long", None, || server.wait_for_type("check_in", 1, LONG))
    });
    assert!(seen.result, "in_progress is sent at the start, not with the end");
    assert_eq!(pair(&seen).1["status"], "ok");
}
