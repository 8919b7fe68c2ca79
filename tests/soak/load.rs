//! The load: typical and faulty work of a busy program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sentry::Level;
use sentry::protocol::{MonitorCheckIn, MonitorCheckInStatus};

use crate::Random;
use crate::balance::Balance;

/// One thread of the load, with its own count of captured items.
pub(crate) struct Load {
    random: Random,
    captured: Balance,
}

#[sentry::span]
fn leaf() {}

#[sentry::span]
fn branch(leaves: u64) {
    for _ in 0..leaves {
        leaf();
    }
}

#[sentry::span]
fn root(branches: u64, leaves: u64) {
    for _ in 0..branches {
        branch(leaves);
    }
}

impl Load {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), captured: Balance::default() }
    }

    /// Works until `stop` is set, and returns the number of captured items.
    pub(crate) fn run(mut self, stop: &AtomicBool) -> Balance {
        while !stop.load(Ordering::Relaxed) {
            self.step();
            // The pause is short enough to fill the queues at times, and long enough that most items arrive.
            std::thread::sleep(Duration::from_millis(self.random.below(40)));
        }
        self.captured
    }

    fn step(&mut self) {
        match self.random.below(40) {
            0 => self.event("keeps", || _ = sentry::capture_message("a message", Level::Info)),
            1 => self.event("keeps", || _ = sentry::capture_error(&std::fmt::Error)),
            2 => self.event("drops", || _ = sentry::capture_message("dropped", Level::Info)),
            3 => self.event("panics", || _ = sentry::capture_message("panics", Level::Info)),
            4 => self.event("keeps", || drop(std::panic::catch_unwind(|| panic!("the load broke")))),
            5 => self.check_in(),
            6 => self.burst(),
            7 => {
                sentry::with_isolation_scope(|| {
                    sentry::set_tag("a", 1);
                    sentry::add_breadcrumb(sentry::Breadcrumb::default());
                });
            }
            _ => self.trace(),
        }
    }

    fn event(&mut self, callback: &str, capture: impl FnOnce()) {
        self.captured.error += 1;
        sentry::with_scope(|scope| scope.set_tag("callback", callback), capture);
    }

    fn trace(&mut self) {
        let (branches, leaves) = (self.random.below(6), self.random.below(8));
        self.captured.transaction += 1;
        // An unsampled trace counts as its root alone, because nothing else of it is recorded.
        let sampled = sentry::start_span("probe", |span| {
            root(branches, leaves);
            span.is_recording()
        });
        self.captured.span += if sampled { 2 + branches + branches * leaves } else { 1 };
    }

    fn check_in(&mut self) {
        if let Ok(check_in) = MonitorCheckIn::new("soak", MonitorCheckInStatus::Ok) {
            self.captured.monitor += 1;
            sentry::capture_check_in(check_in, None);
        }
    }

    /// Captures more items at once than any queue can hold.
    fn burst(&mut self) {
        if self.random.below(20) == 0 {
            for _ in 0..500 {
                self.event("keeps", || _ = sentry::capture_message("one of many", Level::Warning));
                self.trace();
            }
        }
    }
}
