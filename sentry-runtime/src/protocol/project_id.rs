//! The id of a project: the last part of a DSN.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// The id of a project. It is a text, which is a number at sentry.io.
///
/// ```
/// let dsn: sentry::types::Dsn = "https://public@o1.ingest.sentry.io/42".parse()?;
/// assert_eq!(dsn.project_id(), "42");
/// assert_eq!(dsn.project_id().value(), "42");
/// # Ok::<(), sentry::types::ParseDsnError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(String);

impl ProjectId {
    /// Returns the id of this text, which is not checked.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// Returns the text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }
}

impl Deref for ProjectId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ProjectId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProjectId {
    type Err = ParseProjectIdError;

    fn from_str(text: &str) -> Result<Self, ParseProjectIdError> {
        if text.is_empty() { Err(ParseProjectIdError) } else { Ok(Self::new(text)) }
    }
}

/// The error of an empty project id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseProjectIdError;

impl fmt::Display for ParseProjectIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the project id is empty")
    }
}

impl std::error::Error for ParseProjectIdError {}
