//! A program with `panic = "abort"` that panics on its main thread, on another thread, or not at all.

use std::time::Duration;

#[sentry::span]
fn finished() {}

#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn job(how: &str) {
    sentry::capture_message("at work", sentry::Level::Info);
    finished();
    match how {
        "main" => panic!("the lamp broke"),
        "thread" => drop(std::thread::spawn(|| panic!("the lamp broke")).join()),
        _ => {}
    }
}

#[sentry::main(options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(20)), traces_sample_rate = 1.0)]
fn main() {
    job(&std::env::args().nth(1).unwrap_or_default());
}
