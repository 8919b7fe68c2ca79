//! A program that uses `log`: its records become breadcrumbs, logs and events, and still reach its own logger.
//!
//! `cargo run --example log_bridge` prints what was recorded.

use std::error::Error;

use log::{Log, Metadata, Record, error, info, warn};
use sentry::integrations::log::SentryLogger;

/// The program's own logger; any other logger works as well.
struct Printer;

impl Log for Printer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        println!("{}: {}", record.level(), record.args());
    }

    fn flush(&self) {}
}

#[sentry::span]
fn close(lamps: u32) {
    info!(lamps; "counting");
    if lamps < 10 {
        warn!("few lamps are left");
    }
    error!(till = 3; "the till does not open");
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).collect_logs(true).local(true))]
fn main() -> Result<(), Box<dyn Error>> {
    SentryLogger::with_dest(Printer).init()?;
    close(7);
    Ok(())
}
