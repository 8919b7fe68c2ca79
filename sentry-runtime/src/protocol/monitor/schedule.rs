//! When a job should run: at the times of a crontab, or so long after the run before.

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
    /// The unit of this name, as the rules know it.
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

    const fn name(self) -> &'static str {
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

/// When a job should run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum MonitorSchedule {
    /// At the times of a crontab.
    Crontab {
        /// The five fields, or a name such as `@daily`.
        value: String,
    },
    /// So long after the run before.
    Interval {
        /// How many units.
        value: u64,
        /// The unit.
        unit: MonitorIntervalUnit,
    },
}

impl MonitorSchedule {
    /// The schedule of a crontab.
    ///
    /// # Errors
    /// When a field is missing, or holds what it may not.
    ///
    /// ```
    /// use sentry::protocol::MonitorSchedule;
    ///
    /// assert!(MonitorSchedule::from_crontab("0 3 * * *").is_ok());
    /// assert!(MonitorSchedule::from_crontab("0 3 * *").is_err());
    /// ```
    pub fn from_crontab(crontab: &str) -> Result<Self, CrontabParseError> {
        rules::crontab(crontab).map(|value| Self::Crontab { value }).map_err(MonitorError)
    }

    /// A run so long after the run before.
    ///
    /// # Errors
    /// When `value` is zero.
    pub fn interval(value: u64, unit: MonitorIntervalUnit) -> Result<Self, MonitorError> {
        let schedule = Self::Interval { value, unit };
        schedule.check()?;
        Ok(schedule)
    }

    /// An interval as people write it: `10 minutes`, `2h`, `1 day`.
    ///
    /// # Errors
    /// When it is not one number of one unit from minutes to years.
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

    /// Whether the server will take it.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self) -> Result<(), MonitorError> {
        match self {
            Self::Crontab { value } => rules::crontab(value).map(drop).map_err(MonitorError),
            Self::Interval { value: 0, unit } => Err(MonitorError(format!(
                "an interval of 0 {}s is no time at all; the number is at least 1",
                unit.name()
            ))),
            Self::Interval { .. } => Ok(()),
        }
    }
}
