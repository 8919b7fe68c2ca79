//! The balance: numbers of captured, received and dropped items, and the memory of the process.

use std::time::Duration;

use sentry::Stats;
use sentry::protocol::DataCategory;
use sentry_tests::FakeSentry;

/// Items by category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Balance {
    pub(crate) error: u64,
    pub(crate) transaction: u64,
    pub(crate) span: u64,
    pub(crate) monitor: u64,
}

impl Balance {
    pub(crate) fn add(&mut self, other: &Self) {
        self.error += other.error;
        self.transaction += other.transaction;
        self.span += other.span;
        self.monitor += other.monitor;
    }

    fn rows(&self) -> [(DataCategory, u64); 4] {
        [
            (DataCategory::Error, self.error),
            (DataCategory::Transaction, self.transaction),
            (DataCategory::Span, self.span),
            (DataCategory::Monitor, self.monitor),
        ]
    }
}

/// The items that the server accepted, and the losses that client reports named.
#[derive(Debug, Default)]
pub(crate) struct Received {
    taken: Balance,
    reported: Vec<(String, String, u64)>,
    violations: Vec<String>,
    requests: usize,
}

impl Received {
    /// Counts the items that have arrived, and deletes them from the server.
    pub(crate) fn take(&mut self, server: &FakeSentry) {
        let (items, requests, violations) = server.take();
        self.requests += requests;
        self.violations.extend(violations);
        for item in items {
            match item.header["type"].as_str() {
                Some("event") => self.taken.error += 1,
                Some("check_in") => self.taken.monitor += 1,
                Some("transaction") => {
                    self.taken.transaction += 1;
                    self.taken.span +=
                        1 + item.payload["spans"].as_array().map_or(0, |spans| spans.len() as u64);
                }
                Some("client_report") => {
                    for entry in item.payload["discarded_events"].as_array().into_iter().flatten() {
                        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
                        let quantity = entry["quantity"].as_u64().unwrap_or_default();
                        self.reported.push((text("reason"), text("category"), quantity));
                    }
                }
                _ => {}
            }
        }
    }

    /// Prints the balance, and returns whether no item is missing and no rule was broken.
    pub(crate) fn compare(&self, captured: &Balance, stats: &Stats) -> bool {
        println!("{} requests", self.requests);
        println!(
            "{:>12} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "category", "captured", "received", "dropped", "reported", "missing"
        );
        let mut right = self.violations.is_empty();
        for ((category, captured), (_, received)) in captured.rows().into_iter().zip(self.taken.rows()) {
            let of = |entry: &&sentry::protocol::DiscardedEvents| entry.category == category;
            let dropped = stats.dropped.iter().filter(of).map(|entry| entry.quantity).sum::<u64>();
            let reported = self
                .reported
                .iter()
                .filter(|(_, name, _)| name == category.as_str())
                .map(|(_, _, quantity)| quantity)
                .sum::<u64>();
            let missing = i128::from(captured) - i128::from(received) - i128::from(dropped);
            println!(
                "{:>12} {captured:>9} {received:>9} {dropped:>9} {reported:>9} {missing:>9}",
                category.as_str()
            );
            right &= missing == 0;
        }
        for entry in &stats.dropped {
            println!("    {:>9} of {} dropped: {:?}", entry.quantity, entry.category.as_str(), entry.reason);
        }
        for violation in &self.violations {
            println!("    {violation}");
        }
        right
    }
}

/// The resident memory of the process over time.
#[derive(Debug, Default)]
pub(crate) struct Memory(Vec<(Duration, u64)>);

impl Memory {
    pub(crate) fn note(&mut self, at: Duration) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        if let Some(kilobytes) = line.and_then(|line| line.split_whitespace().next()?.parse().ok()) {
            self.0.push((at, kilobytes));
        }
    }

    /// Prints the peaks, and returns whether the second half needed about as much memory as the first. Leaked memory
    /// grows with time, bounded memory does not.
    pub(crate) fn judge(&self) -> bool {
        // The start loads code, symbols and buffers, so it is left out.
        let settled = &self.0[self.0.len() / 6..];
        let (first, second) = settled.split_at(settled.len() / 2);
        let most =
            |part: &[(Duration, u64)]| part.iter().map(|(_, kilobytes)| *kilobytes).max().unwrap_or_default();
        let (first, second) = (most(first), most(second));
        println!("memory: at most {first} kB in the first half, {second} kB in the second");
        second <= first + first / 5 + 16_384
    }
}
