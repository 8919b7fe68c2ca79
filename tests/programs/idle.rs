//! Measures the toolkit's cost while the program is idle, and prints it as `name=number`, one per line: its threads,
//! their wake-ups in three seconds, microseconds of `init` and `close`. Linux only: it reads `/proc`.
//!
//! The first argument is `static` or `stream`.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use sentry::{ClientOptions, TraceLifecycle};

const IDLE: Duration = Duration::from_secs(3);
const TIMES: usize = 200;

#[sentry::span]
fn work() {}

fn options() -> ClientOptions {
    let lifecycle = match std::env::args().nth(1).as_deref() {
        Some("stream") => TraceLifecycle::Stream,
        _ => TraceLifecycle::Static,
    };
    ClientOptions::new().traces_sample_rate(1.0).trace_lifecycle(lifecycle)
}

/// Returns every other thread: its name and the number of its voluntary sleeps.
fn threads() -> Vec<(String, u64)> {
    let own = std::process::id().to_string();
    let tasks = fs::read_dir("/proc/self/task").expect("the threads of this process");
    let ids = tasks.filter_map(|task| task.ok()?.file_name().into_string().ok());
    ids.filter(|id| *id != own)
        .filter_map(|id| {
            let status = fs::read_to_string(format!("/proc/self/task/{id}/status")).ok()?;
            let field = |name| {
                status.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
            };
            Some((field("Name:")?, field("voluntary_ctxt_switches:")?.parse().ok()?))
        })
        .collect()
}

fn sleeps() -> u64 {
    threads().iter().map(|(_, sleeps)| sleeps).sum()
}

fn main() {
    let mut init = Duration::MAX;
    let mut close = Duration::MAX;
    for _ in 0..TIMES {
        let started = Instant::now();
        let guard = sentry::init(options());
        init = init.min(started.elapsed());
        let started = Instant::now();
        drop(guard);
        close = close.min(started.elapsed());
    }
    println!("init_micros={}", init.as_micros());
    println!("close_unused_micros={}", close.as_micros());

    // Threads of the clients above may still be ending.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !threads().is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    let guard = sentry::init(options());
    println!("threads_before_use={}", threads().len());
    work();
    sentry::capture_message("once", sentry::Level::Info);
    assert!(sentry::flush(Duration::from_secs(60)));
    println!("threads_after_use={}", threads().len());

    // The worker sleeps after some idle rounds.
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut before = sleeps();
    loop {
        thread::sleep(Duration::from_millis(500));
        let now = sleeps();
        if now == before || Instant::now() > deadline {
            break;
        }
        before = now;
    }
    let before = sleeps();
    thread::sleep(IDLE);
    println!("wake_ups={}", sleeps() - before);

    // Recorded data wakes it.
    work();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let sent = guard.stats().sent;
        if sent.iter().any(|(category, quantity)| category.as_str() == "span" && *quantity >= 2) {
            println!("woken=1");
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert!(sentry::flush(Duration::from_secs(60)));
    let started = Instant::now();
    drop(guard);
    println!("close_micros={}", started.elapsed().as_micros());
}
