//! Patterns of the option `ignore_errors`: errors and messages that the program does not send.
//!
//! They are matched on the caller's thread, before a stack is taken, and counted as dropped by an event processor, as
//! the client report page requires. The error itself is matched, not its causes.
//!
//! [Spec, "Ignored Exception Types"](https://develop.sentry.dev/sdk/foundations/client/),
//! [Spec](https://develop.sentry.dev/sdk/telemetry/client-reports/)

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::chain::{self, UNKNOWN};
use crate::base::callback;
use crate::base::diagnostics;

/// A pattern for errors and messages that are dropped, for the option `ignore_errors`.
///
/// ```
/// use sentry::ErrorPattern;
///
/// let options = sentry::ClientOptions::new().ignore_errors([
///     "connection reset".into(),
///     ErrorPattern::of_type::<std::fmt::Error>(),
///     ErrorPattern::matching(|text| text.starts_with("till ") && text.ends_with(" is closed")),
/// ]);
/// # assert_eq!(options.ignore_errors.len(), 3);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum ErrorPattern {
    /// Matches a part of the text of an error or message, or of `Type: text`. Case-sensitive.
    Text(Cow<'static, str>),
    /// Matches a type by its full path. An error behind `dyn Error`, whose path is hidden, is matched by the type's own
    /// name.
    Type(Cow<'static, str>),
    /// Matches if the function returns `true`, for example a regular expression's `is_match`. The function receives the
    /// text, and then `Type: text`. It runs on the caller's thread.
    Matches(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl ErrorPattern {
    /// Returns a pattern that matches errors of a type.
    #[must_use]
    pub fn of_type<E: ?Sized>() -> Self {
        Self::Type(Cow::Borrowed(type_name::<E>()))
    }

    /// Returns a pattern that matches what a function matches.
    pub fn matching(matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::Matches(Arc::new(matches))
    }

    pub(crate) fn is(&self, what: &Candidate<'_>) -> bool {
        match self {
            Self::Text(part) => what.text.contains(&**part) || what.titled().contains(&**part),
            Self::Type(path) => what.is_of_type(path),
            Self::Matches(matches) => {
                let look = || matches(what.text) || (!what.ty.is_empty() && matches(&what.titled()));
                callback::run(callback::depth(), look).unwrap_or_else(|_| {
                    diagnostics::error(format_args!(
                        "a pattern function of ignore_errors panicked; treated as no match"
                    ));
                    false
                })
            }
        }
    }
}

impl From<&'static str> for ErrorPattern {
    fn from(part: &'static str) -> Self {
        Self::Text(Cow::Borrowed(part))
    }
}

impl From<String> for ErrorPattern {
    fn from(part: String) -> Self {
        Self::Text(Cow::Owned(part))
    }
}

impl fmt::Debug for ErrorPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(part) => f.debug_tuple("Text").field(part).finish(),
            Self::Type(path) => f.debug_tuple("Type").field(path).finish(),
            Self::Matches(_) => f.write_str("Matches(_)"),
        }
    }
}

/// An error or a message, with the data that patterns match.
pub(crate) struct Candidate<'a> {
    /// Empty for a message.
    pub(crate) ty: &'a str,
    pub(crate) module: Option<&'a str>,
    pub(crate) text: &'a str,
}

impl Candidate<'_> {
    pub(crate) fn titled(&self) -> String {
        if self.ty.is_empty() { self.text.to_owned() } else { format!("{}: {}", self.ty, self.text) }
    }

    fn is_of_type(&self, path: &str) -> bool {
        let (ty, module) = chain::named(path).unwrap_or((Cow::Borrowed(UNKNOWN), None));
        !self.ty.is_empty()
            && self.ty == ty
            && (self.module.is_none() || module.is_none() || self.module == module.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error<'a>(ty: &'a str, module: Option<&'a str>, text: &'a str) -> Candidate<'a> {
        Candidate { ty, module, text }
    }

    #[test]
    fn texts_are_parts_of_what_is_said() {
        let what = error("PayError", Some("shop::pay"), "the card was declined");
        for (part, is) in
            [("declined", true), ("PayError: the", true), ("Declined", false), ("shop::pay", false)]
        {
            assert_eq!(ErrorPattern::from(part).is(&what), is, "{part}");
        }
        assert!(!ErrorPattern::from("panic").is(&error("", None, "no panik")));
    }

    #[test]
    fn types_are_told_apart_by_their_modules_where_those_are_known() {
        let pattern = ErrorPattern::Type("shop::pay::Declined".into());
        assert!(pattern.is(&error("Declined", Some("shop::pay"), "x")));
        assert!(pattern.is(&error("Declined", None, "x")));
        assert!(!pattern.is(&error("Declined", Some("shop::loan"), "x")));
        assert!(!pattern.is(&error("", None, "Declined")));
        let io = ErrorPattern::of_type::<std::io::Error>();
        assert!(io.is(&error("io::Error", Some("std::io::error"), "x")));
        assert!(!io.is(&error("fmt::Error", Some("core::fmt"), "x")));
    }

    #[test]
    fn a_pattern_that_panics_matches_nothing() {
        let broken = ErrorPattern::matching(|_| panic!("broken"));
        assert!(!broken.is(&error("A", None, "b")));
        assert!(ErrorPattern::matching(|text| text == "A: b").is(&error("A", None, "b")));
    }
}
