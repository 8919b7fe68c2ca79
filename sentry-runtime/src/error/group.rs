//! Error groups: errors that consist of several others, and the option that names their types.
//!
//! [Spec, "Exception Groups"](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/)

use std::error::Error;
use std::fmt;

/// An error that consists of several others, such as the failures of parallel jobs. [`Error::source`] can only return
/// one error.
///
/// A group is captured by [`capture_error_group`](crate::capture_error_group), or by an annotated function that returns
/// it. A group that is the cause of another error, or is inside a `Box<dyn Error>`, is recognised if the option
/// [`error_group`](crate::ClientOptions::error_group) names its type.
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
    /// Returns the errors of the group, each with its own sources. At most 50 errors are sent in total.
    fn errors(&self) -> Vec<&(dyn Error + 'static)>;
}

type Parts<'a> = Vec<&'a (dyn Error + 'static)>;

/// Detects the groups of one type, see [`ClientOptions::error_group`](crate::ClientOptions::error_group).
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
