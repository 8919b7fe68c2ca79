//! Sentry's conventions for the names of attributes and of operations: which names are deprecated, and which type a value
//! has.
//!
//! Names that the conventions do not have are free, and so are names without a dot, which are the program's own words.
//! [Spec](https://github.com/getsentry/sentry-conventions).

use crate::nearest::is_one_edit;

mod table;

/// The conventions' statement about the name of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Another name replaces it.
    Renamed(&'static str),
    /// It is deprecated, and nothing replaces it.
    Retired,
    /// Values have this type.
    Typed(Type),
}

/// The type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Any number.
    Double,
    /// A text.
    String,
}

/// Returns what the conventions say about the name of an attribute, or `None` if they do not have it.
///
/// ```
/// use sentry_rules::conventions::{Name, Type, attribute};
///
/// assert_eq!(attribute("http.status_code"), Some(Name::Renamed("http.response.status_code")));
/// assert_eq!(attribute("http.response.status_code"), Some(Name::Typed(Type::Integer)));
/// assert_eq!(attribute("order.id"), None);
/// ```
pub fn attribute(name: &str) -> Option<Name> {
    if let Ok(index) = table::RENAMED.binary_search_by_key(&name, |(old, _)| old) {
        return Some(Name::Renamed(table::RENAMED[index].1));
    }
    if holds(table::RETIRED, name) {
        return Some(Name::Retired);
    }
    [
        (table::BOOLEANS, Type::Boolean),
        (table::INTEGERS, Type::Integer),
        (table::DOUBLES, Type::Double),
        (table::STRINGS, Type::String),
    ]
    .into_iter()
    .find(|(names, _)| holds(names, name))
    .map(|(_, ty)| Name::Typed(ty))
}

/// Returns the known operation that an unknown one is probably meant to be: it differs in one letter, or in two that
/// are swapped. Short words differ in one letter from too many others.
///
/// ```
/// use sentry_rules::conventions::operation_meant;
///
/// assert_eq!(operation_meant("db.qurey"), Some("db.query"));
/// assert_eq!(operation_meant("db.query"), None);
/// assert_eq!(operation_meant("shop.checkout"), None);
/// ```
pub fn operation_meant(operation: &str) -> Option<&'static str> {
    const SHORTEST: usize = 6;
    if holds(table::OPERATIONS, operation) || operation.len() < SHORTEST {
        return None;
    }
    table::OPERATIONS.iter().copied().find(|known| known.len() >= SHORTEST && is_one_edit(operation, known))
}

fn holds(names: &[&str], name: &str) -> bool {
    names.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_searched() {
        assert!(table::RENAMED.is_sorted());
        for names in [
            table::RETIRED,
            table::BOOLEANS,
            table::INTEGERS,
            table::DOUBLES,
            table::STRINGS,
            table::OPERATIONS,
        ] {
            assert!(names.is_sorted() && !names.is_empty(), "{names:?}");
        }
    }

    #[test]
    fn a_new_name_is_not_deprecated_itself() {
        for (old, new) in table::RENAMED {
            assert!(matches!(attribute(new), None | Some(Name::Typed(_))), "{old} becomes {new}");
        }
    }

    #[test]
    fn only_near_operations_are_meant() {
        assert_eq!(operation_meant("http.cleint"), Some("http.client"));
        assert_eq!(operation_meant("http.clients"), Some("http.client"));
        assert_eq!(operation_meant("ruoter"), Some("router"), "the shortest");
        assert_eq!(operation_meant("route"), None, "a short word");
        assert_eq!(operation_meant("caches"), None, "near a short word");
        assert_eq!(operation_meant("http.klyent"), None, "two letters");
        assert_eq!(operation_meant(&"x".repeat(1_000_000)), None);
    }
}
