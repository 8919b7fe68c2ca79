//! Detection of an error that is a response: its status, and the error in it.
//!
//! Frameworks make a response of an `Err`. If the status of that response is below 500, the client made the mistake, and the
//! error is none of the handler's.

use crate::base::probe::Probe;
use crate::instrument::handler::{ResponseStatus, StatusOfTuple, contained, tuples};

levels! { sentry_refusal -> Option<u16>;
    RefusalOfError: [T, E: ResponseStatus] &&&&Probe<'a, Result<T, E>> =>
        |value| contained(|| value.as_ref().err().and_then(ResponseStatus::response_status));
    RefusalOfNumber: [T, E: NumberFirst] &&&Probe<'a, Result<T, E>> =>
        |value| value.as_ref().err().and_then(NumberFirst::refusal);
    RefusalOfAny: [T: ?Sized] Probe<'a, T> => |_value| None;
}

/// The level of actix-web's errors, if its feature is on.
#[doc(hidden)]
pub trait RefusalOfActix {
    fn sentry_refusal(&self) -> Option<u16>;
}

#[cfg(feature = "actix-web")]
impl<T, E: actix_web::ResponseError> RefusalOfActix for &Probe<'_, Result<T, E>> {
    fn sentry_refusal(&self) -> Option<u16> {
        // actix-web also gives errors of the standard library a status; a handler of another framework returns them, too.
        let is_foreign =
            ["std::", "core::", "alloc::"].iter().any(|of| std::any::type_name::<E>().starts_with(of));
        let error = self.0.as_ref().err().filter(|_| !is_foreign)?;
        contained(|| Some(error.status_code().as_u16()))
    }
}

/// A tuple that starts with the number of a status.
#[doc(hidden)]
pub trait NumberFirst {
    fn refusal(&self) -> Option<u16>;
}

/// The error in a returned value, for handlers: for a tuple that is a response, its body.
#[doc(hidden)]
pub trait InnerOfTuple<'a> {
    type Body: 'a;
    fn sentry_inner(&self) -> InnerError<'a, Self::Body>;
}

/// The error in a response.
#[doc(hidden)]
#[derive(Debug)]
pub struct InnerError<'a, B>(Result<(), &'a B>);

impl<'a, B> InnerError<'a, B> {
    #[inline]
    pub fn value(&self) -> &Result<(), &'a B> {
        &self.0
    }
}

/// The fallback: the returned value itself.
#[doc(hidden)]
pub trait InnerOfAny<'a> {
    type Value: ?Sized + 'a;
    fn sentry_inner(&self) -> Whole<'a, Self::Value>;
}

/// A value that is no response around another one.
#[doc(hidden)]
#[derive(Debug)]
pub struct Whole<'a, T: ?Sized>(&'a T);

impl<'a, T: ?Sized> Whole<'a, T> {
    #[inline]
    pub fn value(&self) -> &'a T {
        self.0
    }
}

impl<'a, T: ?Sized + 'a> InnerOfAny<'a> for Probe<'a, T> {
    type Value = T;
    #[inline]
    fn sentry_inner(&self) -> Whole<'a, T> {
        Whole(self.0)
    }
}

/// A tuple that is a response.
#[doc(hidden)]
pub trait ResponseTuple {
    type Body;
    fn body(&self) -> &Self::Body;
}

impl<'a, T, E: ResponseTuple + 'a> InnerOfTuple<'a> for &Probe<'a, Result<T, E>> {
    type Body = E::Body;
    #[inline]
    fn sentry_inner(&self) -> InnerError<'a, E::Body> {
        InnerError(self.0.as_ref().map(drop).map_err(ResponseTuple::body))
    }
}

/// A status with which a tuple may start.
#[doc(hidden)]
pub trait StatusFirst {}
impl<S: StatusOfTuple> StatusFirst for S {}
impl StatusFirst for u16 {}

macro_rules! tuple {
    ($($part:ident)*) => {
        impl<$($part,)* B> NumberFirst for (u16, $($part,)* B) {
            fn refusal(&self) -> Option<u16> {
                Some(self.0).filter(|code| (300..600).contains(code))
            }
        }

        impl<S: StatusFirst, $($part,)* B> ResponseTuple for (S, $($part,)* B) {
            type Body = B;
            fn body(&self) -> &B {
                #[allow(non_snake_case, reason = "the names of the types")]
                let (_status, $($part,)* body) = self;
                $(let _ = $part;)*
                body
            }
        }
    };
}

tuples! { tuple }

/// Reads the HTTP status of the response that an `Err` becomes. `rejection`: the error may tell it by a method `status`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_refusal {
    (rejection $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            CodeOfAny as _, CodeOfNumber as _, CodeOfOption as _, ErrOfAny as _, ErrOfResult as _,
            NoStatus as _,
        };
        match (&&$crate::__private::Probe($value)).sentry_err() {
            ::core::option::Option::Some(__sentry_err) => {
                (&&&$crate::__private::Probe(&|| __sentry_err.status())).sentry_code()
            }
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }};
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            RefusalOfActix as _, RefusalOfAny as _, RefusalOfError as _, RefusalOfNumber as _,
        };
        (&&&&&$crate::__private::Probe($value)).sentry_refusal()
    }};
}

/// Reports the error in a returned value like `report!`, for a web handler.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_report_inner {
    (borrowed $work:expr, $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{InnerOfAny as _, InnerOfTuple as _};
        match (&&$crate::__private::Probe($value)).sentry_inner() {
            __sentry_inner => {
                let __sentry_value = __sentry_inner.value();
                $crate::__private::report!(borrowed $work, __sentry_value);
            }
        }
    }};
    ($work:expr, $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{InnerOfAny as _, InnerOfTuple as _};
        match (&&$crate::__private::Probe($value)).sentry_inner() {
            __sentry_inner => {
                let __sentry_value = __sentry_inner.value();
                $crate::__private::report!($work, __sentry_value);
            }
        }
    }};
}

#[doc(hidden)]
pub trait ErrOfResult<'a> {
    type Error: 'a;
    fn sentry_err(&self) -> Option<&'a Self::Error>;
}

impl<'a, T, E: 'a> ErrOfResult<'a> for &Probe<'a, Result<T, E>> {
    type Error = E;
    fn sentry_err(&self) -> Option<&'a E> {
        self.0.as_ref().err()
    }
}

#[doc(hidden)]
pub trait ErrOfAny<'a> {
    fn sentry_err(&self) -> Option<&'a ()>;
}

impl<'a, T: ?Sized> ErrOfAny<'a> for Probe<'a, T> {
    fn sentry_err(&self) -> Option<&'a ()> {
        None
    }
}
