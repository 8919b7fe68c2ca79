//! A program that captures with a spool, prints what it captured, and runs until it is killed or its standard input
//! is closed.
//!
//! `spooler DSN DIRECTORY NAME COUNT`

use std::io::Read as _;
use std::time::Duration;

use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};
use sentry::{ClientOptions, Level};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dsn, dir, name, count] = &arguments[..] else { panic!("four arguments: {arguments:?}") };
    let options =
        ClientOptions::new().traces_sample_rate(1.0).spool_dir(dir).shutdown_timeout(Duration::from_secs(60));
    let guard = sentry::init((dsn.as_str(), options));
    for number in 0..count.parse().expect("a number") {
        let message = sentry::capture_message(&format!("{name} {number}"), Level::Info);
        let error = sentry::capture_error(&std::io::Error::other(format!("{name} {number}")));
        let check_in = sentry::capture_check_in(
            MonitorCheckIn::new(name.as_str(), MonitorCheckInStatus::Ok).expect("a slug"),
            None,
        );
        sentry::start_span("work", |_| ());
        println!("{}\n{}\n{}", message.simple(), error.simple(), check_in.simple());
    }
    println!("done");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    drop(guard);
}
