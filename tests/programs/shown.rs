//! A program with a dashboard that a test reads from outside. Each line of stdin is a command: `span NAME`, `error
//! TEXT`, `log TEXT`, `fork NAME` (a child records a span of that name, flushes and ends), `flush`. The program answers
//! each command with the line `done`, and ends at the end of stdin.

use std::io::{self, BufRead, Write};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn span(name: &str) {
    sentry::start_span(name.to_owned(), |_| ());
}

#[cfg(unix)]
fn fork(name: &str) {
    // SAFETY: the child only records, flushes, and ends without destructors.
    let child = unsafe { libc::fork() };
    if child == 0 {
        span(name);
        let flushed = sentry::flush(PATIENCE);
        // SAFETY: the call ends the process.
        unsafe { libc::_exit(i32::from(!flushed)) };
    }
    let mut status = 0;
    // SAFETY: the call waits for the child above, and writes to a local number.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0, "the child flushed");
}

fn main() {
    let guard = sentry::init(sentry::ClientOptions::new().release("shown@1"));
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let (order, text) = line.split_once(' ').unwrap_or((&line, ""));
        match order {
            "span" => span(text),
            "error" => drop(sentry::capture_error(&io::Error::other(text.to_owned()))),
            "log" => sentry::logger_warn!("{}", text),
            #[cfg(unix)]
            "fork" => fork(text),
            "flush" => assert!(sentry::flush(PATIENCE)),
            _ => panic!("there is no order `{order}`"),
        }
        let _ = writeln!(out, "done");
    }
    drop(guard);
}
