//! The errors of a crontab and their messages.

use std::fmt;

use super::WORDS;

/// An invalid crontab. The message names the field, the value, the allowed range and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrontabError {
    /// The number of fields is not five.
    FieldCount {
        /// The crontab as written.
        crontab: String,
        /// The number of fields.
        count: usize,
    },
    /// The `@` word is unknown.
    Word {
        /// The word as written.
        word: String,
        /// The most similar known word, if one is close.
        suggestion: Option<&'static str>,
    },
    /// A part of a field is neither a number nor a name, or is out of range.
    Value {
        /// The name of the field, such as `day of month`.
        field: &'static str,
        /// The part as written.
        value: String,
        /// The smallest number of the field.
        min: u8,
        /// The largest number of the field.
        max: u8,
        /// The names that the field accepts besides numbers.
        names: &'static [&'static str],
        /// Examples of what only this field accepts.
        special: &'static [&'static str],
    },
    /// The end of a range is before its start.
    Backwards {
        /// The name of the field.
        field: &'static str,
        /// The range as written.
        range: String,
    },
    /// A step is not a number, or is zero.
    Step {
        /// The name of the field.
        field: &'static str,
        /// The step as written.
        step: String,
    },
    /// None of the months has the day.
    NeverRuns {
        /// The day of month field as written.
        day: String,
        /// The month field as written.
        month: String,
    },
    /// No day is both the day of month and the day of week.
    NeverMeets {
        /// The day of month field as written.
        day: String,
        /// The day of week field as written.
        weekday: String,
    },
}

impl fmt::Display for CrontabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldCount { crontab, count } => {
                write!(
                    f,
                    "the crontab `{crontab}` has {count} field{}; expected five: minute, hour, day of month, \
                     month, day of week",
                    if *count == 1 { "" } else { "s" }
                )?;
                if *count > 5 { f.write_str("; leave out seconds and years") } else { Ok(()) }
            }
            Self::Word { word, suggestion } => {
                write!(f, "unknown schedule `{word}`; expected one of")?;
                for (index, (known, _)) in WORDS.iter().enumerate() {
                    write!(f, "{} `{known}`", if index == 0 { "" } else { "," })?;
                }
                match suggestion {
                    Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
                    None => Ok(()),
                }
            }
            Self::Value { field, value, min, max, names, special } => {
                let value = if value.is_empty() { "nothing" } else { value };
                write!(f, "the {field} field holds `{value}`; it takes {min} to {max}")?;
                if let [first, .., last] = names {
                    write!(f, " or {first} to {last}")?;
                }
                for special in *special {
                    write!(f, ", `{special}`")?;
                }
                f.write_str(", `*`, lists, ranges and steps")
            }
            Self::Backwards { field, range } => {
                write!(
                    f,
                    "the {field} field holds the range `{range}`, which ends before it starts; \
                     split it in two with a comma"
                )
            }
            Self::Step { field, step } => {
                write!(
                    f,
                    "the {field} field holds the step `/{step}`; the step must be a number of at least 1"
                )
            }
            Self::NeverRuns { day, month } => {
                write!(
                    f,
                    "day {day} of month {month} does not exist; choose a day that one of the months has"
                )
            }
            Self::NeverMeets { day, weekday } => {
                write!(
                    f,
                    "no day is both `{day}` of the month and the weekday `{weekday}`, so the job never runs; a field that \
                     begins with `*` narrows the other one, so write a day without `*` if either is enough"
                )
            }
        }
    }
}

impl std::error::Error for CrontabError {}
