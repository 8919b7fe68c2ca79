//! The schedules of monitors: a crontab, or an interval.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::super::rules;
use super::next_run::next_run;
use super::{CrontabParseError, MonitorError};

/// The unit of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorIntervalUnit {
    /// Years.
    Year,
    /// Months.
    Month,
    /// Weeks.
    Week,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
}

impl MonitorIntervalUnit {
    /// Returns the unit of this name, as the rules define it.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "year" => Self::Year,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Day,
            "hour" => Self::Hour,
            _ => Self::Minute,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
        }
    }
}

/// The schedule of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum MonitorSchedule {
    /// Runs at the times of a crontab.
    Crontab {
        /// The five fields, or a name such as `@daily`.
        value: String,
    },
    /// Runs at a fixed interval after the previous run.
    Interval {
        /// The number of units.
        value: u64,
        /// The unit.
        unit: MonitorIntervalUnit,
    },
}

impl MonitorSchedule {
    /// Returns the schedule of a crontab, by the rules of the server: minute, hour, day of month, month, day of week.
    ///
    /// Each field takes `*`, numbers, names (`JAN`, `MON`), lists (`1,15`), ranges (`9-17`) and steps (`*/5`). The day of
    /// month also takes `L` (the last day) and `LW` (the last day from Monday to Friday), the day of week `5L` (the last
    /// Friday) and `MON#2` (the second Monday). If the day of month or the day of week begins with `*`, a day must match
    /// both; otherwise one of them is enough. `@yearly`, `@monthly`, `@weekly`, `@daily` and `@hourly` are short forms.
    ///
    /// # Errors
    /// A missing or invalid field, and a crontab that never runs.
    ///
    /// ```
    /// use sentry::protocol::MonitorSchedule;
    ///
    /// assert!(MonitorSchedule::from_crontab("0 3 * * *").is_ok());
    /// assert!(MonitorSchedule::from_crontab("0 3 * * MON#1").is_ok());
    /// assert!(MonitorSchedule::from_crontab("0 3 * *").is_err());
    /// ```
    pub fn from_crontab(crontab: &str) -> Result<Self, CrontabParseError> {
        rules::crontab(crontab).map(|value| Self::Crontab { value }).map_err(MonitorError)
    }

    /// Returns a schedule that runs at a fixed interval after the previous run.
    ///
    /// # Errors
    /// A `value` of zero.
    pub fn interval(value: u64, unit: MonitorIntervalUnit) -> Result<Self, MonitorError> {
        let schedule = Self::Interval { value, unit };
        schedule.check()?;
        Ok(schedule)
    }

    /// Reads an interval such as `10 minutes`, `2h` or `1 day`.
    ///
    /// # Errors
    /// Text other than one number and one unit, from minutes to years.
    ///
    /// ```
    /// use sentry::protocol::{MonitorIntervalUnit, MonitorSchedule};
    ///
    /// let hourly = MonitorSchedule::interval(1, MonitorIntervalUnit::Hour);
    /// assert_eq!(MonitorSchedule::every("1 hour"), hourly);
    /// assert!(MonitorSchedule::every("10 seconds").is_err());
    /// ```
    pub fn every(interval: &str) -> Result<Self, MonitorError> {
        let (value, unit) = rules::interval(interval).map_err(MonitorError)?;
        Ok(Self::Interval { value, unit: MonitorIntervalUnit::of(unit) })
    }

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

    /// Checks whether the server accepts the schedule.
    ///
    /// # Errors
    /// The first rule that the schedule breaks.
    pub fn check(&self) -> Result<(), MonitorError> {
        self.clone().accepted().map(drop)
    }

    /// Returns the schedule as it is sent: a crontab in its five fields, because the server does not know all words.
    pub(super) fn accepted(self) -> Result<Self, MonitorError> {
        match self {
            Self::Crontab { value } => Self::from_crontab(&value),
            Self::Interval { value: 0, unit } => Err(MonitorError(format!(
                "an interval of 0 {}s is too short; the number must be at least 1",
                unit.name()
            ))),
            Self::Interval { .. } => Ok(self),
        }
    }
}
