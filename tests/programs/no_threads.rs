//! Captures of everything three, flushes, captures once more, and says how long that took and what was counted. Whoever
//! runs it sees to it that no thread can be started.

use std::time::{Duration, Instant};

use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
use sentry::{ClientOptions, Level};

fn main() {
    let started = Instant::now();
    let options = ClientOptions::new()
        .traces_sample_rate(1.0)
        .enable_logs(true)
        .shutdown_timeout(Duration::from_secs(30));
    let guard = sentry::init(options);
    let client = sentry::get_client().expect("a client");
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
