//! A program that forks repeatedly while its threads record, and once inside a span. Every child captures an item of
//! every kind, flushes, and ends without destructors; the parent continues and counts its items.
//!
//! With the argument `around` it forks inside a span only. It prints `children N`, `spans N` and `messages N`: that
//! many items must arrive.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};

const FORKS: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(120);

static STOP: AtomicBool = AtomicBool::new(false);
static SPANS: AtomicU64 = AtomicU64::new(0);
static MESSAGES: AtomicU64 = AtomicU64::new(0);

#[sentry::span]
fn inner() {}

#[sentry::span]
fn busy() {
    inner();
    SPANS.fetch_add(2, Ordering::Relaxed);
}

/// The work of the parent's threads: they hold, as often as possible, the locks that a child cannot acquire.
fn work() {
    while !STOP.load(Ordering::Relaxed) {
        for round in 0..40 {
            sentry::set_tag("round", round);
            // Each span causes a request to the server, which would be too slow for more.
            if SPANS.load(Ordering::Relaxed) < 4000 {
                busy();
            }
        }
        if MESSAGES.fetch_add(1, Ordering::Relaxed) < 100 {
            sentry::capture_message("parent", sentry::Level::Info);
        } else {
            MESSAGES.fetch_sub(1, Ordering::Relaxed);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[sentry::span]
fn in_child(number: u64) {
    inner();
    sentry::capture_message(&format!("child {number}"), sentry::Level::Info);
}

/// Does the work of a child, and returns whether it succeeded.
fn child(number: u64) -> bool {
    sentry::set_tag("side", "child");
    in_child(number);
    let Ok(check_in) = MonitorCheckIn::new("in-a-child", MonitorCheckInStatus::Ok) else { return false };
    sentry::capture_check_in(check_in, None);
    std::thread::spawn(inner).join().is_ok() && sentry::flush(PATIENCE)
}

/// Calls a function in a child, and returns whether the child succeeded.
fn fork(run: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls only this crate, which is under test, and its dependencies.
    match unsafe { libc::fork() } {
        -1 => false,
        0 => {
            let ended_well = run();
            // SAFETY: the call ends the process without running any more of its code.
            unsafe { libc::_exit(i32::from(!ended_well)) }
        }
        child => wait(child),
    }
}

fn wait(child: libc::pid_t) -> bool {
    let (started, mut status) = (Instant::now(), 0);
    while started.elapsed() < 2 * PATIENCE {
        // SAFETY: the pointer refers to a local number.
        if unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child {
            return libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("child {child} does not end");
    // SAFETY: the child has not been waited for, so its process id is still valid.
    unsafe { libc::kill(child, libc::SIGKILL) };
    false
}

#[sentry::span]
fn around() -> bool {
    inner();
    fork(|| {
        sentry::capture_message("inside", sentry::Level::Info);
        inner();
        sentry::flush(PATIENCE)
    })
}

#[sentry::monitor("around-a-fork", schedule = "0 3 * * *")]
fn job() -> bool {
    // This child ends by returning from the function, with all destructors left out.
    fork(|| true)
}

fn main() {
    let options =
        sentry::ClientOptions::new().traces_sample_rate(1.0).shutdown_timeout(PATIENCE).queue_size(65_536);
    let guard = sentry::init(options);
    if std::env::args().nth(1).as_deref() == Some("around") {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("before", "yes");
            println!("around {}", around());
        });
        return;
    }
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(work)).collect();
    let mut children = 0;
    for number in 0..FORKS {
        sentry::capture_message("before the fork", sentry::Level::Info);
        children += u64::from(fork(|| child(number)));
    }
    STOP.store(true, Ordering::Relaxed);
    for thread in threads {
        let _ = thread.join();
    }
    println!("around {}", around());
    println!("job {}", job());
    let grandchild = fork(|| fork(|| child(FORKS)) && child(FORKS + 1));
    println!("grandchild {grandchild}");
    // SAFETY: as in `fork`.
    if unsafe { libc::fork() } == 0 {
        // This child ends like an ordinary program: its guard has nothing to send.
        drop(guard);
        std::process::exit(0);
    }
    println!("children {children}");
    println!("spans {}", SPANS.load(Ordering::Relaxed));
    println!("messages {}", MESSAGES.load(Ordering::Relaxed));
    drop(guard);
}
