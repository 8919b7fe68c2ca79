//! The span clock: ticks of the processor's counter if it is reliable, otherwise nanoseconds.
//!
//! Callers only read ticks ([`now`]). The pipeline thread converts them to wall-clock times with an [`Anchor`], a pair
//! of readings taken at the same moment. The length of a tick is measured from the start of the clock on ([`calibration`]),
//! so the start of a program is not delayed.

mod calibration;
mod counter;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use calibration::{Calibration, Reading};

/// A reading of the span clock. Only differences and [`Anchor`]s give it meaning.
pub(crate) type Ticks = u64;

struct ClockOrigin {
    ticks: Ticks,
    instant: Instant,
}

static ORIGIN: OnceLock<ClockOrigin> = OnceLock::new();

impl ClockOrigin {
    /// Measures the length of a tick. Later calls check it against the time since the call before. A caller does not
    /// wait for another thread that measures; in the child of a fork without that thread, the known length stays.
    fn measure(&self) {
        /// The time between the first two readings, see [`Anchor::take`].
        const SHORT: Duration = Duration::from_millis(1);
        static CALIBRATION: Mutex<Option<Calibration>> = Mutex::new(None);
        // The thread waits without the lock.
        let earlier = (MEASURED.load(Ordering::Relaxed) == 0).then(|| {
            let reading = self.reading();
            std::thread::sleep(SHORT);
            reading
        });
        let mut calibration = match CALIBRATION.try_lock() {
            Ok(calibration) => calibration,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let nanoseconds = match &mut *calibration {
            Some(calibration) => {
                calibration.advance(self.reading());
                calibration.nanoseconds()
            }
            None => {
                let start = Reading { ticks: self.ticks, spread: 0, elapsed: Duration::ZERO };
                let now = self.reading();
                let begun = Calibration::begin(start, earlier.unwrap_or(start), now);
                calibration.insert(begun).nanoseconds()
            }
        };
        MEASURED.store(nanoseconds.to_bits(), Ordering::Relaxed);
    }

    fn reading(&self) -> Reading {
        let before = now();
        let elapsed = self.instant.elapsed();
        let ticks = now();
        Reading { ticks, spread: ticks.saturating_sub(before), elapsed }
    }
}

/// Chooses the source of ticks and records the time of the choice. Called before the first span can start.
pub(crate) fn start() {
    ORIGIN.get_or_init(|| {
        counter::choose();
        let instant = Instant::now();
        ClockOrigin { ticks: counter::read().unwrap_or(0), instant }
    });
}

/// Returns the current time, in ticks.
#[inline]
pub(crate) fn now() -> Ticks {
    counter::read().unwrap_or_else(nanoseconds)
}

/// Returns whether ticks are those of the processor's counter. The answer does not change once a client has started.
pub(crate) fn is_counter() -> bool {
    counter::read().is_some()
}

/// Like [`now`], if [`is_counter`]; otherwise meaningless.
#[inline]
pub(crate) fn counter() -> Ticks {
    counter::count()
}

#[cold]
#[inline(never)]
fn nanoseconds() -> Ticks {
    let elapsed = ORIGIN.get().map_or(Duration::ZERO, |origin| origin.instant.elapsed());
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

/// One point in time in ticks and on the wall clock, and the length of a tick.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    ticks: Ticks,
    wall: SystemTime,
    /// The same in nanoseconds since the Unix epoch; zero if the clock is set to a time before it.
    wall_nanoseconds: u64,
    /// The nanoseconds of a tick, in units of 2⁻⁴⁸: a multiplication of integers costs less than one of floats with its
    /// two conversions, and the units are small enough for days.
    tick: u64,
}

/// The bits of [`Anchor::tick`] behind the point.
const FRACTION: u32 = 48;
/// The units of [`Anchor::tick`] in a nanosecond.
const UNITS: f64 = 281_474_976_710_656.0;

/// The measured length of a tick in nanoseconds, as the bits of an `f64`; zero until it is known.
static MEASURED: AtomicU64 = AtomicU64::new(0);

impl Anchor {
    /// Reads both clocks. Meant for the pipeline thread: the first call waits a millisecond, because a rate measured over
    /// microseconds would be wrong by percents.
    pub(crate) fn take() -> Self {
        let Some(origin) = ORIGIN.get() else {
            return Self::at(0, SystemTime::now(), 1.0);
        };
        if counter::read().is_some() {
            origin.measure();
        }
        Self::read(origin)
    }

    /// Like [`take`](Self::take) for a caller's thread, which does not wait: before the first call of `take` the rate is
    /// rough.
    pub(crate) fn rough() -> Self {
        match ORIGIN.get() {
            Some(origin) => Self::read(origin),
            None => Self::at(0, SystemTime::now(), 1.0),
        }
    }

    fn read(origin: &ClockOrigin) -> Self {
        let elapsed = origin.instant.elapsed();
        let (ticks, wall) = (now(), SystemTime::now());
        let measured = f64::from_bits(MEASURED.load(Ordering::Relaxed));
        let passed = ticks.saturating_sub(origin.ticks);
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
        let rate = if counter::read().is_none() {
            1.0
        } else if measured > 0.0 {
            measured
        } else if passed == 0 {
            1.0
        } else {
            elapsed.as_nanos() as f64 / passed as f64
        };
        Self::at(ticks, wall, rate)
    }

    fn at(ticks: Ticks, wall: SystemTime, nanoseconds_per_tick: f64) -> Self {
        let since_epoch = wall.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let wall_nanoseconds = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let tick = (nanoseconds_per_tick * UNITS).round() as u64;
        Self { ticks, wall, wall_nanoseconds, tick }
    }

    /// Returns the nanoseconds of a number of ticks.
    fn nanoseconds(&self, ticks: u64) -> u64 {
        let nanoseconds = (u128::from(ticks) * u128::from(self.tick)) >> FRACTION;
        u64::try_from(nanoseconds).unwrap_or(u64::MAX)
    }

    /// Returns an anchor with the wall clock of an earlier time.
    #[cfg(test)]
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    pub(crate) fn earlier(&self, by: Duration) -> Self {
        Self::at(self.ticks, self.wall - by, self.tick as f64 / UNITS)
    }

    /// Returns the duration of a number of ticks.
    pub(crate) fn duration(&self, ticks: u64) -> Duration {
        Duration::from_nanos(self.nanoseconds(ticks))
    }

    /// Returns the wall-clock time of a reading, in microseconds since the Unix epoch.
    pub(crate) fn micros(&self, ticks: Ticks) -> u64 {
        let wall = self.wall_nanoseconds;
        let away = self.nanoseconds(self.ticks.abs_diff(ticks));
        let nanoseconds =
            if ticks <= self.ticks { wall.saturating_sub(away) } else { wall.saturating_add(away) };
        nanoseconds / 1000
    }

    /// Returns the wall-clock time of a reading.
    pub(crate) fn wall(&self, ticks: Ticks) -> SystemTime {
        let moved = if ticks <= self.ticks {
            self.wall.checked_sub(self.duration(self.ticks - ticks))
        } else {
            self.wall.checked_add(self.duration(ticks - self.ticks))
        };
        moved.unwrap_or(self.wall)
    }
}

/// A time: read from the span clock, or given by the user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start {
    Ticks(Ticks),
    Wall(SystemTime),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_before_1970_gives_times_all_the_same() {
        let wall = UNIX_EPOCH - Duration::from_secs(86_400);
        let anchor = Anchor::at(1_000, wall, 1.0);
        assert_eq!((anchor.micros(0), anchor.micros(1_000_000)), (0, 999));
        assert_eq!(anchor.wall(0), wall - Duration::from_nanos(1_000));
        // A counter that jumps only changes a time.
        assert_eq!(anchor.micros(u64::MAX), (u64::MAX - 1_000) / 1_000);
        let _ = (anchor.wall(u64::MAX), anchor.duration(u64::MAX));
    }

    #[test]
    fn a_tick_of_any_length_keeps_its_length_over_a_day() {
        let wall = UNIX_EPOCH + Duration::from_secs(1_795_239_248);
        const DAY: Duration = Duration::from_secs(86_400);
        // Ticks of 5 GHz, 3 GHz, 24 MHz, a nanosecond and a microsecond.
        for nanoseconds in [0.2, 1.0 / 3.0, 1e9 / 24e6, 1.0, 1000.0] {
            let anchor = Anchor::at(1 << 60, wall, nanoseconds);
            let day = (DAY.as_nanos() as f64 / nanoseconds) as u64;
            let error = anchor.duration(day).abs_diff(DAY);
            assert!(error < Duration::from_micros(1), "{nanoseconds}: {error:?}");
            let (micros, earlier) = (anchor.micros((1 << 60) - day), wall - DAY);
            let since = earlier.duration_since(UNIX_EPOCH).unwrap();
            assert!(u128::from(micros).abs_diff(since.as_micros()) <= 1, "{nanoseconds}");
            // Both ways of reading a time agree.
            let same = anchor.wall((1 << 60) - day).duration_since(UNIX_EPOCH).unwrap();
            assert_eq!(u128::from(micros), same.as_micros());
        }
        let huge = Anchor::at(0, wall, f64::MAX);
        assert_eq!(huge.duration(u64::MAX), Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn ticks_become_wall_clock_times() {
        start();
        let error = || {
            let (before, first) = (SystemTime::now(), now());
            std::thread::sleep(Duration::from_millis(20));
            let (second, anchor) = (now(), Anchor::take());
            let length = anchor.duration(second - first);
            assert!(length >= Duration::from_millis(15), "{length:?}");
            anchor.wall(first).duration_since(before).unwrap_or_else(|earlier| earlier.duration())
        };
        // A busy machine may interrupt the thread between two readings, but not each time.
        let errors: Vec<_> =
            (0..50).map(|_| error()).take_while(|off| *off >= Duration::from_millis(15)).collect();
        assert!(errors.len() < 50, "{errors:?}");
    }
}
