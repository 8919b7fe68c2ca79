//! With the argument `flood`, records more spans than there is room for, flushes, and prints the counts. Otherwise
//! captures three items of each kind, flushes, captures once more, and prints the duration and the counts.
//!
//! No thread can be started: the test sets the default stack size to the size of the address space, and the program
//! limits its address space so that there is no room for the stack of the pipeline thread.

use std::time::{Duration, Instant};

use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
use sentry::{ClientOptions, Level};

/// Limits the address space of the program to its current size and 64 MiB.
fn limit_address_space() {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 =
        pages.split(' ').next().and_then(|pages| pages.parse().ok()).expect("the size of the program");
    let most = pages * 4096 + (64 << 20);
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the struct is initialised, and the call only reads it.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

/// The number of roots of a flood.
const FLOOD: u32 = 50;

#[sentry::span]
fn root() {
    (0..1000).for_each(|_| child());
}

#[sentry::span]
fn child() {}

fn main() {
    limit_address_space();
    let started = Instant::now();
    let options = ClientOptions::new()
        .traces_sample_rate(1.0)
        .enable_logs(true)
        .max_record_memory(1 << 20)
        .shutdown_timeout(Duration::from_secs(30));
    let guard = sentry::init(options);
    let client = sentry::get_client().expect("a client");
    if std::env::args().nth(1).as_deref() == Some("flood") {
        for _ in 0..FLOOD {
            root();
        }
    }
    for _ in 0..3 {
        sentry::capture_message("at work", Level::Info);
        let _id = sentry::capture_check_in(
            MonitorCheckIn::new("nightly", MonitorCheckInStatus::Ok).expect("a slug"),
            None,
        );
        sentry::start_span("work", |_| sentry::start_span("inside", |_| ()));
        sentry::logger_info!("at work");
    }
    println!("flushed {}", sentry::flush(None));
    sentry::capture_message("at the end", Level::Info);
    drop(guard);
    println!("in time {}", started.elapsed() < Duration::from_secs(15));
    for entry in client.stats().dropped {
        println!("{:?} {:?} {}", entry.reason, entry.category, entry.quantity);
    }
    println!("waiting {}", client.stats().queued.captured);
}
