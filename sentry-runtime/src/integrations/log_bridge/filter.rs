//! What becomes of an entry of a log.

use std::ops::BitOr;

/// What becomes of an entry of a log: nothing, or any of the others together, joined by `|`.
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

// Named as the official crate names them.
#[allow(non_upper_case_globals, reason = "the names that programs use with the official crate")]
impl Filter {
    /// Nothing.
    pub const Ignore: Self = Self(0);
    /// A breadcrumb, to be sent along with a later event.
    pub const Breadcrumb: Self = Self(1);
    /// An event: the error among the entry's fields with its causes, or a message.
    pub const Event: Self = Self(2);
    /// The same as [`Filter::Event`], which captures an error where there is one.
    pub const Exception: Self = Self::Event;
    /// A structured log; sent when the option `enable_logs` is on.
    pub const Log: Self = Self(4);

    /// Whether all of another filter is in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing becomes of the entry.
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
