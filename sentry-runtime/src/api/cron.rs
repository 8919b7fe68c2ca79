//! Cron jobs and check-ins by hand.

use super::get_client;
use super::handlers::unlooked_at;
use crate::context::span_context::SpanContext;
use crate::error::value::ErrorValue;
use crate::instrument::instrumented::{Instrumented, hold, instrument, observe};
use crate::instrument::monitor::{self, Monitor, MonitorOptions};
use crate::protocol::{MonitorCheckIn, MonitorConfig, Uuid};

/// Sends a check-in by hand, with the configuration of its monitor if that is to be created or updated. Answers
/// with its id, by which a later check-in updates it; nil without a client.
///
/// A configuration that Sentry would refuse is told on stderr, and the check-in goes out without it.
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

/// Runs a closure as a monitored job: a check-in when it starts, one when it ends, with the same id and the duration.
/// A panic ends it as failed. The options are a schedule, a [`MonitorConfig`], `None`, or a
/// [`MonitorOptions`].
///
/// A function cannot find out whether its type parameter is a `Result`, so an `Err` ends this run as `ok`: use
/// [`try_with_monitor`] for jobs that return one, or `#[sentry::monitor]`, which can.
///
/// A slug that Sentry would refuse is told on stderr, and the job runs without check-ins.
///
/// ```
/// let rows = sentry::with_monitor("nightly-report", None, || 7);
/// # assert_eq!(rows, 7);
/// ```
pub fn with_monitor<R>(slug: &str, options: impl Into<MonitorOptions>, run: impl FnOnce() -> R) -> R {
    let held = hold(Monitor::named(slug, options.into()));
    let value = run();
    unlooked_at::<R>();
    drop(held);
    value
}

/// The same for a job that returns a `Result`: an `Err` ends the run as failed, is captured once, and returned.
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
    let value = run();
    tell(&value, &mut held);
    value
}

/// [`with_monitor`] for a future. A future that is dropped before it is ready ends the run as failed.
pub fn with_monitor_async<F: Future>(
    slug: &str,
    options: impl Into<MonitorOptions>,
    future: F,
) -> Instrumented<Monitor, F> {
    instrument(Monitor::named(slug, options.into()), future)
}

/// [`try_with_monitor`] for a future.
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
