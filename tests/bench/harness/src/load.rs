//! The load of the end-to-end runs: creates transactions for a sink, and reports their cost.

use std::time::{Duration, Instant};

use crate::{clock, process};

/// The number of spans of a transaction, including its root.
pub const TRANSACTION: u64 = 100;

/// The number of spans to create, their sink, and their rate.
#[derive(Debug)]
pub struct Load {
    /// The address of the sink: `http://host:port`.
    pub url: String,
    /// Whether bodies are compressed, if the contender can.
    pub gzip: bool,
    spans: u64,
    per_second: u64,
}

impl Load {
    pub(crate) fn new(url: &str, spans: u64, per_second: u64, gzip: bool) -> Self {
        Self { url: url.to_owned(), gzip, spans, per_second }
    }

    /// Returns host and port of the sink.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// Calls `transaction` until all spans are created, then `finish`, which delivers them, and prints one line of
    /// JSON. `finish` returns the number of spans that the contender counts as lost.
    pub fn run(&self, mut transaction: impl FnMut(), finish: impl FnOnce() -> Option<u64>) {
        let (start, cpu) = (Instant::now(), clock::process_cpu());
        for made in 0..self.spans / TRANSACTION {
            if self.per_second > 0 {
                let due = Duration::from_secs_f64((made * TRANSACTION) as f64 / self.per_second as f64);
                // A service is idle in short pauses: sleep when a millisecond ahead of the rate.
                if let Some(early) =
                    due.checked_sub(start.elapsed()).filter(|early| early.as_micros() >= 1000)
                {
                    std::thread::sleep(early);
                }
            }
            transaction();
        }
        let generated = start.elapsed();
        let known_lost = finish();
        println!(
            "{{\"spans\":{},\"cpu_s\":{:.6},\"generate_s\":{:.6},\"wall_s\":{:.6},\"peak_kib\":{},\"known_lost\":{}}}",
            self.spans,
            (clock::process_cpu() - cpu) as f64 / 1e9,
            generated.as_secs_f64(),
            start.elapsed().as_secs_f64(),
            process::peak_memory_kib(),
            known_lost.map_or_else(|| "null".to_owned(), |lost| lost.to_string()),
        );
    }
}
