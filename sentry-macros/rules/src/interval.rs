//! Intervals and durations in words: `10 minutes`, `30m`, `2h`, `1 day`.
//!
//! [`parse`] reads the interval of a schedule, which is one number and one unit. [`minutes`] reads a duration, whose parts
//! are added up (`1h 30m`).

use std::fmt;

use crate::nearest;

/// The units of a schedule, with Sentry's names.
pub const UNITS: [&str; 6] = ["year", "month", "week", "day", "hour", "minute"];

/// Every spelling of a unit, with the unit and, if its length is fixed, its minutes.
const SPELLINGS: &[(&str, &str, Option<u64>)] = &[
    ("m", "minute", Some(1)),
    ("min", "minute", Some(1)),
    ("mins", "minute", Some(1)),
    ("minute", "minute", Some(1)),
    ("minutes", "minute", Some(1)),
    ("h", "hour", Some(60)),
    ("hour", "hour", Some(60)),
    ("hours", "hour", Some(60)),
    ("d", "day", Some(1_440)),
    ("day", "day", Some(1_440)),
    ("days", "day", Some(1_440)),
    ("w", "week", Some(10_080)),
    ("week", "week", Some(10_080)),
    ("weeks", "week", Some(10_080)),
    ("month", "month", None),
    ("months", "month", None),
    ("y", "year", None),
    ("year", "year", None),
    ("years", "year", None),
];

/// An invalid interval or duration. The message names the text, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntervalError {
    /// The text is not a number followed by a unit.
    Shape {
        /// The text as written.
        text: String,
    },
    /// The number is zero.
    Zero {
        /// The text as written.
        text: String,
    },
    /// The number has too many digits.
    TooLarge {
        /// The text as written.
        text: String,
    },
    /// The word after the number is not a unit.
    Unit {
        /// The word as written.
        unit: String,
        /// The most similar known unit, if one is close.
        suggestion: Option<&'static str>,
    },
    /// The unit is seconds or smaller, for which Sentry has no schedule.
    TooFine {
        /// The text as written.
        text: String,
    },
    /// The text has several parts, but a schedule takes one number and one unit.
    Compound {
        /// The text as written.
        text: String,
        /// The same interval in one part, in minutes.
        minutes: Option<u64>,
    },
    /// The unit of a duration is month or year, whose length varies.
    Varies {
        /// The unit as written.
        unit: &'static str,
    },
}

impl fmt::Display for IntervalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { text } => write!(
                f,
                "`{text}` is not a length of time; write a number and a unit, as in `10 minutes`, `30m`, `2h` or `1 day`"
            ),
            Self::Zero { text } => write!(f, "`{text}` is an empty interval; the number must be at least 1"),
            Self::TooLarge { text } => write!(f, "`{text}` is too long; use a larger unit"),
            Self::Unit { unit, suggestion } => {
                write!(f, "unknown unit `{unit}`; expected minute, hour, day, week, month or year")?;
                match suggestion {
                    Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
                    None => Ok(()),
                }
            }
            Self::TooFine { text } => {
                write!(
                    f,
                    "`{text}` is finer than Sentry's schedules, which count in minutes; use `1 minute` or more"
                )
            }
            Self::Compound { text, minutes } => {
                write!(f, "`{text}` has several parts, but a schedule takes one number and one unit")?;
                match minutes {
                    Some(minutes) => write!(f, "; use `{minutes} minutes`"),
                    None => Ok(()),
                }
            }
            Self::Varies { unit } => {
                write!(f, "a {unit} has no fixed number of minutes; use days, hours or minutes")
            }
        }
    }
}

impl std::error::Error for IntervalError {}

/// Reads the interval of a schedule. Returns the number and the unit, which is one of [`UNITS`].
///
/// ```
/// assert_eq!(sentry_rules::interval::parse("10 minutes").unwrap(), (10, "minute"));
/// assert_eq!(sentry_rules::interval::parse("2h").unwrap(), (2, "hour"));
/// ```
///
/// # Errors
/// Returns an error if `text` is not valid.
pub fn parse(text: &str) -> Result<(u64, &'static str), IntervalError> {
    match parts(text)?.as_slice() {
        [(number, unit, _)] => Ok((*number, unit)),
        _ => Err(IntervalError::Compound { text: text.to_owned(), minutes: minutes(text).ok() }),
    }
}

/// Reads a duration and returns it in minutes. Several parts are added up.
///
/// ```
/// assert_eq!(sentry_rules::interval::minutes("30m").unwrap(), 30);
/// assert_eq!(sentry_rules::interval::minutes("1h 30m").unwrap(), 90);
/// ```
///
/// # Errors
/// Returns an error if `text` is not valid.
pub fn minutes(text: &str) -> Result<u64, IntervalError> {
    let mut total: u64 = 0;
    for (number, unit, length) in parts(text)? {
        let length = length.ok_or(IntervalError::Varies { unit })?;
        total = number
            .checked_mul(length)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| IntervalError::TooLarge { text: text.to_owned() })?;
    }
    Ok(total)
}

type Part = (u64, &'static str, Option<u64>);

fn parts(text: &str) -> Result<Vec<Part>, IntervalError> {
    let shape = || IntervalError::Shape { text: text.to_owned() };
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.len() - after.trim_start_matches(char::is_alphabetic).len();
        let (unit, after) = after.split_at(letters);
        if number.is_empty() || unit.is_empty() {
            return Err(shape());
        }
        let number: u64 = number.parse().map_err(|_| IntervalError::TooLarge { text: text.to_owned() })?;
        if number == 0 {
            return Err(IntervalError::Zero { text: text.to_owned() });
        }
        let (unit, length) = unit_named(unit, text)?;
        parts.push((number, unit, length));
        rest = after.trim_start();
    }
    if parts.is_empty() { Err(shape()) } else { Ok(parts) }
}

fn unit_named(word: &str, text: &str) -> Result<(&'static str, Option<u64>), IntervalError> {
    let lower = word.to_ascii_lowercase();
    if let Some(&(_, unit, length)) = SPELLINGS.iter().find(|(spelling, ..)| *spelling == lower) {
        return Ok((unit, length));
    }
    if matches!(lower.as_str(), "s" | "sec" | "secs" | "second" | "seconds" | "ms" | "us" | "ns") {
        return Err(IntervalError::TooFine { text: text.to_owned() });
    }
    let long = SPELLINGS.iter().map(|&(spelling, ..)| spelling).filter(|spelling| spelling.len() > 2);
    Err(IntervalError::Unit { unit: word.to_owned(), suggestion: nearest(word, long) })
}

#[cfg(test)]
mod tests {
    use super::{IntervalError, SPELLINGS, UNITS, minutes, parse};

    #[test]
    fn reads_numbers_and_units() {
        for (text, expected) in [
            ("10 minutes", (10, "minute")),
            ("30m", (30, "minute")),
            ("2h", (2, "hour")),
            ("1 day", (1, "day")),
            (" 3  Weeks ", (3, "week")),
            ("1 month", (1, "month")),
            ("1y", (1, "year")),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn spellings_lead_to_units_of_sentry() {
        for (_, unit, _) in SPELLINGS {
            assert!(UNITS.contains(unit), "{unit}");
        }
    }

    #[test]
    fn rejects_each_broken_rule() {
        for text in ["", "ten minutes", "10", "minutes", "-1 day", "1.5h", "1 day,"] {
            assert!(matches!(parse(text), Err(IntervalError::Shape { .. })), "{text}");
        }
        assert!(matches!(parse("0 days"), Err(IntervalError::Zero { .. })));
        assert!(matches!(parse("99999999999999999999 days"), Err(IntervalError::TooLarge { .. })));
        assert!(matches!(parse("90 seconds"), Err(IntervalError::TooFine { .. })));
        assert_eq!(
            parse("10 minuts"),
            Err(IntervalError::Unit { unit: "minuts".into(), suggestion: Some("minute") })
        );
        assert_eq!(
            parse("1h 30m"),
            Err(IntervalError::Compound { text: "1h 30m".into(), minutes: Some(90) })
        );
    }

    #[test]
    fn adds_up_durations() {
        assert_eq!(minutes("30m"), Ok(30));
        assert_eq!(minutes("1h30m"), Ok(90));
        assert_eq!(minutes("1 week"), Ok(10_080));
        assert_eq!(minutes("1 month"), Err(IntervalError::Varies { unit: "month" }));
        assert!(matches!(minutes("18446744073709551615 weeks"), Err(IntervalError::TooLarge { .. })));
    }

    #[test]
    fn texts_say_what_to_do() {
        assert!(parse("1h 30m").unwrap_err().to_string().ends_with("use `90 minutes`"));
        assert!(parse("5s").unwrap_err().to_string().contains("`1 minute`"));
    }
}
