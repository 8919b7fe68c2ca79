//! Text patterns of options: for URLs of outgoing requests and names of spans and transactions.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::callback;
use crate::base::diagnostics;

/// A text pattern. A string matches every text that contains it.
///
/// ```
/// use sentry::Pattern;
///
/// assert!(Pattern::from("localhost").matches("http://localhost:8443/api"));
/// assert!(Pattern::prefix("https://api.shop.example/").matches("https://api.shop.example/v2"));
/// assert!(Pattern::exact("GET /health").matches("GET /health"));
/// assert!(Pattern::from_fn(|name| name.ends_with(".internal")).matches("cache.internal"));
/// ```
///
/// With the feature `regex`, a `regex::Regex` converts into a pattern.
#[derive(Clone)]
#[non_exhaustive]
pub enum Pattern {
    /// Matches texts that contain this text. Case matters.
    Contains(Cow<'static, str>),
    /// Matches texts that begin with this text.
    Prefix(Cow<'static, str>),
    /// Matches only this text.
    Exact(Cow<'static, str>),
    /// Matches texts for which this function returns `true`. A panic counts as `false`.
    Matches(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    /// Matches texts in which this regular expression finds a match. Needs the feature `regex`.
    #[cfg(feature = "regex")]
    Regex(regex::Regex),
}

impl Pattern {
    /// Returns a pattern that matches texts that begin with this text.
    pub fn prefix(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Prefix(text.into())
    }

    /// Returns a pattern that matches only this text.
    pub fn exact(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Exact(text.into())
    }

    /// Returns a pattern that matches texts for which a function returns `true`. The function is called often and on
    /// any thread, so it should be fast.
    pub fn from_fn(matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::Matches(Arc::new(matches))
    }

    /// Returns whether a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => text.contains(&**part),
            Self::Prefix(start) => text.starts_with(&**start),
            Self::Exact(whole) => text == whole,
            Self::Matches(function) => ask(&**function, text),
            #[cfg(feature = "regex")]
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Pattern {
    /// Returns whether the pattern is an empty text, which matches every text.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Contains(text) | Self::Prefix(text) if text.is_empty())
    }
}

/// Calls the user's function. Spans and requests of that function may lead here again, hence the depth check.
fn ask(function: &dyn Fn(&str) -> bool, text: &str) -> bool {
    /// The function is called for every span: one error on stderr is enough.
    static TOLD: AtomicBool = AtomicBool::new(false);
    if callback::is_too_deep() {
        return false;
    }
    callback::run(callback::depth(), || function(text)).unwrap_or_else(|_| {
        let tell = if TOLD.swap(true, Ordering::Relaxed) { diagnostics::debug } else { diagnostics::error };
        tell(format_args!("a pattern function panicked for `{text}`; treated as no match"));
        false
    })
}

impl From<&'static str> for Pattern {
    fn from(part: &'static str) -> Self {
        Self::Contains(Cow::Borrowed(part))
    }
}

impl From<String> for Pattern {
    fn from(part: String) -> Self {
        Self::Contains(Cow::Owned(part))
    }
}

#[cfg(feature = "regex")]
impl From<regex::Regex> for Pattern {
    fn from(regex: regex::Regex) -> Self {
        Self::Regex(regex)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(part) => write!(f, "Contains({part:?})"),
            Self::Prefix(start) => write!(f, "Prefix({start:?})"),
            Self::Exact(whole) => write!(f, "Exact({whole:?})"),
            Self::Matches(_) => f.write_str("Matches(..)"),
            #[cfg(feature = "regex")]
            Self::Regex(regex) => write!(f, "Regex({:?})", regex.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_as_the_pattern_says() {
        let table: [(Pattern, &[&str], &[&str]); 4] = [
            ("host".into(), &["localhost:8443", "host"], &["HOST", ""]),
            (Pattern::prefix("/"), &["/", "/api"], &["http://x/", ""]),
            (Pattern::exact("a"), &["a"], &["aa", ""]),
            (Pattern::from_fn(|text| text.len() > 2), &["abc"], &["ab"]),
        ];
        for (pattern, meant, others) in table {
            assert!(meant.iter().all(|text| pattern.matches(text)), "{pattern:?}");
            assert!(!others.iter().any(|text| pattern.matches(text)), "{pattern:?}");
        }
    }

    #[test]
    fn a_function_that_panics_says_no() {
        assert!(!Pattern::from_fn(|_| panic!("thrown by the pattern")).matches("a"));
    }

    #[cfg(feature = "regex")]
    #[test]
    fn regular_expressions_match_anywhere() {
        let pattern = Pattern::from(regex::Regex::new("myApi.com/v[2-4]").expect("a valid expression"));
        assert!(pattern.matches("https://myApi.com/v2/projects"));
        assert!(!pattern.matches("https://myApi.com/v1/projects"));
    }
}
