//! Short durations in words: `500ms`, `5s`, `2 min`.

use std::fmt;

/// Every spelling of a unit, with its milliseconds.
const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("sec", 1_000),
    ("second", 1_000),
    ("seconds", 1_000),
    ("m", 60_000),
    ("min", 60_000),
    ("minute", 60_000),
    ("minutes", 60_000),
    ("h", 3_600_000),
    ("hour", 3_600_000),
    ("hours", 3_600_000),
];

/// An invalid duration. The message names the text, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationError {
    text: String,
    problem: &'static str,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` {}; write a number and a unit, such as `500ms`, `5s` or `2min`",
            self.text, self.problem
        )
    }
}

impl std::error::Error for DurationError {}

/// Returns the milliseconds of a duration. Range: 1 ms to 49 days.
///
/// ```
/// use sentry_rules::duration::milliseconds;
///
/// assert_eq!(milliseconds("500ms"), Ok(500));
/// assert_eq!(milliseconds("2 min"), Ok(120_000));
/// assert!(milliseconds("5").is_err());
/// ```
///
/// # Errors
/// A text that is not a number followed by a unit, a duration of zero, and one of more than 49 days.
pub fn milliseconds(text: &str) -> Result<u32, DurationError> {
    let error = |problem| DurationError { text: text.to_owned(), problem };
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    if number.is_empty() {
        return Err(error("does not begin with a number"));
    }
    let unit = unit.trim_start();
    if unit.is_empty() {
        return Err(error("has no unit"));
    }
    let Some((_, factor)) = UNITS.iter().find(|(known, _)| *known == unit) else {
        return Err(error("has an unknown unit"));
    };
    let number: u64 = number.parse().map_err(|_| error("has too many digits"))?;
    match number.checked_mul(*factor).and_then(|total| u32::try_from(total).ok()) {
        Some(0) => Err(error("is no time")),
        Some(total) => Ok(total),
        None => Err(error("is longer than 49 days")),
    }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn numbers_with_units_are_read() {
        for (text, expected) in [
            ("1ms", 1),
            ("5s", 5_000),
            (" 5 s ", 5_000),
            ("90 seconds", 90_000),
            ("2m", 120_000),
            ("1 hour", 3_600_000),
            ("4294967295ms", u32::MAX),
        ] {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_says_what_is_wrong() {
        for (text, problem) in [
            ("", "does not begin with a number"),
            ("s", "does not begin with a number"),
            ("-5s", "does not begin with a number"),
            ("5", "has no unit"),
            ("5 days", "has an unknown unit"),
            ("1.5s", "has an unknown unit"),
            ("0s", "is no time"),
            ("99999999999999999999s", "has too many digits"),
            ("4294967296ms", "is longer than 49 days"),
            ("1200h", "is longer than 49 days"),
        ] {
            let message = milliseconds(text).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("`{text}` {problem}; write a number and a unit")),
                "{message}"
            );
        }
    }
}
