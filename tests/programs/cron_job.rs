//! A cron job as a stand-alone program: it fails, panics, or succeeds, according to its argument.

use std::time::Duration;

// The timeout is long, because a busy machine reads debug information slowly.
#[sentry::main(options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(60)))]
#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn main() -> Result<(), std::io::Error> {
    match std::env::args().nth(1).as_deref() {
        Some("error") => Err(std::io::Error::other("the disk is full")),
        Some("panic") => panic!("the lamp broke"),
        _ => Ok(()),
    }
}
