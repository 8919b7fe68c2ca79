//! The arguments of `#[monitor]`, in a constant.

use super::callsite::Callsite;
use crate::protocol::{MonitorConfig, MonitorIntervalUnit, MonitorSchedule};

/// A monitored function: slug and configuration, checked at compile time.
#[derive(Debug)]
pub struct MonitorSite {
    pub(crate) callsite: &'static Callsite,
    pub(crate) slug: &'static str,
    schedule: Option<SiteSchedule>,
    timezone: Option<&'static str>,
    checkin_margin: Option<u64>,
    max_runtime: Option<u64>,
    failure_issue_threshold: Option<u64>,
    recovery_threshold: Option<u64>,
    pub(crate) isolate_trace: bool,
}

#[derive(Debug, Clone, Copy)]
enum SiteSchedule {
    Crontab(&'static str),
    Interval(u64, &'static str),
}

macro_rules! site_setters {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub const fn $name(mut self, value: $ty) -> Self {
            self.$name = Some(value);
            self
        }
    )*};
}

impl MonitorSite {
    /// Returns the monitor of a function, without a configuration: it has to exist in Sentry.
    #[must_use]
    pub const fn new(callsite: &'static Callsite, slug: &'static str) -> Self {
        Self {
            callsite,
            slug,
            schedule: None,
            timezone: None,
            checkin_margin: None,
            max_runtime: None,
            failure_issue_threshold: None,
            recovery_threshold: None,
            isolate_trace: false,
        }
    }

    /// Sets a crontab schedule of five fields.
    #[must_use]
    pub const fn crontab(mut self, value: &'static str) -> Self {
        self.schedule = Some(SiteSchedule::Crontab(value));
        self
    }

    /// Sets an interval schedule of `value` units.
    #[must_use]
    pub const fn interval(mut self, value: u64, unit: &'static str) -> Self {
        self.schedule = Some(SiteSchedule::Interval(value, unit));
        self
    }

    /// Starts a new trace for each run.
    #[must_use]
    pub const fn isolate_trace(mut self) -> Self {
        self.isolate_trace = true;
        self
    }

    site_setters! {
        /// The time zone of the crontab.
        timezone: &'static str;
        /// The maximum delay of a start, in minutes.
        checkin_margin: u64;
        /// The maximum duration of a run, in minutes.
        max_runtime: u64;
        /// The number of consecutive failed runs that opens an issue.
        failure_issue_threshold: u64;
        /// The number of consecutive successful runs that resolves the issue.
        recovery_threshold: u64;
    }

    pub(crate) fn config(&self) -> Option<MonitorConfig> {
        let schedule = match self.schedule? {
            SiteSchedule::Crontab(value) => MonitorSchedule::Crontab { value: value.to_owned() },
            SiteSchedule::Interval(value, unit) => {
                MonitorSchedule::Interval { value, unit: MonitorIntervalUnit::of(unit) }
            }
        };
        Some(MonitorConfig {
            timezone: self.timezone.map(str::to_owned),
            checkin_margin: self.checkin_margin,
            max_runtime: self.max_runtime,
            failure_issue_threshold: self.failure_issue_threshold,
            recovery_threshold: self.recovery_threshold,
            ..MonitorConfig::new(schedule)
        })
    }
}
