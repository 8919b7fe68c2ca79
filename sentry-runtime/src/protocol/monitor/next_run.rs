//! The next run of a schedule: the rules of `sentry-rules` on `SystemTime`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sentry_rules::crontab::Crontab;
use sentry_rules::next_run::{of_crontab, of_interval};

use super::MonitorSchedule;

/// The largest offset of a time zone, in seconds.
const DAY: i64 = 86_400;

impl MonitorSchedule {
    /// Returns the first run after `after`, in UTC, as the server expects it. See
    /// [`next_run_in`](Self::next_run_in) for other time zones.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// use sentry::protocol::MonitorSchedule;
    ///
    /// let daily = MonitorSchedule::from_crontab("30 2 * * *")?;
    /// let at = |hours: f64| UNIX_EPOCH + Duration::from_secs_f64(hours * 3_600.0);
    /// assert_eq!(daily.next_run(at(1.0)), Some(at(2.5)));
    /// assert_eq!(daily.next_run(at(2.5)), Some(at(26.5)));
    /// # Ok::<(), sentry::protocol::MonitorError>(())
    /// ```
    #[must_use]
    pub fn next_run(&self, after: SystemTime) -> Option<SystemTime> {
        next_run(self, after, &|_| 0)
    }

    /// Returns the first run after `after` in a time zone, as the server expects it.
    ///
    /// `offset` returns the offset of local time from UTC at a time, in seconds (at most a day): `|_| 3_600` is one hour
    /// ahead of UTC. This crate has no data of time zones. For a named zone, ask the crate that you use:
    ///
    /// * `jiff`: `|at| Timestamp::try_from(at).map_or(0, |at| zone.to_offset(at).seconds())`
    /// * `chrono-tz`: `|at| zone.offset_from_utc_datetime(&DateTime::<Utc>::from(at).naive_utc()).fix().local_minus_utc()`
    ///
    /// A crontab runs at full minutes. Where clocks are changed, a job whose minute or hour begins with `*` follows the
    /// clock: it leaves out times that do not exist, and runs again at times that occur twice. Other jobs run once a day:
    /// at the end of a gap that contains their time, and at the first of two equal times.
    ///
    /// An interval is added to local time, without the seconds. A month or a year later is the same day of the month;
    /// months without that day are skipped.
    ///
    /// Returns `None` if the schedule is invalid (see [`check`](Self::check)), if a crontab does not run in the next 50
    /// years, and if the run is after the year 9999.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// use sentry::protocol::MonitorSchedule;
    ///
    /// let nightly = MonitorSchedule::from_crontab("0 0 * * *")?;
    /// let two_hours_ahead = |_| 2 * 3_600;
    /// let run = nightly.next_run_in(UNIX_EPOCH, two_hours_ahead).unwrap();
    /// assert_eq!(run, UNIX_EPOCH + Duration::from_secs(22 * 3_600));
    /// # Ok::<(), sentry::protocol::MonitorError>(())
    /// ```
    #[must_use]
    pub fn next_run_in(&self, after: SystemTime, offset: impl Fn(SystemTime) -> i32) -> Option<SystemTime> {
        next_run(self, after, &offset)
    }
}

/// Returns the first run after a time, in a time zone with this offset from UTC.
fn next_run(
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
