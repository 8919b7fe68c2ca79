//! Time zones of monitors: names of the tz database, such as `Europe/Vienna`.
//!
//! Sentry rejects a check-in whose monitor configuration names an unknown zone, so an unknown name is an error that
//! suggests the nearest known name.

use std::fmt;

use crate::names::NAMES;
use crate::nearest;

/// An unknown time zone. The message names it and the nearest known name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimezoneError {
    /// The name as written.
    pub name: String,
    /// The most similar known name, if one is close.
    pub suggestion: Option<&'static str>,
}

impl fmt::Display for TimezoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, suggestion } = self;
        write!(f, "unknown time zone `{name}`; use a name of the tz database, such as ")?;
        match suggestion {
            Some(suggestion) => write!(f, "`{suggestion}`"),
            None => f.write_str("`UTC`, `Europe/Vienna` or `America/New_York`"),
        }
    }
}

impl std::error::Error for TimezoneError {}

/// Checks that `name` is a zone or an alias of the tz database. Letter case matters.
///
/// # Errors
/// Returns an error with the nearest known name if `name` is unknown.
pub fn check(name: &str) -> Result<(), TimezoneError> {
    if NAMES.binary_search(&name).is_ok() {
        return Ok(());
    }
    Err(TimezoneError { name: name.to_owned(), suggestion: suggest(name) })
}

fn suggest(name: &str) -> Option<&'static str> {
    let name = name.trim();
    // A space instead of the underscore, or a city without its continent, may differ in more letters than an unrelated name,
    // but is unambiguous.
    let joined = name.replace(' ', "_");
    let exact = |known: &&&str| known.eq_ignore_ascii_case(&joined);
    let city =
        |known: &&&str| known.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&joined));
    NAMES
        .iter()
        .find(exact)
        .or_else(|| NAMES.iter().find(city))
        .copied()
        .or_else(|| nearest(&joined, NAMES.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::names::NAMES;

    #[test]
    fn the_table_is_sorted() {
        assert!(NAMES.is_sorted_by(|left, right| left < right));
    }

    #[test]
    fn accepts_zones_and_aliases() {
        for name in ["UTC", "Europe/Vienna", "America/Argentina/Buenos_Aires", "US/Pacific", "Etc/GMT+5"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn proposes_the_nearest() {
        for (wrong, right) in [
            ("Europe/Viena", "Europe/Vienna"),
            ("europe/vienna", "Europe/Vienna"),
            ("America/New York", "America/New_York"),
            ("Vienna", "Europe/Vienna"),
            (" utc ", "UTC"),
        ] {
            assert_eq!(check(wrong).unwrap_err().suggestion, Some(right), "{wrong}");
        }
        let lost = check("Middle-earth/Mordor").unwrap_err();
        assert_eq!(lost.suggestion, None);
        assert!(lost.to_string().contains("`Middle-earth/Mordor`"));
    }
}
