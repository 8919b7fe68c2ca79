//! Check-ins: how the server knows that a scheduled job ran.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/check-ins/).

mod schedule;

pub use schedule::{MonitorIntervalUnit, MonitorSchedule};

use std::fmt;

use sentry_rules::monitor::{self as limits, RangeError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::context::Context;
use super::random::random_uuid;
use super::wire::uuid_simple;
use super::{Map, rules};

/// A part of a monitor that breaks a rule: its message names the value, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorError(String);

/// The error of [`MonitorSchedule::from_crontab`], by its name in the official crate.
pub type CrontabParseError = MonitorError;

impl fmt::Display for MonitorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MonitorError {}

/// How a run of a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorCheckInStatus {
    /// It ended well.
    Ok,
    /// It failed.
    Error,
    /// It began.
    InProgress,
    /// It did not begin in time; the server says so, not the program.
    Missed,
    /// Nobody knows.
    #[serde(other)]
    Unknown,
}

/// The configuration of a monitor: with it in a check-in, the server makes or changes the monitor.
///
/// Receivers refuse an empty configuration, so there always is a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorConfig {
    /// When the job should run.
    pub schedule: MonitorSchedule,
    /// Minutes after which a run that did not begin counts as missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkin_margin: Option<u64>,
    /// Minutes after which a run that did not end counts as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_runtime: Option<u64>,
    /// The time zone of the schedule, by its name in the tz database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Failures in a row before an issue is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_issue_threshold: Option<u64>,
    /// Good runs in a row before the issue is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_threshold: Option<u64>,
}

impl MonitorConfig {
    /// A configuration of nothing but a schedule.
    #[must_use]
    pub const fn new(schedule: MonitorSchedule) -> Self {
        Self {
            schedule,
            checkin_margin: None,
            max_runtime: None,
            timezone: None,
            failure_issue_threshold: None,
            recovery_threshold: None,
        }
    }

    /// The same configuration in a time zone of the tz database, such as `Europe/Vienna`.
    ///
    /// # Errors
    /// When there is no such time zone.
    pub fn with_timezone(mut self, timezone: impl Into<String>) -> Result<Self, MonitorError> {
        let timezone = timezone.into();
        rules::timezone(&timezone).map_err(MonitorError)?;
        self.timezone = Some(timezone);
        Ok(self)
    }

    /// Whether the server will take it: what the fallible methods check, for values that were put in by hand. One that
    /// it would refuse is left out of a check-in, with an error on stderr.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self) -> Result<(), MonitorError> {
        self.schedule.check()?;
        if let Some(timezone) = &self.timezone {
            rules::timezone(timezone).map_err(MonitorError)?;
        }
        let numbers: [(Option<u64>, InRange); 4] = [
            (self.checkin_margin, limits::checkin_margin),
            (self.max_runtime, limits::max_runtime),
            (self.failure_issue_threshold, limits::failure_issue_threshold),
            (self.recovery_threshold, limits::recovery_threshold),
        ];
        for (number, check) in numbers {
            number.map(check).transpose().map_err(out_of_range)?;
        }
        Ok(())
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $field:ident;)*) => {
        impl MonitorConfig {$(
            $(#[$doc])*
            pub fn $name(mut self, number: u64) -> Result<Self, MonitorError> {
                self.$field = Some(limits::$field(number).map_err(out_of_range)?);
                Ok(self)
            }
        )*}
    };
}

numbers! {
    /// The same configuration with so many minutes after which a run that did not begin counts as missed.
    ///
    /// # Errors
    /// Zero, and more than 28 days.
    with_checkin_margin: checkin_margin;
    /// The same configuration with so many minutes after which a run that did not end counts as failed.
    ///
    /// # Errors
    /// Zero, and more than 7 days.
    with_max_runtime: max_runtime;
    /// The same configuration with so many failures in a row before an issue is made.
    ///
    /// # Errors
    /// Zero, and more than 720.
    with_failure_issue_threshold: failure_issue_threshold;
    /// The same configuration with so many good runs in a row before the issue is closed.
    ///
    /// # Errors
    /// Zero, and more than 720.
    with_recovery_threshold: recovery_threshold;
}

/// How a number is checked.
type InRange = fn(u64) -> Result<u64, RangeError>;

fn out_of_range(error: RangeError) -> MonitorError {
    MonitorError(error.to_string())
}

/// One message of a run: that it began, or how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorCheckIn {
    /// The id of the run: its messages carry the same.
    #[serde(serialize_with = "uuid_simple")]
    pub check_in_id: Uuid,
    /// The name of the monitor.
    pub monitor_slug: String,
    /// How the run stands.
    pub status: MonitorCheckInStatus,
    /// The environment, such as `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The release of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// How long the run took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// The configuration of the monitor; in the first message of a run only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor_config: Option<MonitorConfig>,
    /// The trace of the run, under `trace`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub contexts: Map<String, Context>,
}

impl MonitorCheckIn {
    /// The first message of a run with a random id.
    ///
    /// # Errors
    /// When the slug breaks the rules for slugs.
    ///
    /// ```
    /// use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
    ///
    /// let began = MonitorCheckIn::new("nightly-report", MonitorCheckInStatus::InProgress)?;
    /// let ended = MonitorCheckIn { status: MonitorCheckInStatus::Ok, duration: Some(1.5), ..began.clone() };
    /// assert_eq!(began.check_in_id, ended.check_in_id);
    /// assert!(MonitorCheckIn::new("Nightly report!", MonitorCheckInStatus::Ok).is_err());
    /// # Ok::<(), sentry::protocol::MonitorError>(())
    /// ```
    pub fn new(slug: impl Into<String>, status: MonitorCheckInStatus) -> Result<Self, MonitorError> {
        let monitor_slug = slug.into();
        rules::slug(&monitor_slug).map_err(MonitorError)?;
        Ok(Self {
            check_in_id: random_uuid(),
            monitor_slug,
            status,
            environment: None,
            release: None,
            duration: None,
            monitor_config: None,
            contexts: Map::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_carries_its_schedule_by_type() {
        let mut check_in = MonitorCheckIn::new("report", MonitorCheckInStatus::InProgress).unwrap();
        check_in.check_in_id = Uuid::from_u128(1);
        let schedule = MonitorSchedule::interval(10, MonitorIntervalUnit::Minute).unwrap();
        check_in.monitor_config = Some(MonitorConfig::new(schedule).with_timezone("Europe/Vienna").unwrap());
        assert_eq!(
            serde_json::to_string(&check_in).unwrap(),
            concat!(
                r#"{"check_in_id":"00000000000000000000000000000001","monitor_slug":"report","#,
                r#""status":"in_progress","monitor_config":{"schedule":{"type":"interval","value":10,"#,
                r#""unit":"minute"},"timezone":"Europe/Vienna"}}"#
            )
        );
    }

    #[test]
    fn errors_name_the_value_and_the_rule() {
        let message = MonitorSchedule::from_crontab("* * *").unwrap_err().to_string();
        assert!(message.contains("`* * *`") && message.contains("five"), "{message}");
        let message = MonitorSchedule::interval(0, MonitorIntervalUnit::Day).unwrap_err().to_string();
        assert!(message.contains("0 days") && message.contains("at least 1"), "{message}");
        let config = || MonitorConfig::new(MonitorSchedule::every("1 day").unwrap());
        let message = config().with_max_runtime(20_000).unwrap_err().to_string();
        assert!(message.contains("`max_runtime` is 20000") && message.contains("1 to 10080"), "{message}");
        assert!(config().with_checkin_margin(0).is_err());
        assert!(config().with_failure_issue_threshold(721).is_err());
        assert!(config().with_recovery_threshold(0).is_err());
    }

    #[test]
    fn what_was_put_in_by_hand_is_checked_too() {
        let config = || MonitorConfig::new(MonitorSchedule::every("2h").unwrap());
        assert_eq!(config().check(), Ok(()));
        for broken in [
            MonitorConfig { schedule: MonitorSchedule::Crontab { value: "0 25 * * *".into() }, ..config() },
            MonitorConfig {
                schedule: MonitorSchedule::Interval { value: 0, unit: MonitorIntervalUnit::Hour },
                ..config()
            },
            MonitorConfig { timezone: Some("Vienna".into()), ..config() },
            MonitorConfig { max_runtime: Some(0), ..config() },
        ] {
            assert!(broken.check().is_err(), "{broken:?}");
        }
    }
}
