//! A program that captures a message in a span, and ends with the exit code in its argument; with `exit` it flushes and
//! calls `std::process::exit`, with `panic` it panics, with `order` it turns an error into an exit code.

use std::process::ExitCode;
use std::time::Duration;

/// Sets the shutdown timeout to `PATIENCE` seconds, because a busy machine reads debug information slowly.
fn options() -> sentry::ClientOptions {
    let options = sentry::ClientOptions::new();
    match std::env::var("PATIENCE").ok().and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => options.shutdown_timeout(Duration::from_secs(seconds)),
        None => options,
    }
}

#[sentry::span]
fn order() -> Result<(), std::fmt::Error> {
    Err(std::fmt::Error)
}

#[sentry::main(options = options())]
fn main() -> ExitCode {
    sentry::start_span("work", |_| sentry::capture_message("at work", sentry::Level::Info));
    match std::env::args().nth(1).as_deref() {
        Some("exit") => {
            let flushed = sentry::flush(Duration::from_secs(60));
            println!("flushed {flushed}");
            std::process::exit(3)
        }
        Some("order") => match order() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Some("panic") => panic!("the lamp broke"),
        Some(code) => ExitCode::from(code.parse::<u8>().unwrap_or(1)),
        None => ExitCode::SUCCESS,
    }
}
