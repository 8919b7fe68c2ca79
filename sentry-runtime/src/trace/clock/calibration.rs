//! The length of a tick, measured against the system's monotonic clock.
//!
//! The longer the time between two readings, the more precise is the length that follows from them, as long as both
//! clocks run. While a machine is suspended, one of them may run on while the other one stands still, and the counter
//! may begin anew. So each reading is compared with what the known length of a tick predicts. If they disagree, the
//! time in between is left out: the known length stays, and the measurement begins anew.
//!
//! A machine that is moved to another host while it runs may get a counter of another rate. Its readings disagree with the
//! prediction again and again, and with each other they agree: then the new length is taken.

use std::time::Duration;

use super::Ticks;

/// The largest fraction by which the monotonic clock may run faster or slower than before: twice what Linux permits
/// when it corrects its clock by that of another machine.
const DRIFT: f64 = 0.001;
/// The error of a reading of the monotonic clock, in nanoseconds: its resolution is finer on every system.
const RESOLUTION: f64 = 1_000.0;

/// A reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// The counter, right after the monotonic clock was read.
    pub(super) ticks: Ticks,
    /// The ticks that the reading took: its thread may have been interrupted.
    pub(super) spread: u64,
    /// The time of the monotonic clock since an arbitrary moment.
    pub(super) elapsed: Duration,
}

/// The time between two readings.
struct Interval {
    nanoseconds: f64,
    ticks: f64,
    /// The ticks by which the interval may be longer or shorter.
    spread: f64,
}

impl Interval {
    /// Returns the time between two readings; `None` if the counter did not advance, or began anew.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    fn between(from: &Reading, to: &Reading) -> Option<Self> {
        Some(Self {
            nanoseconds: to.elapsed.saturating_sub(from.elapsed).as_nanos() as f64,
            ticks: to.ticks.checked_sub(from.ticks).filter(|ticks| *ticks > 0)? as f64,
            spread: (from.spread + to.spread) as f64,
        })
    }

    /// Returns the length of a tick and its relative error.
    fn measured(&self) -> Tick {
        let nanoseconds = self.nanoseconds / self.ticks;
        Tick { nanoseconds, error: self.spread / self.ticks + RESOLUTION / self.nanoseconds.max(1.0) }
    }

    /// Returns whether the monotonic clock shows what a tick of a length predicts.
    fn fits(&self, tick: Tick) -> bool {
        let off = (self.nanoseconds - self.ticks * tick.nanoseconds).abs();
        off <= self.nanoseconds * (DRIFT + tick.error) + self.spread * tick.nanoseconds + RESOLUTION
    }
}

/// The length of a tick.
#[derive(Debug, Clone, Copy)]
struct Tick {
    nanoseconds: f64,
    /// The largest relative error of the length.
    error: f64,
}

/// The measurement.
#[derive(Debug)]
pub(super) struct Calibration {
    tick: Tick,
    /// The reading with which the measurement began.
    base: Reading,
    last: Reading,
    /// The length of a tick by the last interval, if it did not fit.
    other: Option<Tick>,
}

impl Calibration {
    /// Begins with three readings: one at the start of the clock, and two of now with a short time in between. The
    /// machine may have been suspended since the start, and hardly ever between the other two.
    pub(super) fn begin(start: Reading, first: Reading, second: Reading) -> Self {
        let rough = Interval::between(&first, &second).map(|now| now.measured());
        let tick = rough.unwrap_or(Tick { nanoseconds: 1.0, error: f64::INFINITY });
        let mut begun = Self { tick, base: first, last: second, other: None };
        if Interval::between(&start, &second).is_some_and(|whole| whole.fits(tick)) {
            begun.base = start;
            begun.refine();
        }
        begun
    }

    /// Returns the nanoseconds of a tick.
    pub(super) fn nanoseconds(&self) -> f64 {
        self.tick.nanoseconds
    }

    /// Takes a further reading into account.
    pub(super) fn advance(&mut self, now: Reading) {
        let interval = Interval::between(&self.last, &now);
        let before = std::mem::replace(&mut self.last, now);
        let Some(interval) = interval else {
            // Two readings of the same tick measure nothing.
            if now.ticks != before.ticks {
                self.base = now;
            }
            return;
        };
        if interval.fits(self.tick) {
            self.other = None;
            return self.refine();
        }
        let measured = interval.measured();
        if self.other.take().is_some_and(|other| interval.fits(other)) {
            (self.tick, self.base) = (measured, before);
        } else {
            self.base = now;
            self.other = Some(measured).filter(|other| other.error < DRIFT);
        }
    }

    /// Measures from the beginning, if that is more precise than what is known.
    fn refine(&mut self) {
        let whole = Interval::between(&self.base, &self.last).map(|whole| whole.measured());
        if let Some(whole) = whole.filter(|whole| whole.error < self.tick.error) {
            self.tick = whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clocks that tests move.
    struct Clocks {
        /// The nanoseconds of a tick.
        tick: f64,
        reading: Reading,
    }

    impl Clocks {
        fn new(tick: f64) -> Self {
            let elapsed = Duration::from_secs(5);
            Self { tick, reading: Reading { ticks: 1 << 40, spread: 60, elapsed } }
        }

        /// Lets time pass for both clocks.
        fn pass(&mut self, time: Duration) -> Reading {
            self.counter_alone(time);
            self.reading.elapsed += time;
            self.reading
        }

        /// Lets the counter run while the monotonic clock stands still.
        fn counter_alone(&mut self, time: Duration) {
            self.reading.ticks += (time.as_nanos() as f64 / self.tick) as u64;
        }

        /// A calibration that has run for a while.
        fn calibrated(&mut self) -> Calibration {
            let start = self.reading;
            let (first, second) = (self.pass(HOUR), self.pass(SHORT));
            let mut calibration = Calibration::begin(start, first, second);
            (0..10).for_each(|_| calibration.advance(self.pass(Duration::from_secs(60))));
            calibration
        }

        #[track_caller]
        fn check(&self, calibration: &Calibration, error: f64) {
            let off = (calibration.nanoseconds() / self.tick - 1.0).abs();
            assert!(off <= error, "{} instead of {}", calibration.nanoseconds(), self.tick);
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(1);
    /// Ticks of 3 GHz and of 24 MHz.
    const TICKS: [f64; 2] = [1.0 / 3.0, 1e9 / 24e6];

    #[test]
    fn a_suspend_in_which_the_counter_runs_on_leaves_the_length_of_a_tick() {
        for tick in TICKS {
            let mut clocks = Clocks::new(tick);
            let mut calibration = clocks.calibrated();
            for _ in 0..5 {
                clocks.counter_alone(8 * HOUR);
                (0..10).for_each(|_| {
                    calibration.advance(clocks.pass(Duration::from_secs(60)));
                    clocks.check(&calibration, 1e-6);
                });
            }
        }
    }

    #[test]
    fn a_suspend_in_which_the_monotonic_clock_runs_on_leaves_the_length_of_a_tick() {
        for tick in TICKS {
            let mut clocks = Clocks::new(tick);
            let mut calibration = clocks.calibrated();
            clocks.reading.elapsed += 8 * HOUR;
            (0..10).for_each(|_| {
                calibration.advance(clocks.pass(Duration::from_secs(1)));
                clocks.check(&calibration, 1e-6);
            });
        }
    }

    #[test]
    fn a_counter_that_begins_anew_leaves_the_length_of_a_tick() {
        for tick in TICKS {
            let mut clocks = Clocks::new(tick);
            let mut calibration = clocks.calibrated();
            clocks.reading.ticks = 7;
            (0..10).for_each(|_| {
                calibration.advance(clocks.pass(Duration::from_secs(1)));
                clocks.check(&calibration, 1e-6);
            });
        }
    }

    #[test]
    fn a_suspend_before_the_first_measurement_is_left_out() {
        for tick in TICKS {
            let mut clocks = Clocks::new(tick);
            let start = clocks.pass(SHORT);
            clocks.counter_alone(8 * HOUR);
            let (first, second) = (clocks.pass(HOUR), clocks.pass(SHORT));
            let mut calibration = Calibration::begin(start, first, second);
            clocks.check(&calibration, 0.005);
            calibration.advance(clocks.pass(HOUR));
            clocks.check(&calibration, 1e-6);
        }
    }

    #[test]
    fn suspends_between_all_readings_leave_the_length_of_a_tick() {
        let mut clocks = Clocks::new(TICKS[0]);
        let mut calibration = clocks.calibrated();
        for minutes in 1..50 {
            clocks.counter_alone(Duration::from_secs(60 * minutes));
            calibration.advance(clocks.pass(Duration::from_secs(60)));
            clocks.check(&calibration, 1e-6);
        }
    }

    #[test]
    fn a_counter_with_another_rate_is_followed() {
        let mut clocks = Clocks::new(TICKS[0]);
        let mut calibration = clocks.calibrated();
        clocks.tick = 0.4;
        (0..3).for_each(|_| calibration.advance(clocks.pass(Duration::from_secs(1))));
        clocks.check(&calibration, 1e-5);
    }

    #[test]
    fn a_clock_that_is_corrected_slowly_is_followed() {
        let mut clocks = Clocks::new(TICKS[0]);
        let mut calibration = clocks.calibrated();
        clocks.tick *= 1.0005;
        (0..1000).for_each(|_| calibration.advance(clocks.pass(Duration::from_secs(60))));
        assert!(calibration.other.is_none());
        clocks.check(&calibration, 0.0005);
    }

    #[test]
    fn a_thread_that_was_interrupted_while_it_read_is_no_suspend() {
        let mut clocks = Clocks::new(TICKS[0]);
        let start = clocks.reading;
        // The counter was read ten milliseconds after the clock.
        let elapsed = clocks.reading.elapsed;
        let first = Reading { elapsed, spread: 30_000_000, ..clocks.pass(Duration::from_millis(10)) };
        let second = clocks.pass(SHORT);
        let mut calibration = Calibration::begin(start, first, second);
        (0..100).for_each(|_| calibration.advance(clocks.pass(Duration::from_millis(100))));
        clocks.check(&calibration, 0.002);
    }

    #[test]
    fn clocks_that_stand_still_are_survived() {
        let mut clocks = Clocks::new(TICKS[0]);
        let same = clocks.reading;
        let mut calibration = Calibration::begin(same, same, same);
        calibration.advance(same);
        assert_eq!(calibration.nanoseconds(), 1.0);
        calibration.advance(clocks.pass(HOUR));
        calibration.advance(clocks.pass(HOUR));
        clocks.check(&calibration, 1e-6);
    }
}
