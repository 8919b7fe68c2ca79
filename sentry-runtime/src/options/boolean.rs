//! Booleans in environment variables.
//!
//! Spec: [environment variables](https://develop.sentry.dev/sdk/expected-features/environment-variables/).

/// The rule, for errors.
pub(super) const BOOLEAN: &str = "a boolean: `1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`";

/// Reads a boolean; `None` for any other value.
pub(super) fn yes_or_no(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "y" | "yes" | "on" | "1" => Some(true),
        "false" | "f" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}
