//! The soak test: mixed load against a server that fails at random, and a balance at the end.
//!
//! `cargo run --release -p sentry-tests --bin soak -- [seconds] [seed]` runs for a minute by default. Every captured
//! item must be received or counted as dropped, per category; the memory must not grow; no rule of the protocol may be
//! broken. Otherwise the program ends with 1. `load.rs` contains the load, `balance.rs` the balance.

mod balance;
mod load;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sentry_tests::{Answer, FakeSentry};

use balance::{Balance, Memory, Received};
use load::Load;

/// A small random number generator: the same seed produces the same numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below the bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 29)) % bound
    }
}

/// Returns the server's answer for the next moment; most of the time it accepts everything.
fn mood(random: &mut Random) -> Answer {
    match random.below(12) {
        0 => Answer::status(500),
        1 => Answer::status(503).header("Retry-After", "1"),
        2 => Answer::status(429).header("X-Sentry-Rate-Limits", "1:transaction:key"),
        3 => Answer::ok().header("X-Sentry-Rate-Limits", "1:error;monitor:organization"),
        4 => Answer::hangup(),
        5 => Answer::cut_short(),
        6 => Answer::status(413),
        7 => Answer::ok().delay(Duration::from_millis(200)),
        _ => Answer::ok(),
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().ok());
    let seconds = arguments.next().flatten().unwrap_or(60);
    let seed = arguments.next().flatten().unwrap_or(7);
    let server = FakeSentry::start();
    let options = sentry::ClientOptions::new()
        .dsn(&server.dsn())
        .release("soak@1")
        .environment("soak")
        .local(false)
        .spotlight(false)
        .traces_sample_rate(0.9)
        .shutdown_timeout(Duration::from_secs(30))
        .before_send(|event| match event.tags.get("callback").map(String::as_str) {
            Some("drops") => None,
            Some("panics") => panic!("before_send broke"),
            _ => Some(event),
        });
    // The panics of the callback and of the load are expected, so they are not printed.
    std::panic::set_hook(Box::new(|_| ()));
    let guard = sentry::init(options);
    let client = Arc::clone(&guard);

    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || Load::new(seed + number).run(&stop))
        })
        .collect();

    let (mut random, mut memory, mut received) = (Random::new(seed), Memory::default(), Received::default());
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        server.answer_all(mood(&mut random));
        std::thread::sleep(Duration::from_millis(100 + random.below(400)));
        // Received items are counted and deleted, so that the measured memory is that of the toolkit.
        received.take(&server);
        memory.note(started.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let mut captured = Balance::default();
    for thread in threads {
        match thread.join() {
            Ok(own) => captured.add(&own),
            Err(_) => println!("a thread of the load broke: its part is missing"),
        }
    }
    server.answer_all(Answer::ok());
    let flushed = sentry::flush(Duration::from_secs(60));
    drop(guard);
    received.take(&server);

    println!("{seconds} s, seed {seed}, everything was sent: {flushed}");
    let books = received.compare(&captured, &client.stats());
    let flat = memory.judge();
    if flushed && books && flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
