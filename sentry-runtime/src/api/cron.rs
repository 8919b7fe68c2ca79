//! Cron check-ins by hand.

use super::get_client;
use crate::diagnostics;
use crate::monitor::{self, Monitor};
use crate::protocol::{MonitorCheckIn, MonitorConfig, Uuid};
use crate::trace::instrumented::hold;
use crate::trace::place::TracePlace;

/// Sends a check-in by hand, with the configuration of its monitor if that is to be created or updated. Answers
/// with its id, by which a later check-in updates it; nil without a client.
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
    monitor::submit(get_client(), check_in, TracePlace::current()).unwrap_or_default()
}

/// Runs a closure as a monitored job: a check-in when it starts, one when it ends. A panic ends it as failed. For
/// jobs that return a `Result`, `#[sentry::monitor]` tells an `Err` apart.
///
/// A slug that Sentry would refuse is told on stderr, and the job runs without check-ins.
pub fn with_monitor<R>(slug: &str, config: Option<MonitorConfig>, run: impl FnOnce() -> R) -> R {
    if let Err(error) = sentry_rules::slug::check(slug) {
        diagnostics::error(format_args!("{error}. The job runs unmonitored."));
        return run();
    }
    let held = hold(Monitor::named(slug.to_owned(), config, false));
    let result = run();
    drop(held);
    result
}
