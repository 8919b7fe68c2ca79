//! Tests of runs around a closure or a future, and of check-ins that are captured one by one.

use sentry::MonitorOptions;
use sentry::protocol::{
    MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorIntervalUnit, MonitorSchedule,
};
use sentry_tests::support::{
    LONG, block_on, observe, observe_server, only, options, poll_once, untraced, yield_once,
};
use serde_json::json;

use crate::{DiskFull, backup, caught, import, pair, report};

fn config() -> MonitorConfig {
    MonitorConfig {
        timezone: Some("UTC".into()),
        max_runtime: Some(10),
        ..MonitorConfig::new(MonitorSchedule::Interval { value: 1, unit: MonitorIntervalUnit::Day })
    }
}

#[test]
fn with_monitor_checks_in_around_a_closure() {
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
fn with_monitor_takes_a_future_too() {
    let seen = observe(options(), || {
        block_on(sentry::with_monitor_async("by-hand", config(), async {
            yield_once().await;
            7
        }))
    });
    assert_eq!(seen.result, 7);
    let (first, last) = pair(&seen);
    assert!(first["monitor_config"].is_object());
    assert_eq!(last["status"], "ok");

    let seen = observe(options(), || poll_once(sentry::with_monitor_async("by-hand", None, yield_once())));
    assert!(!seen.result);
    assert_eq!(pair(&seen).1["status"], "error", "a dropped run did not do its job");
    assert!(seen.events().is_empty());

    let seen = observe(options(), || drop(sentry::with_monitor_async("by-hand", None, yield_once())));
    assert!(seen.check_ins().is_empty(), "a run that was never polled did not happen");
}

#[test]
fn an_error_ends_a_run_as_failed_is_captured_once_and_returned() {
    let fails = || Err::<(), _>(DiskFull);
    for seen in [
        observe(options(), || sentry::try_with_monitor("by-hand", None, fails).is_err()),
        observe(options(), || {
            block_on(sentry::try_with_monitor_async("by-hand", None, async move { fails() })).is_err()
        }),
        observe(options(), || {
            let boxed = || Err::<(), Box<dyn std::error::Error + Send + Sync>>(DiskFull.into());
            sentry::try_with_monitor("by-hand", None, boxed).is_err()
        }),
    ] {
        assert!(seen.result);
        let (_, last) = pair(&seen);
        assert_eq!(last["status"], "error");
        let event = seen.event();
        let exception = only(event["exception"]["values"].as_array().unwrap().clone());
        assert_eq!(exception["value"], "the disk is full");
        assert_eq!(exception["mechanism"], json!({"type": "auto.function.monitor", "handled": false}));
        assert_eq!(event["contexts"]["trace"]["trace_id"], last["contexts"]["trace"]["trace_id"]);
    }
    let seen = observe(options(), || sentry::try_with_monitor("by-hand", None, backup_by_hand).is_err());
    assert_eq!(pair(&seen).1["status"], "error");
    let exception = &seen.event()["exception"]["values"][0];
    assert_eq!(exception["mechanism"]["type"], "auto.function.span", "once, and further in");

    let seen =
        observe(options(), || sentry::try_with_monitor("by-hand", None, || Ok::<_, DiskFull>(7)).unwrap());
    assert_eq!((seen.result, &pair(&seen).1["status"]), (7, &json!("ok")));
    assert!(seen.events().is_empty());
}

#[sentry::span(err)]
fn backup_by_hand() -> anyhow::Result<()> {
    Err(DiskFull.into())
}

#[test]
fn a_run_by_hand_can_be_a_trace_of_its_own_and_have_tags() {
    let run = |options: MonitorOptions| {
        observe(sentry_tests::support::options(), || {
            sentry::start_span("scheduler", |_| {
                sentry::try_with_monitor("by-hand", options, || Err::<(), _>("no paper")).is_err()
            })
        })
    };
    let seen = run(MonitorOptions::new().tag("shard", 7));
    assert_eq!(pair(&seen).0["contexts"]["trace"]["trace_id"], *seen.span("scheduler").trace);
    assert_eq!(seen.event()["tags"], json!({"shard": "7"}));

    let seen = run(MonitorOptions::new().isolate_trace().config(config()));
    let (first, last) = pair(&seen);
    assert_ne!(first["contexts"]["trace"]["trace_id"], *seen.span("scheduler").trace);
    assert_eq!(first["contexts"]["trace"]["trace_id"], last["contexts"]["trace"]["trace_id"]);
    assert!(first["monitor_config"].is_object());
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
    let seen = observe(options(), || {
        let later = sentry::with_monitor_async("Nightly Report", None, async { 1 });
        let result = sentry::try_with_monitor("Nightly Report", None, || Ok::<_, DiskFull>(2)).unwrap();
        sentry::with_monitor("Nightly Report", None, || 4) + result + block_on(later)
    });
    assert_eq!(seen.result, 7);
    assert!(seen.check_ins().is_empty());
}

#[test]
fn without_a_client_a_job_runs_as_it_is() {
    sentry_tests::support::without_client(|| {
        assert_eq!(report(), 7);
        assert!(backup().is_err());
        assert_eq!(block_on(import()).unwrap(), 7);
        assert_eq!(sentry::with_monitor("by-hand", None, || 7), 7);
        let check_in = MonitorCheckIn::new("by-hand", MonitorCheckInStatus::Ok).unwrap();
        assert!(sentry::capture_check_in(check_in, None).is_nil());
    });
}

#[test]
fn the_in_progress_check_in_is_sent_while_the_job_runs() {
    let seen = observe_server(options(), |server| {
        sentry::with_monitor("long", None, || server.wait_for_type("check_in", 1, LONG))
    });
    assert!(seen.result, "in_progress is sent at the start, not with the end");
    assert_eq!(pair(&seen).1["status"], "ok");
}
