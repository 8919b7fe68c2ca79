//! The rules of `sentry-rules` for slugs, crontabs, intervals and time zones, with their errors as text.

/// Returns the canonical five fields of a crontab.
pub(super) fn crontab(text: &str) -> Result<String, String> {
    sentry_rules::crontab::check(text).map_err(|error| error.to_string())
}

/// Returns the number and the unit of an interval.
pub(super) fn interval(text: &str) -> Result<(u64, &'static str), String> {
    sentry_rules::interval::parse(text).map_err(|error| error.to_string())
}

/// Checks whether a text is a valid monitor slug.
pub(super) fn slug(text: &str) -> Result<(), String> {
    sentry_rules::slug::check(text).map_err(|error| error.to_string())
}

/// Checks whether a text is a name of the tz database.
pub(super) fn timezone(text: &str) -> Result<(), String> {
    sentry_rules::timezone::check(text).map_err(|error| error.to_string())
}
