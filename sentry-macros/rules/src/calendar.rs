//! The Gregorian calendar, as far as schedules need it. Days are counted from 1970-01-01.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// The last year that the server's calendar has.
pub(crate) const LAST_YEAR: i64 = 9_999;

/// Days from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 719_162;

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub year: i64,
    /// From 1 to 12.
    pub month: u8,
    /// From 1 to 31.
    pub day: u8,
}

impl Date {
    /// Returns the date of a day.
    pub(crate) fn of(day: i64) -> Self {
        let days = day.saturating_add(EPOCH);
        // The mean length of a year gives one of the two years before: leap days are never a whole day ahead of it.
        let mut year = (i128::from(days) * 400).div_euclid(146_097) as i64;
        while days >= days_before(year + 1) {
            year += 1;
        }
        let mut rest = days - days_before(year);
        let mut month = 1;
        while rest >= i64::from(month_length(year, month)) {
            rest -= i64::from(month_length(year, month));
            month += 1;
        }
        Self { year, month, day: rest as u8 + 1 }
    }

    /// Returns the day of the date.
    pub(crate) fn to_day(self) -> i64 {
        let months: i64 = (1..self.month).map(|month| i64::from(month_length(self.year, month))).sum();
        days_before(self.year) + months + i64::from(self.day) - 1 - EPOCH
    }

    /// Returns the number of days that the month of the date has.
    pub(crate) fn month_length(self) -> u8 {
        month_length(self.year, self.month)
    }
}

/// Returns the weekday of a day: 0 is Sunday.
pub(crate) fn weekday(day: i64) -> u8 {
    (day + 4).rem_euclid(7) as u8
}

/// Returns the number of days of a month.
pub(crate) fn month_length(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the number of days from 0001-01-01 to the start of the year.
fn days_before(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400)
}

#[cfg(test)]
mod tests {
    use super::{Date, weekday};

    #[test]
    fn known_days() {
        for (day, (year, month, of_month), of_week) in [
            (0, (1970, 1, 1), 4),
            (-1, (1969, 12, 31), 3),
            (11_016, (2000, 2, 29), 2),
            (18_262, (2020, 1, 1), 3),
            (47_540, (2100, 2, 28), 0),
            (47_541, (2100, 3, 1), 1),
        ] {
            assert_eq!(Date::of(day), Date { year, month, day: of_month });
            assert_eq!(weekday(day), of_week, "{day}");
        }
    }

    #[test]
    fn every_day_is_found_again() {
        // Four centuries and a year: every kind of year, and every border of a century.
        for day in -200_000..=(-200_000 + 146_097 + 366) {
            assert_eq!(Date::of(day).to_day(), day);
        }
    }
}
