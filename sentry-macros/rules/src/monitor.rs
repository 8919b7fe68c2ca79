//! The ranges of the numbers in a monitor's configuration.
//!
//! Spec: <https://develop.sentry.dev/sdk/telemetry/check-ins/>. The limits are those of Sentry's server.

use std::fmt;

/// The maximum of `checkin_margin` in minutes: 28 days.
pub const MAX_CHECKIN_MARGIN: u64 = 40_320;
/// The maximum of `max_runtime` in minutes: 28 days.
pub const MAX_RUNTIME: u64 = 40_320;
/// The maximum of `failure_issue_threshold` and `recovery_threshold`, in check-ins.
pub const MAX_THRESHOLD: u64 = 720;

/// A number that is out of the range that Sentry accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeError {
    /// The name of the argument.
    pub what: &'static str,
    /// The number as written.
    pub value: u64,
    /// The largest number allowed; the smallest is 1.
    pub max: u64,
    /// The unit of the number.
    pub unit: &'static str,
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, max, unit } = self;
        write!(f, "`{what}` is {value}; Sentry accepts 1 to {max} {unit}")
    }
}

impl std::error::Error for RangeError {}

/// Checks `checkin_margin`: how late a check-in may be, in minutes. Returns 1 for 0, as Sentry's server does.
///
/// # Errors
/// Returns an error if the number is greater than [`MAX_CHECKIN_MARGIN`].
pub fn checkin_margin(minutes: u64) -> Result<u64, RangeError> {
    in_range("checkin_margin", minutes.max(1), MAX_CHECKIN_MARGIN, "minutes (28 days)")
}

/// Checks `max_runtime`: how long a run may take, in minutes.
///
/// # Errors
/// Returns an error if the number is not in the range from 1 to [`MAX_RUNTIME`].
pub fn max_runtime(minutes: u64) -> Result<u64, RangeError> {
    in_range("max_runtime", minutes, MAX_RUNTIME, "minutes (28 days)")
}

/// Checks `failure_issue_threshold`: the number of failed check-ins in a row that open an issue.
///
/// # Errors
/// Returns an error if the number is not in the range from 1 to [`MAX_THRESHOLD`].
pub fn failure_issue_threshold(count: u64) -> Result<u64, RangeError> {
    in_range("failure_issue_threshold", count, MAX_THRESHOLD, "check-ins")
}

/// Checks `recovery_threshold`: the number of successful check-ins in a row that resolve an issue.
///
/// # Errors
/// Returns an error if the number is not in the range from 1 to [`MAX_THRESHOLD`].
pub fn recovery_threshold(count: u64) -> Result<u64, RangeError> {
    in_range("recovery_threshold", count, MAX_THRESHOLD, "check-ins")
}

fn in_range(what: &'static str, value: u64, max: u64, unit: &'static str) -> Result<u64, RangeError> {
    if (1..=max).contains(&value) { Ok(value) } else { Err(RangeError { what, value, max, unit }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_each_range() {
        for (check, max) in [
            (checkin_margin as fn(u64) -> Result<u64, RangeError>, MAX_CHECKIN_MARGIN),
            (max_runtime, MAX_RUNTIME),
            (failure_issue_threshold, MAX_THRESHOLD),
            (recovery_threshold, MAX_THRESHOLD),
        ] {
            assert_eq!(check(1), Ok(1));
            assert_eq!(check(max), Ok(max));
            assert!(check(max + 1).is_err());
        }
        assert_eq!(checkin_margin(0), Ok(1));
        for check in [max_runtime, failure_issue_threshold, recovery_threshold] {
            assert!(check(0).is_err());
        }
    }

    #[test]
    fn the_text_names_value_and_range() {
        let text = recovery_threshold(0).unwrap_err().to_string();
        assert_eq!(text, "`recovery_threshold` is 0; Sentry accepts 1 to 720 check-ins");
    }
}
