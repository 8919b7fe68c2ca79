//! A program that captures an item of every kind: in any environment, the items must be valid, and contain nothing from
//! its arguments and environment.

use std::time::Duration;

use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

#[sentry::span(err)]
fn work() -> Result<(), Broken> {
    sentry::add_breadcrumb(sentry::Breadcrumb { message: Some("at work".into()), ..Default::default() });
    Err(Broken)
}

fn main() {
    let options = sentry::ClientOptions::new().traces_sample_rate(1.0).attach_stacktrace(true);
    let pii = std::env::var_os("WITH_PII").is_some_and(|value| value == "1");
    let guard = sentry::init(options.send_default_pii(pii).shutdown_timeout(Duration::from_secs(60)));
    sentry::capture_message("hello", sentry::Level::Info);
    sentry::start_span("outer", |_| drop(work()));
    if let Ok(check_in) = MonitorCheckIn::new("a-job", MonitorCheckInStatus::Ok) {
        sentry::capture_check_in(check_in, None);
    }
    drop(std::thread::spawn(|| panic!("a thread broke")).join());
    println!("flushed {}", sentry::flush(Duration::from_secs(60)));
    drop(guard);
}
