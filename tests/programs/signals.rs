//! A program that waits for a signal, with a captured message and a running job. It prints `ready` when it waits.
//!
//! `PATIENCE` is the shutdown timeout in seconds. With the argument `fork` a child waits instead, and the parent ends
//! by the signal that ended the child; with `fork-idle` the child captures nothing.

use std::io::Write as _;
use std::time::Duration;

fn wait() {
    println!("ready");
    let _ = std::io::stdout().flush();
    loop {
        std::thread::park();
    }
}

#[sentry::monitor("watched", schedule = "0 3 * * *")]
fn job() {
    wait();
}

/// Runs a function in a child; the parent ends by the signal that ended the child.
fn fork(run: fn()) {
    // SAFETY: the child calls only this crate, which is under test.
    let child = unsafe { libc::fork() };
    if child == 0 {
        println!("child {}", std::process::id());
        return run();
    }
    let mut status = 0;
    // SAFETY: the pointer refers to a local number.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    println!("child ended by {}", libc::WTERMSIG(status));
}

fn main() -> std::io::Result<()> {
    let patience = std::env::var("PATIENCE").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(10);
    let options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(patience));
    let _guard = sentry::init(options.traces_sample_rate(1.0));
    sentry::flush_on_signals()?;
    match std::env::args().nth(1).as_deref() {
        Some("fork") => fork(|| {
            sentry::capture_message("in the child", sentry::Level::Info);
            wait();
        }),
        Some("fork-idle") => fork(wait),
        _ => {
            sentry::capture_message("at work", sentry::Level::Info);
            job();
        }
    }
    Ok(())
}
