//! The filter result: what a log entry becomes.

use std::ops::BitOr;

/// The items that a log entry becomes: nothing, or any combination of the others, joined by `|`.
///
/// ```
/// # #[cfg(feature = "log")] {
/// use sentry::integrations::log::LogFilter;
///
/// let both = LogFilter::Breadcrumb | LogFilter::Log;
/// assert!(both.contains(LogFilter::Log) && !both.contains(LogFilter::Event));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter(u8);

// The names are those of the official crate.
#[allow(non_upper_case_globals, reason = "the names that programs use with the official crate")]
impl Filter {
    /// Ignores the entry.
    pub const Ignore: Self = Self(0);
    /// Adds a breadcrumb, which is sent with a later event.
    pub const Breadcrumb: Self = Self(1);
    /// Captures an event: the error among the entry's fields with its causes, or else a message.
    pub const Event: Self = Self(2);
    /// The same as [`Filter::Event`], which captures an error if there is one.
    pub const Exception: Self = Self::Event;
    /// Writes a structured log, which is sent if the option `collect_logs` is on.
    pub const Log: Self = Self(4);

    /// A log that the program chose by a layer of its own for logs, whatever the option `collect_logs` says.
    #[cfg(feature = "tracing")]
    pub(crate) const CHOSEN_LOG: Self = Self(4 | 8);

    /// Returns whether the program chose logs beside the option `collect_logs`.
    pub(crate) const fn is_chosen_log(self) -> bool {
        self.0 & 8 != 0
    }

    /// Returns whether this filter contains all of another one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns this filter without what another one contains.
    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns whether the entry is ignored.
    #[must_use]
    pub const fn is_ignore(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Filter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
