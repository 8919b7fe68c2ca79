//! A program that calls `sentry::exit` in the middle of a job, with the code in its first argument.
//!
//! The second argument selects the caller: `job`, `thread` (another thread, while the job waits), `quiet` (the same,
//! but the job has captured nothing), or `callback` (`before_send`, on a thread of the toolkit). `PATIENCE` is the
//! shutdown timeout in seconds. Without `SENTRY_DSN` no client sends anything.

use std::time::Duration;

use sentry::{ClientOptions, Level};

fn code() -> i32 {
    std::env::args().nth(1).and_then(|code| code.parse().ok()).unwrap_or_default()
}

#[sentry::span]
fn done() {}

#[sentry::monitor("unfinished", schedule = "0 3 * * *")]
fn job(from: &str) {
    if from != "quiet" {
        done();
        sentry::start_new_trace(done);
        sentry::capture_message("at work", Level::Info);
    }
    match from {
        "thread" | "quiet" => drop(std::thread::spawn(|| sentry::exit(code()))),
        "callback" => {}
        _ => sentry::exit(code()),
    }
    loop {
        std::thread::park();
    }
}

fn main() {
    let from = std::env::args().nth(2).unwrap_or_default();
    let patience = std::env::var("PATIENCE").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(20);
    let mut options = ClientOptions::new()
        .release("exits@1".to_owned())
        .auto_session_tracking(true)
        .traces_sample_rate(1.0)
        .shutdown_timeout(Duration::from_secs(patience));
    if from == "callback" {
        options = options.before_send(|_| sentry::exit(code()));
    }
    let _guard = sentry::init(options);
    job(&from);
}
