//! Crontab schedules as Sentry's server takes them: five fields with names, lists, ranges, steps, `L`, `LW`, `5L` and
//! `MON#2`, or one of the `@` words.
//!
//! [`check`] returns the canonical text: one space between fields, names in capitals, words such as `@daily` written out.
//! [`Crontab`] is what the fields select. Both reject what the server rejects: six fields, `@reboot`, ranges that run
//! backwards, days that no month has, and crontabs that never run.
//!
//! The server reads crontabs with the Python library [`cronsim`](https://github.com/cuu508/cronsim). No crate has the
//! same rules, and those that are close depend on a calendar with time zones; a proc macro should build quickly.

mod error;
mod field;
#[cfg(test)]
mod tests;

pub use error::CrontabError;

use crate::calendar::{self, Date};
use field::{FIELDS, Selection};

/// The `@` words and their five fields.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The times that a crontab selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crontab {
    fields: [Selection; 5],
    /// Whether the minute or the hour begins with `*`.
    follows_the_clock: bool,
    /// Whether a day must match both the day of month and the day of week. Otherwise one of them is enough.
    needs_both_days: bool,
}

/// Checks a crontab and returns its canonical form: five fields with one space between them.
///
/// ```
/// use sentry_rules::crontab::check;
/// assert_eq!(check("@weekly").unwrap(), "0 0 * * 0");
/// assert_eq!(check("*/5  9-17 L jan mon-fri").unwrap(), "*/5 9-17 L JAN MON-FRI");
/// assert!(check("0 25 * * *").unwrap_err().to_string().contains("hour"));
/// ```
///
/// # Errors
/// Returns the first error from left to right.
pub fn check(crontab: &str) -> Result<String, CrontabError> {
    let parts = parts(crontab)?;
    Crontab::read(&parts)?;
    Ok(parts.join(" ").to_ascii_uppercase())
}

/// Returns the five fields, those of a word written out.
fn parts(crontab: &str) -> Result<[&str; 5], CrontabError> {
    let crontab = crontab.trim();
    let fields = if crontab.starts_with('@') {
        let word = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(crontab));
        word.map(|(_, fields)| *fields).ok_or_else(|| CrontabError::Word {
            word: crontab.to_owned(),
            suggestion: crate::nearest(crontab, WORDS.iter().map(|&(known, _)| known)),
        })?
    } else {
        crontab
    };
    let parts: Vec<&str> = fields.split_whitespace().collect();
    parts.try_into().map_err(|parts: Vec<&str>| CrontabError::FieldCount {
        crontab: crontab.to_owned(),
        count: parts.len(),
    })
}

impl Crontab {
    /// Reads a crontab.
    ///
    /// # Errors
    /// Returns the first error from left to right.
    pub fn parse(crontab: &str) -> Result<Self, CrontabError> {
        Self::read(&parts(crontab)?)
    }

    fn read(parts: &[&str; 5]) -> Result<Self, CrontabError> {
        let mut fields = [Selection::default(); 5];
        for ((field, part), selection) in FIELDS.iter().zip(parts).zip(&mut fields) {
            *selection = field.read(part)?;
        }
        let [minute, hour, day, month, weekday] = *parts;
        let crontab = Self {
            fields,
            follows_the_clock: minute.starts_with('*') || hour.starts_with('*'),
            needs_both_days: day.starts_with('*') || weekday.starts_with('*'),
        };
        // Versions of `cronsim` before 2.8 reject such a day even if the day of week alone would be enough.
        if !crontab.has_a_day() {
            return Err(CrontabError::NeverRuns { day: day.to_owned(), month: month.to_owned() });
        }
        // Every year type, from its first weekday and its length, occurs in 28 years.
        let start = Date { year: 2000, month: 1, day: 1 }.to_day();
        if crontab.next_day(start, 2027).is_none() {
            return Err(CrontabError::NeverMeets { day: day.to_owned(), weekday: weekday.to_owned() });
        }
        Ok(crontab)
    }

    /// Returns whether one of the months has one of the days.
    fn has_a_day(&self) -> bool {
        let [_, _, days, months, _] = &self.fields;
        let longest = (1..=12).filter(|month| months.values & (1 << month) != 0);
        let longest = longest.map(|month| calendar::month_length(2000, month)).max();
        days.last
            || days.last_workday
            || longest.is_some_and(|longest| days.values.trailing_zeros() <= u32::from(longest))
    }

    /// Returns whether the minute or the hour begins with `*`. Such jobs follow the clock when it is changed; others run
    /// once a day.
    pub(crate) fn follows_the_clock(&self) -> bool {
        self.follows_the_clock
    }

    /// Returns the minutes of a day at which the job runs, in order.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        let [minutes, hours, ..] = &self.fields;
        let hours = (0..24).filter(move |hour| hours.values & (1 << hour) != 0);
        hours.flat_map(move |hour| {
            (0..60)
                .filter(move |minute| minutes.values & (1 << minute) != 0)
                .map(move |minute| hour * 60 + minute)
        })
    }

    /// Returns the first day from `day` on that matches, until the end of a year.
    pub(crate) fn next_day(&self, mut day: i64, last_year: i64) -> Option<i64> {
        loop {
            let date = Date::of(day);
            if date.year > last_year {
                return None;
            }
            if self.fields[3].values & (1 << date.month) == 0 {
                day += i64::from(date.month_length() - date.day) + 1;
            } else if self.is_day(day, date) {
                return Some(day);
            } else {
                day += 1;
            }
        }
    }

    fn is_day(&self, day: i64, date: Date) -> bool {
        let [_, _, days, _, weekdays] = &self.fields;
        let weekday = calendar::weekday(day);
        let left = date.month_length() - date.day;
        let is_last_workday = match weekday {
            0 | 6 => false,
            5 => left <= 2,
            _ => left == 0,
        };
        let of_month = days.values & (1 << date.day) != 0
            || (days.last && left == 0)
            || (days.last_workday && is_last_workday);
        // Sunday is both 0 and 7.
        let is_weekday = |number: u8| {
            let nth = date.day.div_ceil(7);
            weekdays.values & (1 << number) != 0
                || (left < 7 && weekdays.last_of & (1 << number) != 0)
                || weekdays.nth_of[usize::from(number)] & (1 << nth) != 0
        };
        let of_week = is_weekday(weekday) || (weekday == 0 && is_weekday(7));
        if self.needs_both_days { of_month && of_week } else { of_month || of_week }
    }
}
