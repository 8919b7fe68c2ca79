//! One field of a crontab: the values that it may have, and the reader of its text.

use super::CrontabError;

/// One of the five fields.
pub(super) struct Field {
    pub name: &'static str,
    min: u8,
    max: u8,
    /// Names for the values from `min` on.
    names: &'static [&'static str],
    /// Examples of what only this field takes.
    special: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const DAY_OF_MONTH: &str = "day of month";
const DAY_OF_WEEK: &str = "day of week";

pub(super) const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, names: &[], special: &[] },
    Field { name: "hour", min: 0, max: 23, names: &[], special: &[] },
    Field { name: DAY_OF_MONTH, min: 1, max: 31, names: &[], special: &["L", "LW"] },
    Field { name: "month", min: 1, max: 12, names: MONTHS, special: &[] },
    Field { name: DAY_OF_WEEK, min: 0, max: 7, names: DAYS, special: &["5L", "MON#2"] },
];

/// The values that a field selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Selection {
    /// The values, as bits.
    pub values: u64,
    /// `L` in the day of month: the last day of the month.
    pub last: bool,
    /// `LW` in the day of month: the last day from Monday to Friday.
    pub last_workday: bool,
    /// `5L` in the day of week: weekdays of which the last one of the month is selected, as bits.
    pub last_of: u8,
    /// `MON#2` in the day of week: for each weekday the occurrences in the month, as bits.
    pub nth_of: [u8; 8],
}

impl Selection {
    fn and(mut self, other: Self) -> Self {
        self.values |= other.values;
        self.last |= other.last;
        self.last_workday |= other.last_workday;
        self.last_of |= other.last_of;
        for (nth, others) in self.nth_of.iter_mut().zip(other.nth_of) {
            *nth |= others;
        }
        self
    }
}

impl Field {
    /// Reads the comma-separated parts of a field.
    pub(super) fn read(&self, text: &str) -> Result<Selection, CrontabError> {
        text.split(',').try_fold(Selection::default(), |all, part| Ok(all.and(self.part(part)?)))
    }

    /// Reads `*`, `7`, `1-5` and what only this field takes, with or without `/step`.
    ///
    /// The order of the rules is the server's: `L` and `#` in the day of week come first, and take no step.
    fn part(&self, part: &str) -> Result<Selection, CrontabError> {
        if self.name == DAY_OF_WEEK {
            if let Some(day) = part.strip_suffix(['L', 'l']) {
                let is_number = !day.is_empty() && day.bytes().all(|byte| byte.is_ascii_digit());
                let day = if is_number { self.value(day, part)? } else { return Err(self.wrong(part)) };
                return Ok(Selection { last_of: 1 << day, ..Selection::default() });
            }
            if let Some((day, nth)) = part.split_once('#') {
                let day = self.value(day, part)?;
                let nth = number(nth).filter(|nth| (1..=5).contains(nth)).ok_or_else(|| self.wrong(part))?;
                let mut nth_of = [0; 8];
                nth_of[usize::from(day)] = 1 << nth;
                return Ok(Selection { nth_of, ..Selection::default() });
            }
        }
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (part, None),
        };
        if self.name == DAY_OF_MONTH && range.eq_ignore_ascii_case("L") {
            return Ok(Selection { last: true, ..Selection::default() });
        }
        if self.name == DAY_OF_MONTH && range.eq_ignore_ascii_case("LW") {
            return Ok(Selection { last_workday: true, ..Selection::default() });
        }
        let (start, end) = match range.split_once('-') {
            _ if range == "*" => (self.min, self.max),
            Some((start, end)) => (self.value(start, part)?, self.value(end, part)?),
            None => {
                let value = self.value(range, part)?;
                (value, value)
            }
        };
        if end < start {
            return Err(CrontabError::Backwards { field: self.name, range: range.to_owned() });
        }
        // `5/15` means every 15th value, starting from 5, and so does `5-5/15`.
        let end = if step.is_some() && start == end { self.max } else { end };
        let values = (start..=end).step_by(step.unwrap_or(1)).fold(0, |set, value| set | 1 << value);
        Ok(Selection { values, ..Selection::default() })
    }

    fn value(&self, text: &str, part: &str) -> Result<u8, CrontabError> {
        let is_it = |name: &&str| name.eq_ignore_ascii_case(text);
        let named = self.names.iter().zip(self.min..).find(|(name, _)| is_it(name)).map(|(_, value)| value);
        named
            .or_else(|| number(text))
            .filter(|value| (self.min..=self.max).contains(value))
            .ok_or_else(|| self.wrong(part))
    }

    fn wrong(&self, part: &str) -> CrontabError {
        CrontabError::Value {
            field: self.name,
            value: part.to_owned(),
            min: self.min,
            max: self.max,
            names: self.names,
            special: self.special,
        }
    }

    /// Reads a step. A step beyond the field selects its first value alone.
    fn step(&self, text: &str) -> Result<usize, CrontabError> {
        number(text)
            .map(usize::from)
            .or_else(|| is_digits(text).then_some(usize::from(u8::MAX)))
            .filter(|step| *step > 0)
            .ok_or_else(|| CrontabError::Step { field: self.name, step: text.to_owned() })
    }
}

/// Reads a number of digits only: `u8::from_str` would also accept `+5`.
fn number(text: &str) -> Option<u8> {
    if is_digits(text) { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
