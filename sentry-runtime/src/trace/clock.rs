//! The span clock: ticks of the processor's counter if it is reliable, otherwise nanoseconds.
//!
//! Callers only read ticks ([`now`]). The pipeline thread converts them to wall-clock times with an [`Anchor`], a pair
//! of readings taken at the same moment: the counter's rate follows from the time since the clock was started, so the
//! start of a program is not delayed by a calibration.

mod counter;

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A reading of the span clock. Only differences and [`Anchor`]s give it meaning.
pub(crate) type Ticks = u64;

struct ClockOrigin {
    ticks: Ticks,
    instant: Instant,
}

static ORIGIN: OnceLock<ClockOrigin> = OnceLock::new();

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

/// Like [`now`], if ticks are the processor's, otherwise `None`.
#[inline]
pub(crate) fn now_by_counter() -> Option<Ticks> {
    counter::read()
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
    nanoseconds_per_tick: f64,
}

impl Anchor {
    /// Reads both clocks. Meant for the pipeline thread: right after [`start`] it waits briefly, because a rate
    /// measured over microseconds would be wrong by percents.
    pub(crate) fn take() -> Self {
        let Some(origin) = ORIGIN.get() else {
            return Self::at(0, SystemTime::now(), 1.0);
        };
        if let Some(missing) = Duration::from_millis(1).checked_sub(origin.instant.elapsed()) {
            std::thread::sleep(missing);
        }
        Self::read(origin)
    }

    /// Like [`take`](Self::take) for a caller's thread, which does not wait: in the first millisecond the rate is
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
        let passed = ticks.saturating_sub(origin.ticks);
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
        let rate = if passed == 0 { 1.0 } else { elapsed.as_nanos() as f64 / passed as f64 };
        Self::at(ticks, wall, rate)
    }

    fn at(ticks: Ticks, wall: SystemTime, nanoseconds_per_tick: f64) -> Self {
        let since_epoch = wall.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let wall_nanoseconds = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        Self { ticks, wall, wall_nanoseconds, nanoseconds_per_tick }
    }

    /// Returns the duration of a number of ticks.
    pub(crate) fn duration(&self, ticks: u64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "rounded to nanoseconds anyway")]
        let nanoseconds = ticks as f64 * self.nanoseconds_per_tick;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        Duration::from_nanos(nanoseconds as u64)
    }

    /// Returns the wall-clock time of a reading, in microseconds since the Unix epoch.
    pub(crate) fn micros(&self, ticks: Ticks) -> u64 {
        let wall = self.wall_nanoseconds;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the distance to the anchor is rounded to nanoseconds"
        )]
        let away = (self.ticks.abs_diff(ticks) as f64 * self.nanoseconds_per_tick) as u64;
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
        assert_eq!(anchor.micros(u64::MAX), u64::MAX / 1_000);
        let _ = (anchor.wall(u64::MAX), anchor.duration(u64::MAX));
    }

    #[test]
    fn ticks_become_wall_clock_times() {
        start();
        let (before, first) = (SystemTime::now(), now());
        std::thread::sleep(Duration::from_millis(20));
        let (second, anchor) = (now(), Anchor::take());
        let length = anchor.duration(second - first);
        assert!(length >= Duration::from_millis(15), "{length:?}");
        let error = |wall: SystemTime, known: SystemTime| {
            wall.duration_since(known).unwrap_or_else(|earlier| earlier.duration())
        };
        assert!(error(anchor.wall(first), before) < Duration::from_millis(15));
    }
}
