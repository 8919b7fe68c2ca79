//! The choice among data that has names and values: headers, cookies, query parameters, variables.
//!
//! [Spec, "Key-Value Collection
//! Behavior"](https://develop.sentry.dev/sdk/foundations/client/data-collection/#option-types)

use std::borrow::Cow;

/// The text in place of a value that is not shown.
pub(crate) const FILTERED: &str = "[Filtered]";

/// A choice among data that has names and values: headers, cookies, query parameters, variables. See
/// [`DataCollection`](super::DataCollection).
///
/// Names are always collected, unless the category is off. Values that are not shown are `[Filtered]`. Terms are
/// compared with a part of the name, and case does not matter: `user` matches `X-User-Id`. An empty term matches nothing.
/// Values with names such as `authorization`, `session` or `api_key` are filtered in any case, even if a term allows
/// them; see the guide [`privacy`](crate::guide::privacy).
///
/// ```
/// use sentry::CollectBehavior;
///
/// assert_eq!(CollectBehavior::from(true), CollectBehavior::default());
/// assert_eq!(CollectBehavior::from(false), CollectBehavior::Off);
/// let shown = CollectBehavior::allow(["x-request-id", "content-type"]);
/// # assert_ne!(shown, CollectBehavior::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CollectBehavior {
    /// Neither names nor values.
    Off,
    /// All names, and the values of all names that contain none of these terms. The default, without terms.
    DenyList(Vec<Cow<'static, str>>),
    /// All names, and the values of those names that contain one of these terms.
    AllowList(Vec<Cow<'static, str>>),
    /// All names, and only values that cannot identify a person: of request headers those of a built-in list, such as
    /// `accept`, `content-type` and `user-agent`; otherwise none. The spec has no such mode; without
    /// [`send_default_pii`](super::super::ClientOptions::send_default_pii) it applies to request headers and query
    /// parameters.
    Harmless,
}

impl CollectBehavior {
    /// The terms with which the spec extends a deny list for programs that must not collect what identifies a person: in
    /// the names of headers such as `x-forwarded-for`, `x-real-ip`, `remote-addr` and `x-user-id`.
    ///
    /// ```
    /// use sentry::{CollectBehavior, DataCollection};
    ///
    /// let options = DataCollection::new().http_headers(CollectBehavior::deny(CollectBehavior::IDENTIFYING));
    /// # assert!(options.http_headers.request.is_some());
    /// ```
    ///
    /// [Spec, "Extended Deny
    /// Terms"](https://develop.sentry.dev/sdk/foundations/client/data-collection/#sensitive-denylist)
    pub const IDENTIFYING: [&'static str; 5] = ["forwarded", "-ip", "remote-", "via", "-user"];

    /// Returns the behavior that shows all values except those whose name contains one of these terms.
    pub fn deny<T: Into<Cow<'static, str>>>(terms: impl IntoIterator<Item = T>) -> Self {
        Self::DenyList(terms.into_iter().map(Into::into).collect())
    }

    /// Returns the behavior that only shows values whose name contains one of these terms.
    pub fn allow<T: Into<Cow<'static, str>>>(terms: impl IntoIterator<Item = T>) -> Self {
        Self::AllowList(terms.into_iter().map(Into::into).collect())
    }

    /// Returns whether nothing is collected.
    #[must_use]
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }

    /// Returns whether the value under a name is shown. Names that look like those of secrets are not considered here.
    ///
    /// ```
    /// use sentry::CollectBehavior;
    ///
    /// assert!(CollectBehavior::deny(["-ip"]).shows("accept"));
    /// assert!(!CollectBehavior::deny(["-ip"]).shows("X-Real-IP"));
    /// assert!(CollectBehavior::allow(["x-request-id"]).shows("X-Request-Id"));
    /// assert!(!CollectBehavior::allow(["x-request-id"]).shows("accept"));
    /// ```
    #[must_use]
    pub fn shows(&self, name: &str) -> bool {
        match self {
            Self::Off | Self::Harmless => false,
            Self::DenyList(terms) => !contains_any(name, terms),
            Self::AllowList(terms) => contains_any(name, terms),
        }
    }

    /// Returns whether values are shown without regard to their names.
    pub(crate) fn shows_all(&self) -> bool {
        matches!(self, Self::DenyList(terms) if terms.is_empty())
    }
}

fn contains_any(name: &str, terms: &[Cow<'static, str>]) -> bool {
    let contains = |term: &[u8]| {
        !term.is_empty() && name.as_bytes().windows(term.len()).any(|part| part.eq_ignore_ascii_case(term))
    };
    terms.iter().any(|term| contains(term.trim().as_bytes()))
}

impl Default for CollectBehavior {
    fn default() -> Self {
        Self::DenyList(Vec::new())
    }
}

/// `true` shows all values, `false` collects nothing.
impl From<bool> for CollectBehavior {
    fn from(collect: bool) -> Self {
        if collect { Self::default() } else { Self::Off }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_parts_of_names_in_any_case() {
        let denied = CollectBehavior::deny(["Forwarded", "-ip", ""]);
        for (name, shown) in [("X-FORWARDED-FOR", false), ("x-real-ip", false), ("ip", true), ("", true)] {
            assert_eq!(denied.shows(name), shown, "{name}");
        }
        let allowed = CollectBehavior::allow(["request-id".to_owned(), " ".to_owned()]);
        for (name, shown) in [("X-Request-Id", true), ("x-request-i", false), ("", false)] {
            assert_eq!(allowed.shows(name), shown, "{name}");
        }
        assert!(!CollectBehavior::Off.shows("a") && !CollectBehavior::Harmless.shows("a"));
    }

    #[test]
    fn only_a_deny_list_without_terms_shows_all() {
        assert!(CollectBehavior::from(true).shows_all());
        for other in [CollectBehavior::Off, CollectBehavior::Harmless, CollectBehavior::allow(["a"])] {
            assert!(!other.shows_all(), "{other:?}");
        }
        assert!(!CollectBehavior::deny(["a"]).shows_all());
    }
}
