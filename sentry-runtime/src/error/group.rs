//! Errors that consist of several: what a program says of a type, so that the parts are told as well.
//!
//! Spec: `foundations/transport/event-payloads/exception.mdx`, exception groups.

use std::error::Error;
use std::fmt;

/// Implemented by errors that stand for several others, such as what went wrong in each of many parallel jobs.
/// [`Error::source`] can name only one.
///
/// Such an error is captured by [`capture_error_group`](crate::capture_error_group), or by an annotated function that
/// returns it. One that comes up as the cause of another, or inside of a `Box<dyn Error>`, is recognised when its type
/// was named by the option [`error_group`](crate::ClientOptions::error_group).
///
/// ```
/// use std::error::Error;
/// use std::fmt;
///
/// #[derive(Debug)]
/// struct JobsFailed(Vec<std::io::Error>);
///
/// impl fmt::Display for JobsFailed {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "{} jobs failed", self.0.len())
///     }
/// }
///
/// impl Error for JobsFailed {}
///
/// impl sentry::ErrorGroup for JobsFailed {
///     fn errors(&self) -> Vec<&(dyn Error + 'static)> {
///         self.0.iter().map(|error| error as _).collect()
///     }
/// }
///
/// let failed = JobsFailed(vec![std::io::Error::other("no paper"), std::io::Error::other("no ink")]);
/// sentry::capture_error_group(&failed);
/// ```
pub trait ErrorGroup: Error {
    /// The errors that it consists of, each with its own sources. At most 50 errors are told in all.
    fn errors(&self) -> Vec<&(dyn Error + 'static)>;
}

type Parts<'a> = Vec<&'a (dyn Error + 'static)>;

/// Recognises the groups of one type, see [`ClientOptions::error_group`](crate::ClientOptions::error_group).
#[derive(Clone, Copy)]
pub struct GroupReader(for<'a> fn(&'a (dyn Error + 'static)) -> Option<Parts<'a>>);

impl GroupReader {
    pub(crate) fn of<E: ErrorGroup + 'static>() -> Self {
        Self(|error| error.downcast_ref::<E>().map(ErrorGroup::errors))
    }

    pub(crate) fn parts<'a>(self, error: &'a (dyn Error + 'static)) -> Option<Parts<'a>> {
        (self.0)(error)
    }
}

impl fmt::Debug for GroupReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupReader(_)")
    }
}
