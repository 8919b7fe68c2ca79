//! Tag keys and values: keys of at most 32 characters of `a-zA-Z0-9_.:-`, values of at most 200
//! characters without a line break.
//!
//! Spec: <https://develop.sentry.dev/sdk/data-model/event-payloads/>, attribute `tags`.

use std::fmt;

/// The maximum length of a tag key, in characters.
pub const MAX_KEY_LENGTH: usize = 32;
/// The maximum length of a tag value, in characters.
pub const MAX_VALUE_LENGTH: usize = 200;

/// An invalid tag key or tag value. The message names the text, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagError {
    /// The key is empty.
    EmptyKey,
    /// The key has more than [`MAX_KEY_LENGTH`] characters.
    KeyTooLong {
        /// The key as written.
        key: String,
        /// The number of characters.
        length: usize,
    },
    /// The key contains a character other than `a-zA-Z0-9_.:-`.
    KeyCharacter {
        /// The key as written.
        key: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// The value is empty.
    EmptyValue,
    /// The value has more than [`MAX_VALUE_LENGTH`] characters.
    ValueTooLong {
        /// The number of characters.
        length: usize,
    },
    /// The value contains a line break.
    ValueNewline {
        /// The value as written.
        value: String,
    },
}

impl fmt::Display for TagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey => f.write_str("the tag key is empty; name the tag, as in `customer.plan`"),
            Self::KeyTooLong { key, length } => write!(
                f,
                "the tag key `{key}` has {length} characters, but Sentry accepts at most {MAX_KEY_LENGTH}; shorten it"
            ),
            Self::KeyCharacter { key, character } => write!(
                f,
                "the tag key `{key}` contains {character:?}; a key consists of letters, digits, `_`, `.`, `:` and `-`"
            ),
            Self::EmptyValue => f.write_str("the tag value is empty; give it a value or leave the tag out"),
            Self::ValueTooLong { length } => write!(
                f,
                "the tag value has {length} characters, but Sentry accepts at most {MAX_VALUE_LENGTH}; \
                 shorten it, or record it as a context or an attribute"
            ),
            Self::ValueNewline { value } => {
                write!(f, "the tag value {value:?} contains a line break; write it on one line")
            }
        }
    }
}

impl std::error::Error for TagError {}

/// Checks a tag key.
///
/// # Errors
/// Returns the first rule that `key` breaks.
pub fn check_key(key: &str) -> Result<(), TagError> {
    if key.is_empty() {
        return Err(TagError::EmptyKey);
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_.:-".contains(character);
    if let Some(character) = key.chars().find(|&character| !allowed(character)) {
        return Err(TagError::KeyCharacter { key: key.to_owned(), character });
    }
    if key.len() > MAX_KEY_LENGTH {
        return Err(TagError::KeyTooLong { key: key.to_owned(), length: key.len() });
    }
    Ok(())
}

/// Checks a tag value.
///
/// # Errors
/// Returns the first rule that `value` breaks.
pub fn check_value(value: &str) -> Result<(), TagError> {
    if value.is_empty() {
        return Err(TagError::EmptyValue);
    }
    if value.contains(['\n', '\r']) {
        return Err(TagError::ValueNewline { value: value.to_owned() });
    }
    let length = value.chars().count();
    if length > MAX_VALUE_LENGTH {
        return Err(TagError::ValueTooLong { length });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{TagError, check_key, check_value};

    #[test]
    fn keys() {
        for key in ["a", "customer.plan", "A_b-c:9", &"k".repeat(32)] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
        assert_eq!(check_key(""), Err(TagError::EmptyKey));
        assert_eq!(check_key("a b"), Err(TagError::KeyCharacter { key: "a b".into(), character: ' ' }));
        assert_eq!(check_key("naïve"), Err(TagError::KeyCharacter { key: "naïve".into(), character: 'ï' }));
        assert!(matches!(check_key(&"k".repeat(33)), Err(TagError::KeyTooLong { length: 33, .. })));
    }

    #[test]
    fn values() {
        for value in ["a", "with space", "ünïcode", &"ü".repeat(200)] {
            assert_eq!(check_value(value), Ok(()), "{value}");
        }
        assert_eq!(check_value(""), Err(TagError::EmptyValue));
        assert!(matches!(check_value("a\nb"), Err(TagError::ValueNewline { .. })));
        assert!(matches!(check_value("a\r"), Err(TagError::ValueNewline { .. })));
        assert_eq!(check_value(&"ü".repeat(201)), Err(TagError::ValueTooLong { length: 201 }));
    }

    #[test]
    fn errors_name_the_limit() {
        assert!(check_key(&"k".repeat(40)).unwrap_err().to_string().contains("at most 32"));
        assert!(check_value(&"v".repeat(201)).unwrap_err().to_string().contains("at most 200"));
    }
}
