//! The trait of errors that the function forms can capture; attributes detect the same abilities automatically.

use std::borrow::Cow;
use std::error::Error;

use super::failure::Failure;

/// An error that [`try_with_server_action`](crate::try_with_server_action),
/// [`try_with_monitor`](crate::try_with_monitor) and their variants capture: any type that implements [`Error`],
/// `Box<dyn Error>` and `Box<dyn Error + Send + Sync>`, types that lend a `dyn Error + Send + Sync` such as
/// `anyhow::Error`, and strings.
///
/// The type parameter only distinguishes these cases; the compiler infers it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that can be captured",
    note = "implement `std::error::Error` for it, turn it into a `Box<dyn Error>` or a `String`, or use the attribute, \
            which takes every type"
)]
pub trait ErrorValue<Form> {
    /// Returns the error as it is captured.
    #[doc(hidden)]
    fn failure(&self) -> Failure<'_>;
}

/// The form of types that implement [`Error`].
#[doc(hidden)]
#[derive(Debug)]
pub struct IsError;

/// The form of types that lend an error.
#[doc(hidden)]
#[derive(Debug)]
pub struct LendsError;

/// The form of types that hold an error in a box.
#[doc(hidden)]
#[derive(Debug)]
pub struct BoxesError;

/// The form of strings.
#[doc(hidden)]
#[derive(Debug)]
pub struct IsText;

impl<E: Error> ErrorValue<IsError> for E {
    fn failure(&self) -> Failure<'_> {
        Failure::error(self)
    }
}

impl<E: AsRef<dyn Error + Send + Sync>> ErrorValue<LendsError> for E {
    fn failure(&self) -> Failure<'_> {
        Failure::dynamic(self.as_ref(), std::any::type_name::<E>())
    }
}

impl ErrorValue<BoxesError> for Box<dyn Error> {
    fn failure(&self) -> Failure<'_> {
        Failure::dynamic(self.as_ref(), std::any::type_name::<Self>())
    }
}

macro_rules! texts {
    ($($ty:ty),*) => {$(
        impl ErrorValue<IsText> for $ty {
            fn failure(&self) -> Failure<'_> {
                Failure::display(self)
            }
        }
    )*};
}

texts!(String, &str, Cow<'_, str>);
