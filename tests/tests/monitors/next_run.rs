//! Tests of crontabs that the server accepts, and of the time of a job's next run.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sentry::protocol::{MonitorIntervalUnit, MonitorSchedule};
use sentry_tests::support::{observe, options};

use crate::pair;

#[sentry::monitor("month-end", schedule = "0 18 lw */100 *")]
fn month_end() {}

#[sentry::monitor("second-monday", schedule = "0 9 * * mon#2,5L")]
fn second_monday() {}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// 2024-05-01 00:00 UTC, a Wednesday.
const MAY: u64 = 1_714_521_600;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

#[test]
fn last_days_and_nth_weekdays_are_sent() {
    for (run, expected) in [(month_end as fn(), "0 18 LW */100 *"), (second_monday, "0 9 * * MON#2,5L")] {
        let (first, _) = pair(&observe(options(), run));
        assert_eq!(first["monitor_config"]["schedule"]["value"].as_str().unwrap().to_uppercase(), expected);
    }
    assert!(MonitorSchedule::from_crontab("0 0 L-1 * *").is_err());
}

#[test]
fn the_next_run_of_a_crontab() {
    let next = |crontab: &str| MonitorSchedule::from_crontab(crontab).unwrap().next_run(at(MAY));
    assert_eq!(next("0 0 * * *"), Some(at(MAY + DAY)), "later than the given time");
    assert_eq!(next("30 9 L * *"), Some(at(MAY + 30 * DAY + 9 * HOUR + 1_800)));
    assert_eq!(next("0 9 * * MON#2"), Some(at(MAY + 12 * DAY + 9 * HOUR)));
    assert_eq!(next("@hourly"), Some(at(MAY + HOUR)));
    let by_hand = MonitorSchedule::Crontab { value: "0 25 * * *".to_owned() };
    assert_eq!(by_hand.next_run(at(MAY)), None, "invalid");
}

#[test]
fn the_next_run_in_a_time_zone() {
    let noon = MonitorSchedule::from_crontab("0 12 * * *").unwrap();
    assert_eq!(noon.next_run_in(at(MAY), |_| -5 * 3_600), Some(at(MAY + 17 * HOUR)));
    // Clocks go forward by an hour at 01:00 UTC: 01:30 does not exist, and the job runs at the end of the gap.
    let summer = |time| if time < at(MAY + HOUR) { 0 } else { 3_600 };
    let early = MonitorSchedule::from_crontab("30 1 * * *").unwrap();
    assert_eq!(early.next_run_in(at(MAY), summer), Some(at(MAY + HOUR)));
    let often = MonitorSchedule::from_crontab("*/30 * * * *").unwrap();
    assert_eq!(often.next_run_in(at(MAY + HOUR / 2), summer), Some(at(MAY + HOUR)));
    assert_eq!(noon.next_run_in(at(MAY), |_| i32::MAX), noon.next_run_in(at(MAY), |_| 86_400));
}

#[test]
fn the_next_run_of_an_interval() {
    let every = |value, unit| MonitorSchedule::interval(value, unit).unwrap();
    assert_eq!(every(2, MonitorIntervalUnit::Hour).next_run(at(MAY + 59)), Some(at(MAY + 2 * HOUR)));
    assert_eq!(every(1, MonitorIntervalUnit::Month).next_run(at(MAY)), Some(at(MAY + 31 * DAY)));
    assert_eq!(every(u64::MAX, MonitorIntervalUnit::Year).next_run(at(MAY)), None);
}
