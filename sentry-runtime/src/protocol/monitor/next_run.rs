//! The next run of a schedule: the rules of `sentry-rules` on `SystemTime`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sentry_rules::crontab::Crontab;
use sentry_rules::next_run::{of_crontab, of_interval};

use super::MonitorSchedule;

/// The largest offset of a time zone, in seconds.
const DAY: i64 = 86_400;

/// Returns the first run after a time, in a time zone with this offset from UTC.
pub(super) fn next_run(
    schedule: &MonitorSchedule,
    after: SystemTime,
    offset: &dyn Fn(SystemTime) -> i32,
) -> Option<SystemTime> {
    let zone = |at: i64| time(at).map_or(0, |at| i64::from(offset(at)).clamp(-DAY, DAY));
    let after = seconds(after)?;
    let run = match schedule {
        MonitorSchedule::Crontab { value } => of_crontab(&Crontab::parse(value).ok()?, after, &zone),
        MonitorSchedule::Interval { value, unit } => of_interval(*value, unit.name(), after, &zone),
    };
    run.and_then(time)
}

/// Returns the seconds since 1970, rounded down.
fn seconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(error) => {
            let before = error.duration();
            let started = u64::from(before.subsec_nanos() > 0);
            i64::try_from(before.as_secs().checked_add(started)?).ok().map(|seconds| -seconds)
        }
    }
}

fn time(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

#[cfg(test)]
mod tests {
    use super::{seconds, time};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn seconds_are_rounded_down() {
        let half = Duration::from_millis(500);
        assert_eq!(seconds(UNIX_EPOCH + half), Some(0));
        assert_eq!(seconds(UNIX_EPOCH - half), Some(-1));
        for number in [-86_401, -1, 0, 1, 253_402_300_799] {
            assert_eq!(time(number).and_then(seconds), Some(number));
        }
    }
}
