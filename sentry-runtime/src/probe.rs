//! Looking at a value without knowing its type: what an expansion asks of a returned value or an argument.
//!
//! The macros below call a method on a [`Probe`] behind several references. Method lookup tries the form with
//! the most references first, so the first trait in the list whose bound the type meets answers. A generic
//! function is judged by its own bounds, as everything in Rust is.

use std::error::Error;
use std::fmt::{Debug, Display};

use serde::Serialize;

use crate::errors::{ActionError, ControlFlow, Failure};
use crate::protocol::AttributeValue;
use crate::server_action::FormData;

/// A value under examination.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

macro_rules! levels {
    ($method:ident -> $answer:ty; $($name:ident: [$($generics:tt)*] $refs:ty => |$value:ident| $body:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name<'a> {
            fn $method(&self) -> $answer;
        }
        impl<'a, $($generics)*> $name<'a> for $refs {
            #[inline]
            fn $method(&self) -> $answer {
                let $value = self.0;
                $body
            }
        }
    )*};
}

levels! { sentry_failure -> Option<Failure<'a>>;
    FailureOfError: [T, E: Error] &&&&&&Probe<'a, Result<T, E>> => |value| value.as_ref().err().map(Failure::error);
    FailureOfDynamic: [T, E: AsRef<dyn Error + 'static>] &&&&&Probe<'a, Result<T, E>> =>
        |value| value.as_ref().err().map(|e| Failure::dynamic(e.as_ref(), std::any::type_name::<E>()));
    FailureOfSendSync: [T, E: AsRef<dyn Error + Send + Sync + 'static>] &&&&Probe<'a, Result<T, E>> =>
        |value| value.as_ref().err().map(|e| Failure::dynamic(e.as_ref(), std::any::type_name::<E>()));
    FailureOfDisplay: [T, E: Display] &&&Probe<'a, Result<T, E>> => |value| value.as_ref().err().map(Failure::display);
    FailureOfDebug: [T, E: Debug] &&Probe<'a, Result<T, E>> => |value| value.as_ref().err().map(Failure::debug);
    FailureOfAny: [T, E] &Probe<'a, Result<T, E>> => |value| value.as_ref().err().map(Failure::opaque);
    NoFailure: [T: ?Sized] Probe<'a, T> => |_value| None;
}

levels! { sentry_meaning -> ControlFlow;
    MeaningGiven: [T, E: ActionError] &Probe<'a, Result<T, E>> =>
        |value| value.as_ref().err().map_or(ControlFlow::Failure, ActionError::control_flow);
    MeaningFailure: [T: ?Sized] Probe<'a, T> => |_value| ControlFlow::Failure;
}

levels! { sentry_attribute -> AttributeValue;
    AttributeOfCopy: [T: Copy + Into<AttributeValue>] &&&&Probe<'a, T> => |value| (*value).into();
    AttributeOfClone: [T: Clone + Into<AttributeValue>] &&&Probe<'a, T> => |value| value.clone().into();
    AttributeOfDisplay: [T: Display] &&Probe<'a, T> => |value| AttributeValue::from(value.to_string());
    AttributeOfDebug: [T: Debug] &Probe<'a, T> => |value| AttributeValue::from(format!("{value:?}"));
    AttributeOfAny: [T: ?Sized] Probe<'a, T> => |_value| AttributeValue::from(std::any::type_name::<T>());
}

levels! { sentry_form_data -> FormData;
    FormOfSelf: [T: AsRef<FormData>] &&&&Probe<'a, T> => |value| value.as_ref().clone();
    FormOfSerialize: [T: Serialize] &&&Probe<'a, T> => |value| FormData::of(value);
    FormOfDebug: [T: Debug] &&Probe<'a, T> => |value| FormData::text(format!("{value:?}"));
    FormOfAny: [T: ?Sized] Probe<'a, T> => |_value| FormData::default();
}

levels! { sentry_response -> AttributeValue;
    ResponseOfSerialize: [T: Serialize] &&&Probe<'a, T> => |value| crate::server_action::shown(value);
    ResponseOfDebug: [T: Debug] &&Probe<'a, T> => |value| AttributeValue::from(format!("{value:?}"));
    ResponseOfAny: [T: ?Sized] Probe<'a, T> => |_value| AttributeValue::Null;
}

/// The error in a returned value, if there is one, and whether it says that it is none.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_failure {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            FailureOfAny as _, FailureOfDebug as _, FailureOfDisplay as _, FailureOfDynamic as _,
            FailureOfError as _, FailureOfSendSync as _, MeaningFailure as _, MeaningGiven as _,
            NoFailure as _,
        };
        // A name that a constant of the user has would be a pattern.
        let __sentry_seen = $value;
        match (&&&&&&$crate::__private::Probe(__sentry_seen)).sentry_failure() {
            ::core::option::Option::Some(__sentry_failed) => ::core::option::Option::Some(
                __sentry_failed.meaning((&$crate::__private::Probe(__sentry_seen)).sentry_meaning()),
            ),
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }};
}

/// A form of any type.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_form_data {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{FormOfAny as _, FormOfDebug as _, FormOfSelf as _, FormOfSerialize as _};
        (&&&&$crate::__private::Probe($value)).sentry_form_data()
    }};
}

/// What a handler returned, if it can be shown: by `Serialize`, else by `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_response {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ResponseOfAny as _, ResponseOfDebug as _, ResponseOfSerialize as _};
        (&&&$crate::__private::Probe($value)).sentry_response()
    }};
}

/// Any value as an attribute.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_attribute {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            AttributeOfAny as _, AttributeOfClone as _, AttributeOfCopy as _, AttributeOfDebug as _,
            AttributeOfDisplay as _,
        };
        (&&&&$crate::__private::Probe($value)).sentry_attribute()
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::FailureValue;

    fn kind<T>(value: &Option<Failure<'_>>, _of: &T) -> &'static str {
        match value.map(|failure| failure.value) {
            None => "none",
            Some(FailureValue::Error(_)) => "error",
            Some(FailureValue::Display(_)) => "display",
            Some(FailureValue::Debug(_)) => "debug",
            Some(FailureValue::Opaque) => "opaque",
        }
    }

    #[test]
    fn the_best_form_of_an_error_is_found() {
        struct Silent;
        #[derive(Debug)]
        struct Debugged;
        macro_rules! kind_of {
            ($value:expr, $ty:ty) => {{
                let value: $ty = $value;
                kind(&__sentry_failure!(&value), &value)
            }};
        }
        assert_eq!(kind_of!(Err(std::fmt::Error), Result<(), std::fmt::Error>), "error");
        assert_eq!(kind_of!(Err("x".into()), Result<(), Box<dyn Error>>), "error");
        assert_eq!(kind_of!(Err("x".into()), Result<(), Box<dyn Error + Send + Sync>>), "error");
        assert_eq!(kind_of!(Err(String::new()), Result<(), String>), "display");
        assert_eq!(kind_of!(Err(Debugged), Result<(), Debugged>), "debug");
        assert_eq!(kind_of!(Err(()), Result<u8, ()>), "debug");
        assert_eq!(kind_of!(Err(Silent), Result<u8, Silent>), "opaque");
        assert_eq!(kind_of!(Ok(1), Result<u8, Silent>), "none");
        assert_eq!(kind_of!(Some(1), Option<u8>), "none");
    }

    #[test]
    fn a_generic_function_is_judged_by_its_bounds() {
        fn of_any<E>(value: Result<(), E>) -> &'static str {
            kind(&__sentry_failure!(&value), &value)
        }
        fn of_debug<E: Debug>(value: Result<(), E>) -> &'static str {
            kind(&__sentry_failure!(&value), &value)
        }
        assert_eq!(of_any(Err(std::fmt::Error)), "opaque");
        assert_eq!(of_debug(Err(std::fmt::Error)), "debug");
    }

    #[test]
    fn anything_can_be_an_attribute() {
        struct Silent;
        assert_eq!(__sentry_attribute!(&7_u8), AttributeValue::from(7_u8));
        assert_eq!(__sentry_attribute!(&"x"), AttributeValue::from("x"));
        assert_eq!(__sentry_attribute!(&String::from("x")), AttributeValue::from("x"));
        assert_eq!(__sentry_attribute!(&std::fmt::Error), AttributeValue::from(std::fmt::Error.to_string()));
        assert_eq!(__sentry_attribute!(&(1, 2)), AttributeValue::from("(1, 2)"));
        let _ = __sentry_attribute!(&Silent);
    }
}
