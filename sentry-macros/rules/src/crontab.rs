//! Crontab schedules: five fields, names, lists, ranges and steps, or one of the `@` words.
//!
//! [`check`] compares the fields with a small table and returns the canonical text: one space between fields, names in
//! capitals, words such as `@daily` written out. It rejects what Sentry's scheduler rejects: six fields, `@reboot`,
//! ranges that run backwards, and days that no month has.
//!
//! Crates that parse crontabs accept more than Sentry does (seconds, `L`, `#`) and depend on a calendar; a proc macro
//! should build quickly.

mod error;

pub use error::CrontabError;

/// The values of one of the five fields.
struct Field {
    name: &'static str,
    min: u8,
    max: u8,
    /// Names for the values from `min` on.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, names: &[] },
    Field { name: "hour", min: 0, max: 23, names: &[] },
    Field { name: "day of month", min: 1, max: 31, names: &[] },
    Field { name: "month", min: 1, max: 12, names: MONTHS },
    Field { name: "day of week", min: 0, max: 7, names: DAYS },
];

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

/// Checks a crontab and returns its canonical form: five fields with one space between them.
///
/// ```
/// use sentry_rules::crontab::check;
/// assert_eq!(check("@weekly").unwrap(), "0 0 * * 0");
/// assert_eq!(check("*/5  9-17 * jan mon-fri").unwrap(), "*/5 9-17 * JAN MON-FRI");
/// assert!(check("0 25 * * *").unwrap_err().to_string().contains("hour"));
/// ```
///
/// # Errors
/// Returns the first error from left to right.
pub fn check(crontab: &str) -> Result<String, CrontabError> {
    let crontab = crontab.trim();
    if crontab.starts_with('@') {
        let word = crontab.to_ascii_lowercase();
        return match WORDS.iter().find(|(known, _)| *known == word) {
            Some((_, fields)) => Ok((*fields).to_owned()),
            None => Err(CrontabError::Word {
                word: crontab.to_owned(),
                suggestion: crate::nearest(crontab, WORDS.iter().map(|&(known, _)| known)),
            }),
        };
    }
    let parts: Vec<&str> = crontab.split_whitespace().collect();
    let [_, _, day, month, weekday] = parts.as_slice() else {
        return Err(CrontabError::FieldCount { crontab: crontab.to_owned(), count: parts.len() });
    };
    let mut sets = [0; 5];
    for ((field, part), set) in FIELDS.iter().zip(&parts).zip(&mut sets) {
        *set = field.check(part)?;
    }
    // If a weekday is given, the schedule also runs on that weekday, whatever the day of the month.
    if weekday.starts_with('*') && !has_a_day(sets[2], sets[3]) {
        return Err(CrontabError::NeverRuns { day: (*day).to_owned(), month: (*month).to_owned() });
    }
    Ok(parts.join(" ").to_ascii_uppercase())
}

impl Field {
    /// Checks the comma-separated parts of a field and returns the set of its values, as bits.
    fn check(&self, text: &str) -> Result<u64, CrontabError> {
        text.split(',').try_fold(0, |set, part| Ok(set | self.part(part)?))
    }

    /// Reads `*`, `7` or `1-5`, each with or without `/step`.
    fn part(&self, part: &str) -> Result<u64, CrontabError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (part, None),
        };
        let (start, end) = match range.split_once('-') {
            _ if range == "*" => (self.min, self.max),
            Some((start, end)) => (self.value(start, part)?, self.value(end, part)?),
            // `5/15` means every 15th value, starting from 5.
            None if step.is_some() => (self.value(range, part)?, self.max),
            None => {
                let value = self.value(range, part)?;
                (value, value)
            }
        };
        if end < start {
            return Err(CrontabError::Backwards { field: self.name, range: range.to_owned() });
        }
        Ok((start..=end).step_by(usize::from(step.unwrap_or(1))).fold(0, |set, value| set | 1 << value))
    }

    fn value(&self, text: &str, part: &str) -> Result<u8, CrontabError> {
        let is_it = |name: &&str| name.eq_ignore_ascii_case(text);
        let named = self.names.iter().zip(self.min..).find(|(name, _)| is_it(name)).map(|(_, value)| value);
        named.or_else(|| number(text)).filter(|value| (self.min..=self.max).contains(value)).ok_or_else(
            || CrontabError::Value {
                field: self.name,
                value: part.to_owned(),
                min: self.min,
                max: self.max,
                names: self.names,
            },
        )
    }

    fn step(&self, text: &str) -> Result<u8, CrontabError> {
        number(text).filter(|step| (1..=self.max).contains(step)).ok_or_else(|| CrontabError::Step {
            field: self.name,
            step: text.to_owned(),
            max: self.max,
        })
    }
}

/// Reads a number of digits only: `u8::from_str` would also accept `+5`.
fn number(text: &str) -> Option<u8> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Returns whether one of the months has one of the days.
fn has_a_day(days: u64, months: u64) -> bool {
    const LENGTHS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let first = days.trailing_zeros();
    LENGTHS.iter().zip(1..).any(|(&length, month)| months & (1 << month) != 0 && first <= u32::from(length))
}

#[cfg(test)]
mod tests {
    use super::{CrontabError, WORDS, check};

    #[test]
    fn accepts_what_crontab_has() {
        for crontab in [
            "* * * * *",
            "0 3 * * *",
            "*/5 * * * *",
            "0,15,30,45 9-17 * * 1-5",
            "5/15 0-23/2 1,15 JAN-MAR,DEC SUN,7",
            "59 23 31 12 7",
            "0 0 29 2 *",
            "0 0 31 2 1",
        ] {
            assert_eq!(check(crontab).as_deref(), Ok(crontab));
        }
    }

    #[test]
    fn makes_it_canonical() {
        assert_eq!(check("  0   3\t* jan sat ").as_deref(), Ok("0 3 * JAN SAT"));
        for (word, fields) in WORDS {
            assert_eq!(check(word).as_deref(), Ok(fields));
            assert_eq!(check(fields).as_deref(), Ok(fields));
        }
        assert_eq!(check("@Daily").as_deref(), Ok("0 0 * * *"));
    }

    #[test]
    fn counts_fields() {
        for (crontab, expected) in [("", 0), ("* * * *", 4), ("0 0 * * * *", 6), ("0 0 * * * * 2024", 7)] {
            assert!(
                matches!(check(crontab), Err(CrontabError::FieldCount { count, .. }) if count == expected),
                "{crontab}"
            );
        }
        assert!(check("0 0 * * * *").unwrap_err().to_string().ends_with("leave out seconds and years"));
    }

    #[test]
    fn names_the_field_and_its_range() {
        for (crontab, name, value, min, max) in [
            ("60 * * * *", "minute", "60", 0, 59),
            ("* 24 * * *", "hour", "24", 0, 23),
            ("* * 0 * *", "day of month", "0", 1, 31),
            ("* * * 13 *", "month", "13", 1, 12),
            ("* * * * 8", "day of week", "8", 0, 7),
            ("* * * * MONDAY", "day of week", "MONDAY", 0, 7),
            ("JAN * * * *", "minute", "JAN", 0, 59),
            ("1,,2 * * * *", "minute", "", 0, 59),
            ("+5 * * * *", "minute", "+5", 0, 59),
            ("-5 * * * *", "minute", "-5", 0, 59),
            ("5- * * * *", "minute", "5-", 0, 59),
            ("999 * * * *", "minute", "999", 0, 59),
            ("0 0 L * *", "day of month", "L", 1, 31),
            ("** * * * *", "minute", "**", 0, 59),
        ] {
            match check(crontab) {
                Err(CrontabError::Value { field, value: found, min: low, max: high, .. }) => {
                    assert_eq!((field, found.as_str(), low, high), (name, value, min, max), "{crontab}");
                }
                other => panic!("{crontab}: {other:?}"),
            }
        }
    }

    #[test]
    fn checks_ranges_and_steps() {
        assert!(matches!(check("* 22-4 * * *"), Err(CrontabError::Backwards { .. })));
        for crontab in ["*/0 * * * *", "*/60 * * * *", "*/x * * * *", "*/ * * * *", "*/5/5 * * * *"] {
            assert!(matches!(check(crontab), Err(CrontabError::Step { .. })), "{crontab}");
        }
    }

    #[test]
    fn days_that_no_month_has() {
        for crontab in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 FEB *"] {
            assert!(matches!(check(crontab), Err(CrontabError::NeverRuns { .. })), "{crontab}");
        }
        assert!(check("0 0 31 2,3 *").is_ok());
    }

    #[test]
    fn texts_show_the_value_as_it_was_written() {
        for (crontab, shown) in [
            ("0 0 * foo *", "`foo`"),
            ("0 0 * * fri-mon", "`fri-mon`"),
            ("0 0 * * mon/x", "`/x`"),
            ("0 0 31 apr *", "month apr"),
            ("@Dayly", "`@Dayly`"),
        ] {
            let text = check(crontab).unwrap_err().to_string();
            assert!(text.contains(shown), "{crontab}: {text}");
        }
    }

    #[test]
    fn texts_say_what_to_do() {
        assert_eq!(
            check("0 25 * * *").unwrap_err().to_string(),
            "the hour field holds `25`; it takes 0 to 23, `*`, lists, ranges and steps"
        );
        assert_eq!(
            check("0 0 * FOO *").unwrap_err().to_string(),
            "the month field holds `FOO`; it takes 1 to 12 or JAN to DEC, `*`, lists, ranges and steps"
        );
        assert!(check("@dayly").unwrap_err().to_string().contains("did you mean `@daily`?"));
        assert!(check("@reboot").unwrap_err().to_string().contains("`@hourly`"));
    }
}
