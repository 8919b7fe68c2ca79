//! The functions for monitored cron jobs and manual check-ins.

use super::get_client;
use super::handlers::unlooked_at;
use crate::capture::unwinding;
use crate::context::span_context::SpanContext;
use crate::error::value::ErrorValue;
use crate::instrument::instrumented::{Instrumented, hold, instrument, observe};
use crate::instrument::monitor::{self, Monitor, MonitorOptions};
use crate::protocol::{MonitorCheckIn, MonitorConfig, Uuid};

/// Sends a check-in manually. With a configuration, Sentry creates or updates the monitor. Returns the check-in's id,
/// nil without a client; a later check-in with this id updates the first.
///
/// A configuration that Sentry would reject is reported on stderr, and the check-in is sent without it.
///
/// ```
/// use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut check_in = MonitorCheckIn::new("nightly-report", MonitorCheckInStatus::InProgress)?;
/// let id = sentry::capture_check_in(check_in.clone(), None);
/// check_in.status = MonitorCheckInStatus::Ok;
/// check_in.duration = Some(12.5);
/// assert_eq!(sentry::capture_check_in(check_in, None), id);
/// # Ok(())
/// # }
/// ```
pub fn capture_check_in(mut check_in: MonitorCheckIn, config: Option<MonitorConfig>) -> Uuid {
    if config.is_some() {
        check_in.monitor_config = config;
    }
    monitor::submit(get_client(), check_in, SpanContext::current()).unwrap_or_default()
}

/// Runs a closure as a monitored job: sends a check-in at its start, and one with the same id and the duration at its
/// end. A panic ends the run as failed. The options are a schedule, a [`MonitorConfig`], `None`, or [`MonitorOptions`].
///
/// An `Err` ends the run as `ok`, because a function cannot detect whether its type parameter is a `Result`. For jobs
/// that return one, use [`try_with_monitor`], or `#[sentry::monitor]`, which detects it.
///
/// A slug that Sentry would reject is reported on stderr, and the job runs without check-ins.
///
/// ```
/// let rows = sentry::with_monitor("nightly-report", None, || 7);
/// # assert_eq!(rows, 7);
/// ```
pub fn with_monitor<R>(slug: &str, options: impl Into<MonitorOptions>, run: impl FnOnce() -> R) -> R {
    let held = hold(Monitor::named(slug, options.into()));
    let value = unwinding::catching(run);
    unlooked_at::<R>();
    drop(held);
    value
}

/// Runs a closure that returns a `Result` as a monitored job; see [`with_monitor`]. An `Err` ends the run as failed, is
/// captured once, and returned.
///
/// ```
/// use sentry::protocol::{MonitorConfig, MonitorSchedule};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hourly = MonitorConfig::new(MonitorSchedule::every("1 hour")?);
/// let rows = sentry::try_with_monitor("hourly-import", hourly, || "7".parse::<u32>())?;
/// # assert_eq!(rows, 7);
/// # Ok(())
/// # }
/// ```
pub fn try_with_monitor<T, E: ErrorValue<Form>, Form>(
    slug: &str,
    options: impl Into<MonitorOptions>,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let mut held = hold(Monitor::named(slug, options.into()));
    let value = unwinding::catching(run);
    tell(&value, &mut held);
    value
}

/// Runs a future as a monitored job; see [`with_monitor`]. A future that is dropped before it is ready ends the run as
/// failed.
pub fn with_monitor_async<F: Future>(
    slug: &str,
    options: impl Into<MonitorOptions>,
    future: F,
) -> Instrumented<Monitor, F> {
    instrument(Monitor::named(slug, options.into()), future)
}

/// Runs a future that returns a `Result` as a monitored job; see [`try_with_monitor`].
pub fn try_with_monitor_async<T, E, Form, F, O>(
    slug: &str,
    options: O,
    future: F,
) -> impl Future<Output = Result<T, E>> + use<T, E, Form, F, O>
where
    E: ErrorValue<Form>,
    F: Future<Output = Result<T, E>>,
    O: Into<MonitorOptions>,
{
    observe(Monitor::named(slug, options.into()), future, tell)
}

fn tell<T, E: ErrorValue<Form>, Form>(value: &Result<T, E>, run: &mut Monitor) {
    if let Err(error) = value {
        run.failed(error.failure());
    }
}
