//! The options of the function forms of a monitored job.

use std::borrow::Cow;

use crate::base::callback;
use crate::protocol::{MonitorConfig, MonitorSchedule};

/// The options of [`with_monitor`](crate::with_monitor) and its variants. A schedule, a configuration or `None`
/// converts into options.
///
/// ```
/// use sentry::MonitorOptions;
/// use sentry::protocol::{MonitorConfig, MonitorSchedule};
///
/// # fn main() -> Result<(), sentry::protocol::MonitorError> {
/// let daily = MonitorConfig::new(MonitorSchedule::from_crontab("0 3 * * *")?).with_max_runtime(30)?;
/// let options = MonitorOptions::new().config(daily).isolate_trace().tag("shard", 7);
/// sentry::with_monitor("nightly-report", options, || ());
/// sentry::with_monitor("backup", MonitorSchedule::from_crontab("0 4 * * *")?, || ());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct MonitorOptions {
    pub(super) config: Option<MonitorConfig>,
    pub(super) isolate_trace: bool,
    pub(super) tags: Vec<(Cow<'static, str>, String)>,
}

impl MonitorOptions {
    /// Returns options for a monitor that is configured in Sentry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the monitor's configuration. It is sent with the first check-in, and creates or updates the monitor.
    pub fn config(mut self, config: MonitorConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// Starts a new trace for each run, also inside an active span.
    pub fn isolate_trace(mut self) -> Self {
        self.isolate_trace = true;
        self
    }

    /// Sets a tag on everything that is captured in the run, see [`Scope::set_tag`](crate::Scope::set_tag).
    pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.tags.extend(callback::text(value).map(|value| (key.into(), value)));
        self
    }
}

impl From<MonitorSchedule> for MonitorOptions {
    fn from(schedule: MonitorSchedule) -> Self {
        MonitorConfig::new(schedule).into()
    }
}

impl From<MonitorConfig> for MonitorOptions {
    fn from(config: MonitorConfig) -> Self {
        Self::new().config(config)
    }
}

impl From<Option<MonitorConfig>> for MonitorOptions {
    fn from(config: Option<MonitorConfig>) -> Self {
        Self { config, ..Self::default() }
    }
}
