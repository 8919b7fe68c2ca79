//! Tests of the monitor configuration, which is sent with the first check-in.

use sentry::protocol::{MonitorConfig, MonitorIntervalUnit, MonitorSchedule};
use sentry_tests::support::{observe, options};
use serde_json::json;

use crate::pair;

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
fn a_schedule_alone_is_a_configuration() {
    let daily = MonitorSchedule::from_crontab("0 4 * * *").unwrap();
    let (first, _) = pair(&observe(options(), || sentry::with_monitor("backup", daily, || ())));
    assert_eq!(first["monitor_config"], json!({"schedule": {"type": "crontab", "value": "0 4 * * *"}}));
}

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

#[test]
fn a_configuration_is_checked_where_it_is_made() {
    let config = MonitorConfig::new(MonitorSchedule::from_crontab("@daily").unwrap())
        .with_timezone("Europe/Vienna")
        .and_then(|config| config.with_checkin_margin(5))
        .and_then(|config| config.with_max_runtime(90))
        .and_then(|config| config.with_failure_issue_threshold(2))
        .and_then(|config| config.with_recovery_threshold(3))
        .unwrap();
    let seen = observe(options(), || sentry::with_monitor("made", config, || ()));
    let (first, _) = pair(&seen);
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
    for (error, told) in [
        (MonitorSchedule::from_crontab("0 0 * * mondays").unwrap_err(), "`mondays`"),
        (MonitorSchedule::every("10 fortnights").unwrap_err(), "`fortnights`"),
        (MonitorSchedule::interval(0, MonitorIntervalUnit::Week).unwrap_err(), "at least 1"),
    ] {
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_configuration_that_the_server_would_refuse_is_left_out_and_the_check_in_kept() {
    let schedule = MonitorSchedule::Crontab { value: "0 25 * * *".into() };
    let seen = observe(options(), || sentry::with_monitor("broken", MonitorConfig::new(schedule), || ()));
    let (first, last) = pair(&seen);
    assert_eq!(first.get("monitor_config"), None);
    assert_eq!(last["status"], "ok");
}

#[test]
fn what_the_server_knows_in_another_form_is_sent_in_that_form() {
    let config: MonitorConfig = serde_json::from_value(json!({
        "schedule": {"type": "crontab", "value": "@midnight"},
        "checkin_margin": 0,
        "max_runtime": 40320,
        "timezone": "",
    }))
    .unwrap();
    assert_eq!(config.check(), Ok(()));
    let seen = observe(options(), || sentry::with_monitor("corrected", config, || ()));
    assert_eq!(
        pair(&seen).0["monitor_config"],
        json!({"schedule": {"type": "crontab", "value": "0 0 * * *"}, "checkin_margin": 1, "max_runtime": 40320})
    );
}
