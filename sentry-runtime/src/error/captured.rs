//! The trait of errors that [`capture_error`](crate::capture_error) takes.

use std::error::Error;

use super::value::{BoxesError, IsError};

/// An error that [`capture_error`](crate::capture_error) and its variants capture: any type that implements [`Error`], and a
/// boxed `dyn Error`, which does not implement it.
///
/// The type parameter only distinguishes these cases; the compiler infers it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that can be captured",
    note = "`capture_error` takes a type that implements `std::error::Error` and a boxed `dyn Error`; `capture_display` takes \
            a text, `capture_debug` a value that implements `Debug`, `capture_anyhow` and `capture_eyre` the types of those \
            crates"
)]
pub trait CapturedError<Form> {
    /// The error itself.
    #[doc(hidden)]
    type Error: Error + ?Sized;

    /// Returns the error itself.
    #[doc(hidden)]
    fn as_error(&self) -> &Self::Error;
}

impl<E: Error + ?Sized> CapturedError<IsError> for E {
    type Error = E;

    #[inline(always)]
    fn as_error(&self) -> &E {
        self
    }
}

macro_rules! boxes {
    ($($error:ty),*) => {$(
        impl<'a> CapturedError<BoxesError> for Box<$error> {
            type Error = $error;

            #[inline(always)]
            fn as_error(&self) -> &$error {
                &**self
            }
        }
    )*};
}

boxes!(dyn Error + 'a, dyn Error + Send + 'a, dyn Error + Send + Sync + 'a);
