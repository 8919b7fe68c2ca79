//! When a job of a schedule runs next, as Sentry's server computes it.
//!
//! The server evaluates crontabs with the Python library `cronsim`, which follows Debian's cron where clocks are changed,
//! and intervals with `dateutil.rrule` on the local clock.
//!
//! Times are seconds since 1970-01-01 UTC. A time zone is a function that returns the offset of local time from UTC, in
//! seconds, at such a time.

use crate::calendar::{DAY, Date, LAST_YEAR, month_length};
use crate::crontab::Crontab;

#[cfg(test)]
mod tests;

/// A time zone: the offset of local time from UTC, in seconds, at a time.
pub type Zone<'a> = &'a dyn Fn(i64) -> i64;

/// The number of years after which the search for a run ends, as in `cronsim`.
const YEARS: i64 = 50;

/// The longest gap in a local clock that is looked for, in minutes: two days, because Samoa left out one.
const GAP: i64 = 2_880;

/// Returns the first run of a crontab after a time, or `None` if there is none in the next 50 years.
pub fn of_crontab(crontab: &Crontab, after: i64, zone: Zone<'_>) -> Option<i64> {
    let local = local_time(after, zone)?;
    if crontab.follows_the_clock() {
        by_instants(crontab, after, local, zone)
    } else {
        once(crontab, after, local, zone)
    }
}

/// Returns the first time after `after` that is `value` units later on the local clock, without its seconds.
///
/// A month or a year later means the same day of the month: months without that day are skipped. Returns `None` for
/// an unknown unit, for a `value` of 0, and after the year 9999.
pub fn of_interval(value: u64, unit: &str, after: i64, zone: Zone<'_>) -> Option<i64> {
    let value = i64::try_from(value).ok().filter(|value| *value > 0)?;
    let local = local_time(after, zone)?;
    let later = |seconds: i64| local.checked_add(value.checked_mul(seconds)?);
    let local = match unit {
        "minute" => later(60),
        "hour" => later(3_600),
        "day" => later(DAY),
        "week" => later(7 * DAY),
        "month" => months_later(local, value),
        "year" => months_later(local, value.checked_mul(12)?),
        _ => None,
    }?;
    is_in_calendar(local).then_some(())?;
    let at = instants(local, zone).into_iter().flatten().find(|at| *at > after);
    // A local time that does not exist is read with the offset before the gap.
    Some(at.unwrap_or_else(|| local - zone(local - DAY)) - local.rem_euclid(60))
}

fn local_time(at: i64, zone: Zone<'_>) -> Option<i64> {
    at.checked_add(zone(at)).filter(|local| is_in_calendar(*local))
}

fn is_in_calendar(local: i64) -> bool {
    (1..=LAST_YEAR).contains(&Date::of(local.div_euclid(DAY)).year)
}

/// Jobs at fixed times run once a day: at the first of two equal local times, and at the end of a gap that contains the
/// time.
fn once(crontab: &Crontab, after: i64, local: i64, zone: Zone<'_>) -> Option<i64> {
    let last_year = last_year(local);
    let mut local = local;
    // A run lies before `after` only in the hours after a clock was set back.
    for _ in 0..GAP {
        local = next_local(crontab, local, last_year)?;
        let at = (0..GAP).find_map(|minutes| instants(local + minutes * 60, zone)[0])?;
        if at > after {
            return Some(at);
        }
    }
    None
}

/// Jobs whose minute or hour begins with `*` run at every time that matches, twice if the clock shows it twice.
fn by_instants(crontab: &Crontab, after: i64, local: i64, zone: Zone<'_>) -> Option<i64> {
    let last_year = last_year(local);
    let mut day = local.div_euclid(DAY);
    loop {
        day = crontab.next_day(day, last_year)?;
        let midnight = day * DAY;
        let mut times = crontab.times().map(|minute| midnight + minute * 60);
        let (before, behind) = (zone(midnight - DAY), zone(midnight + 2 * DAY));
        let at = if before == behind {
            times.map(|time| time - before).find(|at| *at > after)
        } else {
            times.by_ref().flat_map(|time| instants(time, zone)).flatten().filter(|at| *at > after).min()
        };
        if at.is_some() {
            return at;
        }
        day += 1;
    }
}

/// Returns the next local time after `local` that matches.
fn next_local(crontab: &Crontab, local: i64, last_year: i64) -> Option<i64> {
    let today = local.div_euclid(DAY);
    let day = crontab.next_day(today, last_year)?;
    if day == today
        && let Some(time) = crontab.times().map(|minute| day * DAY + minute * 60).find(|time| *time > local)
    {
        return Some(time);
    }
    let day = if day == today { crontab.next_day(today + 1, last_year)? } else { day };
    crontab.times().next().map(|minute| day * DAY + minute * 60)
}

fn last_year(local: i64) -> i64 {
    Date::of(local.div_euclid(DAY)).year.saturating_add(YEARS).min(LAST_YEAR)
}

/// Returns the times at which the local clock shows `local`, the earlier one first: none in a gap, two if the clock was
/// set back.
fn instants(local: i64, zone: Zone<'_>) -> [Option<i64>; 2] {
    let (before, behind) = (zone(local - DAY), zone(local + DAY));
    let valid = |offset: i64| Some(local - offset).filter(|at| zone(*at) == offset);
    let other = if before == behind { None } else { valid(behind) };
    match (valid(before), other) {
        (Some(one), Some(two)) => [Some(one.min(two)), Some(one.max(two))],
        (one, two) => [one.or(two), None],
    }
}

/// Returns the same day and time, `step` months later, or a multiple of `step` if that month does not have the day.
fn months_later(local: i64, step: i64) -> Option<i64> {
    let Date { year, month, day } = Date::of(local.div_euclid(DAY));
    let mut months = year.checked_mul(12)?.checked_add(i64::from(month) - 1)?;
    loop {
        months = months.checked_add(step)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u8 + 1);
        if year > LAST_YEAR {
            return None;
        }
        if day <= month_length(year, month) {
            return Some(Date { year, month, day }.to_day() * DAY + local.rem_euclid(DAY));
        }
    }
}
