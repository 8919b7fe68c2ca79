//! Tests of `before_send_check_in`: it may change or drop a check-in, and its panics affect no other item.

use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorSchedule};
use sentry_tests::support::{observe, options};

use crate::{backup, pair};

#[test]
fn a_check_in_can_be_changed() {
    let seen = observe(
        options().before_send_check_in(|mut check_in| {
            assert!(check_in.environment.is_some(), "it is complete by then");
            check_in.environment = Some("night".to_owned());
            Some(check_in)
        }),
        || backup().is_err(),
    );
    let (first, last) = pair(&seen);
    assert_eq!((&first["environment"], &last["environment"]), (&"night".into(), &"night".into()));
}

#[test]
fn a_dropped_check_in_is_counted() {
    let only_ends =
        |check_in: MonitorCheckIn| (check_in.status != MonitorCheckInStatus::InProgress).then_some(check_in);
    let seen = observe(options().before_send_check_in(only_ends), || backup().is_err());
    let check_ins = seen.check_ins();
    assert_eq!(check_ins.len(), 1, "{check_ins:#?}");
    assert_eq!(check_ins[0]["status"], "error");
    assert_eq!(seen.reported("before_send", "monitor"), 1);
}

#[test]
fn a_callback_that_panics_loses_its_check_in_alone() {
    let seen = observe(
        options().before_send_check_in(|check_in| {
            assert_ne!(check_in.status, MonitorCheckInStatus::InProgress, "a mistake in the callback");
            Some(check_in)
        }),
        || backup().is_err(),
    );
    assert_eq!(seen.check_ins().len(), 1);
    assert_eq!(seen.events().len(), 1, "the error of the job, and none of the callback");
    assert_eq!(seen.reported("before_send", "monitor"), 1);
}

#[test]
fn a_callback_that_sends_check_ins_does_not_run_in_circles() {
    let seen = observe(
        options().before_send_check_in(|check_in| {
            sentry::capture_check_in(
                MonitorCheckIn::new("echo", MonitorCheckInStatus::Ok).expect("the slug is valid"),
                None,
            );
            Some(check_in)
        }),
        || {
            let check_in = MonitorCheckIn::new("real", MonitorCheckInStatus::Ok).unwrap();
            sentry::capture_check_in(check_in, None);
        },
    );
    let slugs: Vec<_> =
        seen.check_ins().iter().map(|it| it["monitor_slug"].as_str().unwrap().to_owned()).collect();
    assert!(slugs.contains(&"real".to_owned()) && slugs.len() < 4, "{slugs:?}");
}

#[test]
fn a_configuration_that_a_callback_sets_is_checked_too() {
    let configured = |crontab: &'static str| {
        let options = options().before_send_check_in(move |mut check_in: MonitorCheckIn| {
            if check_in.status == MonitorCheckInStatus::InProgress {
                let schedule = MonitorSchedule::Crontab { value: crontab.into() };
                check_in.monitor_config = Some(MonitorConfig::new(schedule));
            }
            Some(check_in)
        });
        let seen = observe(options, || backup().is_err());
        pair(&seen).0.get("monitor_config").cloned()
    };
    assert_eq!(configured("0 25 * * *"), None, "the check-in is kept");
    assert_eq!(configured("@midnight").unwrap()["schedule"]["value"], "0 0 * * *");
}
