//! Errors and messages that the program does not want to hear of.
//!
//! They are recognised on the caller's thread, before a stack is taken, and counted as dropped by an event processor,
//! as the client report page asks for. What counts is the error itself, not its causes.
//!
//! Spec: `foundations/client/index.mdx`, ignored exception types; `telemetry/client-reports.mdx`.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::chain::ChainEntry;
use crate::base::callback;
use crate::base::diagnostics;

/// What the option `ignore_errors` leaves out.
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
    /// A part of what the error or the message says, or of `Type: what it says`. Upper and lower case differ.
    Text(Cow<'static, str>),
    /// A type, by its full path. An error whose type is hidden behind `dyn Error` is recognised by the type's own
    /// name.
    Type(Cow<'static, str>),
    /// Whatever a function says, for instance a regular expression's `is_match`. It is shown what the error says, and
    /// then `Type: what it says`. It runs on the caller's thread.
    Matches(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl ErrorPattern {
    /// Matches errors of a type.
    #[must_use]
    pub fn of_type<E: ?Sized>() -> Self {
        Self::Type(Cow::Borrowed(type_name::<E>()))
    }

    /// Matches what a function recognises.
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
                        "a pattern of ignore_errors panicked; it matches nothing"
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

/// An error or a message, as far as patterns look at it.
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
        let named = ChainEntry::of_type(path, String::new());
        !self.ty.is_empty()
            && self.ty == named.ty
            && (self.module.is_none() || named.module.is_none() || self.module == named.module.as_deref())
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
