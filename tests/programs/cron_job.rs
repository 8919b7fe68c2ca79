//! A cron job that is its own program: it fails, panics, or does its work, as it is told.

#[sentry::main]
#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn main() -> Result<(), std::io::Error> {
    match std::env::args().nth(1).as_deref() {
        Some("error") => Err(std::io::Error::other("the disk is full")),
        Some("panic") => panic!("the lamp broke"),
        _ => Ok(()),
    }
}
