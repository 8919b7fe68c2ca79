//! The schedules of monitors: a crontab, or an interval.

use serde::{Deserialize, Serialize};

use super::super::rules;
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
