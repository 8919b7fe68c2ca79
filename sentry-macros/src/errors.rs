//! The error collector: all mistakes in one use of an attribute, reported together.

use proc_macro2::Span;

/// The errors and warnings found so far.
#[derive(Default, Clone)]
pub(crate) struct Errors {
    error: Option<syn::Error>,
    warnings: Vec<Warning>,
}

/// A remark that does not keep the item from being instrumented.
#[derive(Clone)]
pub(crate) struct Warning {
    /// The token that the remark is about.
    pub(crate) place: Span,
    pub(crate) message: String,
}

impl Errors {
    /// Adds an error with `message` at `span`.
    pub(crate) fn add(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds an error that already has its span.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.error {
            Some(errors) => errors.combine(error),
            None => self.error = Some(error),
        }
    }

    /// Adds a warning with `message` at `place`.
    pub(crate) fn warn(&mut self, place: Span, message: impl Into<String>) {
        self.warnings.push(Warning { place, message: message.into() });
    }

    /// Takes the warnings.
    pub(crate) fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// Returns the value of `result`, or adds its error and returns `None`.
    pub(crate) fn handle<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Returns whether no error was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.error.is_none()
    }

    /// Returns `value` if no error was added, and all errors otherwise.
    pub(crate) fn finish_with<T>(self, value: T) -> syn::Result<T> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}
