//! A returned error, as the expansion of an attribute could find out about it: whatever its type can do.

use std::error::Error;
use std::fmt::{Debug, Display};

use super::group::ErrorGroup;

/// The error inside of an `Err`, by the best that its type offers.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    pub(crate) value: FailureValue<'a>,
    pub(crate) type_name: &'static str,
    pub(crate) control: ControlFlow,
}

/// See [`Failure`].
#[derive(Clone, Copy)]
pub(crate) enum FailureValue<'a> {
    Error(&'a (dyn Error + 'a)),
    /// An error behind a pointer, which may be a group.
    Dynamic(&'a (dyn Error + 'static)),
    Group(&'a (dyn ErrorGroup + 'a)),
    Display(&'a (dyn Display + 'a)),
    Debug(&'a (dyn Debug + 'a)),
    /// Nothing can be said but its type.
    Opaque,
}

/// What an `Err` of a web handler means: a failure, or a way to say where to go.
///
/// Frameworks return redirects and not-found answers through `Err`; those are no errors to capture.
///
/// ```
/// use sentry::{ActionError, ControlFlow};
///
/// enum PageError { MovedTo(String), NoSuchPage, Database(std::io::Error) }
///
/// impl ActionError for PageError {
///     fn control_flow(&self) -> ControlFlow {
///         match self {
///             Self::MovedTo(_) => ControlFlow::Redirect,
///             Self::NoSuchPage => ControlFlow::NotFound,
///             Self::Database(_) => ControlFlow::Failure,
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ControlFlow {
    /// An error: it is captured, the span's status is `internal_error`.
    #[default]
    Failure,
    /// A redirect: nothing is captured, the span's status is `ok`.
    Redirect,
    /// Not found: nothing is captured, the span's status is `not_found`.
    NotFound,
}

/// Implemented by error types of web handlers some of whose values are no failures, see [`ControlFlow`].
pub trait ActionError {
    /// What this value means.
    fn control_flow(&self) -> ControlFlow;
}

impl<'a> Failure<'a> {
    /// An error value.
    pub fn error<E: Error + 'a>(error: &'a E) -> Self {
        Self::new(FailureValue::Error(error), std::any::type_name::<E>())
    }

    /// An error behind a pointer, as `anyhow::Error` and `Box<dyn Error>` hold it.
    pub fn dynamic(error: &'a (dyn Error + 'static), type_name: &'static str) -> Self {
        Self::new(FailureValue::Dynamic(error), type_name)
    }

    /// An error that consists of several.
    pub fn group<E: ErrorGroup + 'a>(group: &'a E) -> Self {
        Self::new(FailureValue::Group(group), std::any::type_name::<E>())
    }

    /// A value that can only be shown.
    pub fn display<E: Display + 'a>(value: &'a E) -> Self {
        Self::new(FailureValue::Display(value), std::any::type_name::<E>())
    }

    /// A value that can only be debugged.
    pub fn debug<E: Debug + 'a>(value: &'a E) -> Self {
        Self::new(FailureValue::Debug(value), std::any::type_name::<E>())
    }

    /// A value of which only the type is known.
    pub fn opaque<E>(_value: &'a E) -> Self {
        Self::new(FailureValue::Opaque, std::any::type_name::<E>())
    }

    const fn new(value: FailureValue<'a>, type_name: &'static str) -> Self {
        Self { value, type_name, control: ControlFlow::Failure }
    }

    /// Whether it is one, and no redirect or the like.
    pub(crate) fn is_failure(&self) -> bool {
        self.control == ControlFlow::Failure
    }

    /// The same failure with what its type says it means.
    #[must_use]
    pub fn meaning(mut self, control: ControlFlow) -> Self {
        self.control = control;
        self
    }
}

impl std::fmt::Debug for Failure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failure").field("type_name", &self.type_name).finish_non_exhaustive()
    }
}
