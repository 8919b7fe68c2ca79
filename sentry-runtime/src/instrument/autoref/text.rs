//! The check that a captured error has a text. It costs nothing at run time.

use std::fmt::{Debug, Display};

use crate::base::probe::Probe;

/// Errors that have a text, and values that are not results.
#[doc(hidden)]
pub trait ErrorWithText: Sized {
    #[inline(always)]
    fn check_text(self) {}
}

impl<T, E: Display> ErrorWithText for &&&Probe<'_, Result<T, E>> {}
impl<T, E: Debug> ErrorWithText for &&Probe<'_, Result<T, E>> {}
impl<T: ?Sized> ErrorWithText for Probe<'_, T> {}

/// Errors without a text. Only the lint for deprecated items lets a library warn in code that it generates.
#[doc(hidden)]
pub trait ErrorWithoutText: Sized {
    #[deprecated(
        note = "the error type implements neither `Display` nor `Debug`, so the captured event only has the name of the \
                type; implement `std::error::Error` or derive `Debug` for it"
    )]
    #[inline(always)]
    fn check_text(self) {}
}

impl<T, E> ErrorWithoutText for &Probe<'_, Result<T, E>> {}

/// Checks that the error in a returned value has a text. The compiler warns at the name of the method, which is passed in.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_text {
    ($value:expr, $check:ident) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ErrorWithText as _, ErrorWithoutText as _};
        (&&&$crate::__private::Probe($value)).$check();
    }};
}
