//! The level of events and breadcrumbs.

use std::fmt;
use std::str::FromStr;

use super::wire::serde_as_str;

/// The severity of an event or a breadcrumb, in ascending order.
///
/// [Spec, attribute `level`](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Details for debugging.
    Debug,
    /// Normal operation.
    #[default]
    Info,
    /// Something that deserves attention; `warning` in the protocol, because the server rejects `warn`.
    Warning,
    /// A failure.
    Error,
    /// A failure that ended the program or one of its threads.
    Fatal,
}

impl Level {
    /// Returns the name in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Returns whether this is [`Level::Debug`].
    #[must_use]
    pub fn is_debug(&self) -> bool {
        *self == Self::Debug
    }

    /// Returns whether this is [`Level::Info`].
    #[must_use]
    pub fn is_info(&self) -> bool {
        *self == Self::Info
    }

    /// Returns whether this is [`Level::Warning`].
    #[must_use]
    pub fn is_warning(&self) -> bool {
        *self == Self::Warning
    }

    /// Returns whether this is [`Level::Error`].
    #[must_use]
    pub fn is_error(&self) -> bool {
        *self == Self::Error
    }

    /// Returns whether this is [`Level::Fatal`].
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        *self == Self::Fatal
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of an unknown level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseLevelError(String);

impl fmt::Display for ParseLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a level: expected debug, info, warning, error or fatal", self.0)
    }
}

impl std::error::Error for ParseLevelError {}

impl FromStr for Level {
    type Err = ParseLevelError;

    /// Reads a name in any case, including the names of other loggers (`trace`, `log`, `warn`, `critical`).
    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        let known = [
            ("debug", Self::Debug),
            ("trace", Self::Debug),
            ("info", Self::Info),
            ("log", Self::Info),
            ("warning", Self::Warning),
            ("warn", Self::Warning),
            ("error", Self::Error),
            ("fatal", Self::Fatal),
            ("critical", Self::Fatal),
        ];
        known
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name))
            .map(|(_, level)| *level)
            .ok_or_else(|| ParseLevelError(text.chars().take(64).collect()))
    }
}

serde_as_str!(Level);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_spelt_out_on_the_wire() {
        assert_eq!("warn".parse(), Ok(Level::Warning));
        assert_eq!(serde_json::to_string(&Level::Warning).unwrap(), r#""warning""#);
        assert_eq!(serde_json::from_str::<Level>(r#""FATAL""#).unwrap(), Level::Fatal);
        assert!("loud".parse::<Level>().unwrap_err().to_string().contains("`loud`"));
    }
}
