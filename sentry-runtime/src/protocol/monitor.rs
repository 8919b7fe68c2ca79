//! Check-ins and monitor configurations of scheduled jobs.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/check-ins/).

mod next_run;
mod schedule;

pub use schedule::{MonitorIntervalUnit, MonitorSchedule};

use std::fmt;

use sentry_rules::monitor::{self as limits, RangeError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::random::random_uuid;
use super::rules;
use super::wire::uuid_simple;

/// The error of an invalid part of a monitor. The message names the value, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorError(String);

/// The error of [`MonitorSchedule::from_crontab`], under the name of the official crate.
pub type CrontabParseError = MonitorError;

impl fmt::Display for MonitorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MonitorError {}

/// The status of a run of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorCheckInStatus {
    /// The run succeeded.
    Ok,
    /// The run failed.
    Error,
    /// The run has started.
    InProgress,
    /// The run did not start in time; set by the server, not by the program.
    Missed,
    /// Any other status.
    #[serde(other)]
    Unknown,
}

/// The configuration of a monitor. If a check-in carries it, the server creates or updates the monitor.
///
/// The schedule is not optional, because the server rejects an empty configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorConfig {
    /// The schedule.
    pub schedule: MonitorSchedule,
    /// The number of minutes after which a run that did not start counts as missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkin_margin: Option<u64>,
    /// The number of minutes after which a run that did not end counts as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_runtime: Option<u64>,
    /// The time zone of the schedule, by its name in the tz database. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The number of consecutive failures that create an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_issue_threshold: Option<u64>,
    /// The number of consecutive successes that resolve the issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_threshold: Option<u64>,
}

impl MonitorConfig {
    /// Returns a configuration that only has a schedule.
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

    /// Sets the time zone of the schedule, by its name in the tz database, such as `Europe/Vienna`. An empty name
    /// means the default, UTC.
    ///
    /// # Errors
    /// An unknown time zone.
    pub fn with_timezone(mut self, timezone: impl Into<String>) -> Result<Self, MonitorError> {
        self.timezone = known_timezone(timezone.into())?;
        Ok(self)
    }

    /// Checks whether the server accepts the configuration, with the rules of the fallible methods, for fields that
    /// were set directly. Check-ins are sent without an invalid configuration, and an error is printed on stderr.
    ///
    /// # Errors
    /// The first rule that the configuration breaks.
    pub fn check(&self) -> Result<(), MonitorError> {
        self.clone().accepted().map(drop)
    }

    /// Returns the configuration as it is sent. What the server understands in another form is written in that form: a
    /// crontab word such as `@midnight`, a margin of 0, an empty time zone.
    ///
    /// # Errors
    /// The first rule that the configuration breaks.
    pub(crate) fn accepted(self) -> Result<Self, MonitorError> {
        let number =
            |number: Option<u64>, check: InRange| number.map(check).transpose().map_err(out_of_range);
        Ok(Self {
            schedule: self.schedule.accepted()?,
            timezone: self.timezone.map_or(Ok(None), known_timezone)?,
            checkin_margin: number(self.checkin_margin, limits::checkin_margin)?,
            max_runtime: number(self.max_runtime, limits::max_runtime)?,
            failure_issue_threshold: number(self.failure_issue_threshold, limits::failure_issue_threshold)?,
            recovery_threshold: number(self.recovery_threshold, limits::recovery_threshold)?,
        })
    }
}

fn known_timezone(name: String) -> Result<Option<String>, MonitorError> {
    if name.is_empty() {
        return Ok(None);
    }
    rules::timezone(&name).map_err(MonitorError)?;
    Ok(Some(name))
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
    /// Sets the number of minutes after which a run that did not start counts as missed. The least is 1, also for 0.
    ///
    /// # Errors
    /// More than 28 days.
    with_checkin_margin: checkin_margin;
    /// Sets the number of minutes after which a run that did not end counts as failed.
    ///
    /// # Errors
    /// Zero, and more than 28 days.
    with_max_runtime: max_runtime;
    /// Sets the number of consecutive failures that create an issue.
    ///
    /// # Errors
    /// Zero, and more than 720.
    with_failure_issue_threshold: failure_issue_threshold;
    /// Sets the number of consecutive successes that resolve the issue.
    ///
    /// # Errors
    /// Zero, and more than 720.
    with_recovery_threshold: recovery_threshold;
}

/// The range check of a number.
type InRange = fn(u64) -> Result<u64, RangeError>;

fn out_of_range(error: RangeError) -> MonitorError {
    MonitorError(error.to_string())
}

/// A check-in: the message that a run started, or how it ended. It is sent with the release of the program and the trace
/// of the run.
///
/// [`new`](Self::new) checks the slug. A literal with all fields is sent as it is:
///
/// ```
/// use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
///
/// sentry::capture_check_in(
///     MonitorCheckIn {
///         check_in_id: sentry::types::random_uuid(),
///         monitor_slug: "nightly-report".into(),
///         status: MonitorCheckInStatus::InProgress,
///         environment: None,
///         duration: None,
///         monitor_config: None,
///     },
///     None,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorCheckIn {
    /// The id of the run. All check-ins of a run have the same id.
    #[serde(serialize_with = "uuid_simple")]
    pub check_in_id: Uuid,
    /// The slug of the monitor.
    pub monitor_slug: String,
    /// The status of the run.
    pub status: MonitorCheckInStatus,
    /// The environment, such as `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The duration of the run in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// The configuration of the monitor; only in the first check-in of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor_config: Option<MonitorConfig>,
}

impl MonitorCheckIn {
    /// Returns the first check-in of a run, with a random id.
    ///
    /// # Errors
    /// A slug that breaks the rules for slugs.
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
            duration: None,
            monitor_config: None,
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
    fn every_unit_is_read_from_its_name() {
        use MonitorIntervalUnit::{Day, Hour, Minute, Month, Week, Year};
        for unit in [Year, Month, Week, Day, Hour, Minute] {
            let name = serde_json::to_value(unit).unwrap();
            let schedule = MonitorSchedule::every(&format!("2 {}s", name.as_str().unwrap()));
            assert_eq!(schedule, MonitorSchedule::interval(2, unit));
            let message = MonitorSchedule::interval(0, unit).unwrap_err().to_string();
            assert!(message.contains(&format!("0 {}s", name.as_str().unwrap())), "{message}");
        }
    }

    #[test]
    fn the_next_run_is_that_of_the_time_zone() {
        let noon = MonitorSchedule::from_crontab("0 12 * * *").unwrap();
        let hour = |hour: u64| std::time::UNIX_EPOCH + std::time::Duration::from_secs(hour * 3_600);
        assert_eq!(noon.next_run(hour(0)), Some(hour(12)));
        assert_eq!(noon.next_run_in(hour(0), |_| 2 * 3_600), Some(hour(10)));
    }

    #[test]
    fn errors_name_the_value_and_the_rule() {
        let message = MonitorSchedule::from_crontab("* * *").unwrap_err().to_string();
        assert!(message.contains("`* * *`") && message.contains("five"), "{message}");
        let message = MonitorSchedule::interval(0, MonitorIntervalUnit::Day).unwrap_err().to_string();
        assert!(message.contains("0 days") && message.contains("at least 1"), "{message}");
        let config = || MonitorConfig::new(MonitorSchedule::every("1 day").unwrap());
        let message = config().with_max_runtime(50_000).unwrap_err().to_string();
        assert!(message.contains("`max_runtime` is 50000") && message.contains("1 to 40320"), "{message}");
        assert!(config().with_checkin_margin(40_321).is_err());
        assert!(config().with_failure_issue_threshold(721).is_err());
        assert!(config().with_recovery_threshold(0).is_err());
    }

    #[test]
    fn what_the_server_corrects_is_no_error() {
        let config = MonitorConfig::new(MonitorSchedule::every("1 day").unwrap());
        let corrected =
            config.clone().with_checkin_margin(0).and_then(|config| config.with_timezone("")).unwrap();
        assert_eq!(corrected, MonitorConfig { checkin_margin: Some(1), ..config.clone() });
        let by_hand = MonitorConfig { checkin_margin: Some(0), timezone: Some(String::new()), ..config };
        assert_eq!(by_hand.check(), Ok(()));
        assert_eq!(by_hand.accepted(), Ok(corrected));
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
