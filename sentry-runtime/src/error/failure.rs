//! The failure of an annotated function: its returned error, with the best of the traits that its type implements.

use std::error::Error;
use std::fmt::{Debug, Display};

use super::group::ErrorGroup;
use crate::stacktrace::locals::Locals;

/// The error of an `Err`, with the best of the traits that its type implements.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    pub(crate) value: FailureValue<'a>,
    pub(crate) type_name: &'static str,
    pub(crate) control: ControlFlow,
    /// The values of the function's arguments, if its attribute asks for them.
    pub(crate) locals: Option<&'a Locals>,
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
    /// A value without any of the traits: only its type is known.
    Opaque,
}

/// The meaning of an `Err` of a web handler: a failure, or a response such as a redirect.
///
/// Frameworks return redirects and not-found responses through `Err`; these are not captured as errors.
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
    /// An error: it is captured, and the span's status is `internal_error`.
    #[default]
    Failure,
    /// A redirect: nothing is captured, and the span's status is `ok`.
    Redirect,
    /// Not found: nothing is captured, and the span's status is `not_found`.
    NotFound,
}

/// Implemented by error types of web handlers, if some of their values are not failures, see [`ControlFlow`].
pub trait ActionError {
    /// Returns the meaning of this value.
    fn control_flow(&self) -> ControlFlow;
}

impl<'a> Failure<'a> {
    /// Returns the failure of an error value.
    pub fn error<E: Error + 'a>(error: &'a E) -> Self {
        Self::new(FailureValue::Error(error), std::any::type_name::<E>())
    }

    /// Returns the failure of an error behind a pointer, as in `anyhow::Error` and `Box<dyn Error>`.
    pub fn dynamic(error: &'a (dyn Error + 'static), type_name: &'static str) -> Self {
        Self::new(FailureValue::Dynamic(error), type_name)
    }

    /// Returns the failure of an error group.
    pub fn group<E: ErrorGroup + 'a>(group: &'a E) -> Self {
        Self::new(FailureValue::Group(group), std::any::type_name::<E>())
    }

    /// Returns the failure of a value that only implements `Display`.
    pub fn display<E: Display + 'a>(value: &'a E) -> Self {
        Self::new(FailureValue::Display(value), std::any::type_name::<E>())
    }

    /// Returns the failure of a value that only implements `Debug`.
    pub fn debug<E: Debug + 'a>(value: &'a E) -> Self {
        Self::new(FailureValue::Debug(value), std::any::type_name::<E>())
    }

    /// Returns the failure of a value that implements none of the traits.
    pub fn opaque<E>(_value: &'a E) -> Self {
        Self::new(FailureValue::Opaque, std::any::type_name::<E>())
    }

    const fn new(value: FailureValue<'a>, type_name: &'static str) -> Self {
        Self { value, type_name, control: ControlFlow::Failure, locals: None }
    }

    /// Returns whether it means a failure, and not a redirect or not-found.
    pub(crate) fn is_failure(&self) -> bool {
        self.control == ControlFlow::Failure
    }

    /// Returns the same failure with the values of the function's arguments.
    pub(crate) fn with_locals(self, locals: &'a Locals) -> Self {
        Self { locals: Some(locals), ..self }
    }

    /// Returns the same failure with the given meaning.
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
