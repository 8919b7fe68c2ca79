//! The errors that a function form can capture: what the attributes find out about a type, as a trait.

use std::borrow::Cow;
use std::error::Error;

use super::failure::Failure;

/// An error that [`try_with_server_action`](crate::try_with_server_action), [`try_with_monitor`](crate::try_with_monitor)
/// and their like capture: anything that implements [`Error`], `Box<dyn Error>` and `Box<dyn Error + Send + Sync>`,
/// `anyhow::Error` and others that lend a `dyn Error + Send + Sync`, and texts.
///
/// The parameter only tells these apart; the compiler finds it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error that can be captured",
    note = "implement `std::error::Error` for it, turn it into a `Box<dyn Error>` or a `String`, or use the attribute, \
            which takes every type"
)]
pub trait ErrorValue<Form> {
    /// The error as it is captured.
    #[doc(hidden)]
    fn failure(&self) -> Failure<'_>;
}

/// Implements [`Error`].
#[doc(hidden)]
#[derive(Debug)]
pub struct IsError;

/// Lends one.
#[doc(hidden)]
#[derive(Debug)]
pub struct LendsError;

/// Holds one in a box.
#[doc(hidden)]
#[derive(Debug)]
pub struct BoxesError;

/// Is only a text.
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
