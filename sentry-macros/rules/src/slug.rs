//! Monitor slugs: lowercase letters, digits, `-` and `_`, at most 50 characters, not only digits.
//!
//! Sentry rewrites an invalid slug, so that the monitor appears under another name than the one in the code. Here it is an
//! error that suggests a valid slug.
//!
//! Spec: <https://develop.sentry.dev/sdk/telemetry/check-ins/>.

use std::fmt;

/// The maximum length of a slug, in characters.
pub const MAX_LENGTH: usize = 50;

/// An invalid monitor slug. The message names the slug, the rule and a slug to use instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlugError {
    /// The slug is empty.
    Empty,
    /// The slug has more than [`MAX_LENGTH`] characters.
    TooLong {
        /// The slug as written.
        slug: String,
        /// The number of characters.
        length: usize,
    },
    /// The slug contains a character other than `a-z0-9_-`.
    Character {
        /// The slug as written.
        slug: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// The slug consists only of digits, which Sentry reads as an id.
    OnlyDigits {
        /// The slug as written.
        slug: String,
    },
}

impl fmt::Display for SlugError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the monitor slug is empty; name the monitor, as in `nightly-report`"),
            Self::TooLong { slug, length } => write!(
                f,
                "the monitor slug `{slug}` has {length} characters, but Sentry accepts at most {MAX_LENGTH}; shorten it"
            ),
            Self::Character { slug, character } => {
                write!(
                    f,
                    "the monitor slug `{slug}` contains {character:?}; a slug consists of lowercase letters, digits, `-` and `_`"
                )?;
                match suggest(slug) {
                    Some(better) => write!(f, "; use `{better}`"),
                    None => Ok(()),
                }
            }
            Self::OnlyDigits { slug } => {
                write!(
                    f,
                    "the monitor slug `{slug}` consists only of digits; add a letter, as in `job-{slug}`"
                )
            }
        }
    }
}

impl std::error::Error for SlugError {}

/// Checks a monitor slug.
///
/// # Errors
/// Returns the first rule that `slug` breaks.
pub fn check(slug: &str) -> Result<(), SlugError> {
    if slug.is_empty() {
        return Err(SlugError::Empty);
    }
    if let Some(character) = slug.chars().find(|&character| !allowed(character)) {
        return Err(SlugError::Character { slug: slug.to_owned(), character });
    }
    if slug.len() > MAX_LENGTH {
        return Err(SlugError::TooLong { slug: slug.to_owned(), length: slug.len() });
    }
    if slug.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SlugError::OnlyDigits { slug: slug.to_owned() });
    }
    Ok(())
}

fn allowed(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '-' | '_')
}

/// Returns the valid slug closest to `slug`, if any letters remain.
fn suggest(slug: &str) -> Option<String> {
    let mut better = String::new();
    for character in slug.chars().flat_map(char::to_lowercase) {
        if allowed(character) {
            better.push(character);
        } else if !better.is_empty() && !better.ends_with('-') {
            better.push('-');
        }
    }
    better.truncate(MAX_LENGTH);
    let better = better.trim_matches('-');
    check(better).is_ok().then(|| better.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{SlugError, check};

    #[test]
    fn accepts_what_sentry_accepts() {
        for slug in ["nightly-report", "a", "job_1", "2024-import", &"a".repeat(50)] {
            assert_eq!(check(slug), Ok(()), "{slug}");
        }
    }

    #[test]
    fn rejects_each_broken_rule() {
        assert_eq!(check(""), Err(SlugError::Empty));
        assert_eq!(check("12345"), Err(SlugError::OnlyDigits { slug: "12345".into() }));
        assert_eq!(check("A"), Err(SlugError::Character { slug: "A".into(), character: 'A' }));
        assert_eq!(check("a b"), Err(SlugError::Character { slug: "a b".into(), character: ' ' }));
        assert_eq!(check("über"), Err(SlugError::Character { slug: "über".into(), character: 'ü' }));
        assert!(matches!(check(&"a".repeat(51)), Err(SlugError::TooLong { length: 51, .. })));
    }

    #[test]
    fn proposes_a_slug() {
        assert!(check("Nightly  Report!").unwrap_err().to_string().ends_with("use `nightly-report`"));
        assert!(check("77").unwrap_err().to_string().contains("`job-77`"));
        assert!(!check("§§").unwrap_err().to_string().contains("use"));
    }
}
