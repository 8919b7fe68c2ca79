//! Looking at a value without knowing its type: what an expansion asks of a returned value or an argument.
//!
//! The macros below call a method on a [`Probe`] behind one reference more than the first trait in the list asks
//! for. Method lookup takes one away at a time, so the first trait whose bound the type meets answers. A generic
//! function is judged by its own bounds, as everything in Rust is.

use std::cell::Cell;
use std::error::Error;
use std::fmt::{Debug, Display};

use serde::Serialize;

use crate::__private::MainGuard;
use crate::errors::{ActionError, ControlFlow, ErrorGroup, Failure};
use crate::monitor::Monitor;
use crate::protocol::AttributeValue;
use crate::server_action::{FormData, ServerAction};
use crate::trace::guard::SpanGuard;
use crate::trace::instrumented::{Held, Work};
use crate::trace::work::SpanWork;

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

/// How the failure in a value is shown, to be asked for where it is not in the way.
pub type Shown<'a, T> = Option<fn(&'a T) -> Failure<'a>>;

macro_rules! failures {
    ($($name:ident: [$($generics:tt)*] $value:ty, $refs:ty => $shown:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name<'a> {
            type Value: ?Sized + 'a;
            fn sentry_failure(&self) -> Shown<'a, Self::Value>;
        }
        impl<'a, $($generics)*> $name<'a> for $refs {
            type Value = $value;
            #[inline]
            fn sentry_failure(&self) -> Shown<'a, $value> {
                if self.0.is_err() { Some($shown) } else { None }
            }
        }
    )*};
}

failures! {
    FailureOfGroup: [T: 'a, E: ErrorGroup + 'a] Result<T, E>, &&&&&&&Probe<'a, Result<T, E>> =>
        |value| shown(value, Failure::group);
    FailureOfError: [T: 'a, E: Error + 'a] Result<T, E>, &&&&&&Probe<'a, Result<T, E>> =>
        |value| shown(value, Failure::error);
    FailureOfDynamic: [T: 'a, E: AsRef<dyn Error + 'static> + 'a] Result<T, E>, &&&&&Probe<'a, Result<T, E>> =>
        |value| shown(value, |e| Failure::dynamic(e.as_ref(), std::any::type_name::<E>()));
    FailureOfSendSync: [T: 'a, E: AsRef<dyn Error + Send + Sync + 'static> + 'a] Result<T, E>, &&&&Probe<'a, Result<T, E>> =>
        |value| shown(value, |e| Failure::dynamic(e.as_ref(), std::any::type_name::<E>()));
    FailureOfDisplay: [T: 'a, E: Display + 'a] Result<T, E>, &&&Probe<'a, Result<T, E>> => |value| shown(value, Failure::display);
    FailureOfDebug: [T: 'a, E: Debug + 'a] Result<T, E>, &&Probe<'a, Result<T, E>> => |value| shown(value, Failure::debug);
    FailureOfAny: [T: 'a, E: 'a] Result<T, E>, &Probe<'a, Result<T, E>> => |value| shown(value, Failure::opaque);
}

/// Anything that is no result holds no failure.
#[doc(hidden)]
pub trait NoFailure<'a> {
    type Value: ?Sized + 'a;
    fn sentry_failure(&self) -> Shown<'a, Self::Value>;
}

impl<'a, T: ?Sized + 'a> NoFailure<'a> for Probe<'a, T> {
    type Value = T;
    #[inline]
    fn sentry_failure(&self) -> Shown<'a, T> {
        None
    }
}

fn shown<'a, T, E>(value: &'a Result<T, E>, show: impl FnOnce(&'a E) -> Failure<'a>) -> Failure<'a> {
    match value {
        Err(error) => show(error),
        // It was an error when it was looked at, and nothing has changed it since.
        Ok(_) => Failure::opaque(&()),
    }
}

/// Work that can be told that its function failed.
pub trait Fails {
    /// The function returned an error.
    fn fail(&mut self, failure: Failure<'_>);
}

impl<W: Work + Fails> Fails for Held<W> {
    fn fail(&mut self, failure: Failure<'_>) {
        (**self).fail(failure);
    }
}

macro_rules! fails {
    ($($work:ty),*) => {$(
        impl Fails for $work {
            fn fail(&mut self, failure: Failure<'_>) {
                self.failed(failure);
            }
        }
    )*};
}

fails!(SpanGuard, SpanWork, ServerAction, Monitor, MainGuard);

/// Tells the work of an error. Everything that this takes stands in its own frame, not in that of the annotated
/// function.
#[cold]
#[inline(never)]
pub fn report<'a, T: ?Sized, W: Fails>(
    work: &mut W,
    value: &'a T,
    shown: fn(&'a T) -> Failure<'a>,
    meaning: ControlFlow,
) {
    work.fail(shown(value).meaning(meaning));
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

/// Tells some work of the error in a returned value, if there is one.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_report {
    ($work:expr, $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            FailureOfAny as _, FailureOfDebug as _, FailureOfDisplay as _, FailureOfDynamic as _,
            FailureOfError as _, FailureOfGroup as _, FailureOfSendSync as _, MeaningFailure as _,
            MeaningGiven as _, NoFailure as _,
        };
        // A name that a constant of the user has would be a pattern.
        let __sentry_seen = $value;
        if let ::core::option::Option::Some(__sentry_shown) =
            (&&&&&&&&$crate::__private::Probe(__sentry_seen)).sentry_failure()
        {
            $crate::__private::report(
                $work,
                __sentry_seen,
                __sentry_shown,
                (&&$crate::__private::Probe(__sentry_seen)).sentry_meaning(),
            );
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
        (&&&&&$crate::__private::Probe($value)).sentry_form_data()
    }};
}

/// What a handler returned, if it can be shown: by `Serialize`, else by `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_response {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ResponseOfAny as _, ResponseOfDebug as _, ResponseOfSerialize as _};
        (&&&&$crate::__private::Probe($value)).sentry_response()
    }};
}

/// Any value as an attribute.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_attribute {
    (&($value:literal)) => {
        $crate::__private::AttributeLiteral::into_attribute($value)
    };
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            AttributeOfAny as _, AttributeOfClone as _, AttributeOfCopy as _, AttributeOfDebug as _,
            AttributeOfDisplay as _,
        };
        (&&&&&$crate::__private::Probe($value)).sentry_attribute()
    }};
}

/// A value that an expression has just made, as an attribute: it is moved, not copied.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_made_attribute {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{MadeAny as _, MadeAttribute as _, MadeDebug as _, MadeDisplay as _};
        (&&&&$crate::__private::Made::new($value)).sentry_made()
    }};
}

/// A literal as an attribute: a text in the program needs no copy.
pub trait AttributeLiteral {
    /// The attribute.
    fn into_attribute(self) -> AttributeValue;
}

impl AttributeLiteral for &'static str {
    #[inline]
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::from_static(self)
    }
}

macro_rules! literals {
    ($($ty:ty),*) => {$(
        impl AttributeLiteral for $ty {
            #[inline]
            fn into_attribute(self) -> AttributeValue {
                self.into()
            }
        }
    )*};
}

literals!(bool, char, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);

/// A value that may be taken, once.
pub struct Made<T>(Cell<Option<T>>);

impl<T> std::fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").finish_non_exhaustive()
    }
}

impl<T> Made<T> {
    /// Holds a value.
    #[inline]
    pub fn new(value: T) -> Self {
        Self(Cell::new(Some(value)))
    }
}

macro_rules! made {
    ($($name:ident: [$($generics:tt)*] $refs:ty => |$value:ident| $body:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name {
            fn sentry_made(&self) -> AttributeValue;
        }
        impl<$($generics)*> $name for $refs {
            #[inline]
            fn sentry_made(&self) -> AttributeValue {
                match self.0.take() {
                    Some($value) => $body,
                    None => AttributeValue::Null,
                }
            }
        }
    )*};
}

made! {
    MadeAttribute: [T: Into<AttributeValue>] &&&Made<T> => |value| value.into();
    MadeDisplay: [T: Display] &&Made<T> => |value| AttributeValue::from(value.to_string());
    MadeDebug: [T: Debug] &Made<T> => |value| AttributeValue::from(format!("{value:?}"));
    MadeAny: [T] Made<T> => |_value| AttributeValue::from_static(std::any::type_name::<T>());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::FailureValue;

    macro_rules! failure {
        ($value:expr) => {
            (&&&&&&&&Probe($value))
                .sentry_failure()
                .map(|shown| shown($value).meaning((&&Probe($value)).sentry_meaning()))
        };
    }

    fn kind<T>(value: &Option<Failure<'_>>, _of: &T) -> &'static str {
        match value.map(|failure| failure.value) {
            None => "none",
            Some(FailureValue::Error(_) | FailureValue::Dynamic(_)) => "error",
            Some(FailureValue::Group(_)) => "group",
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
                kind(&failure!(&value), &value)
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
    fn what_a_type_offers_counts_before_what_every_type_offers() {
        #[derive(Debug, Serialize)]
        struct Page {
            id: u8,
        }
        impl ActionError for Page {
            fn control_flow(&self) -> ControlFlow {
                ControlFlow::NotFound
            }
        }
        let moved: Result<(), Page> = Err(Page { id: 7 });
        assert_eq!(failure!(&moved).map(|failure| failure.control), Some(ControlFlow::NotFound));
        let broken: Result<(), u8> = Err(7);
        assert_eq!(failure!(&broken).map(|failure| failure.control), Some(ControlFlow::Failure));
        assert_eq!(__sentry_response!(&Page { id: 7 }), AttributeValue::from(r#"{"id":7}"#));
        assert_eq!(__sentry_form_data!(&Page { id: 7 }), FormData::of(&Page { id: 7 }));
        assert_eq!(__sentry_response!(&Some(std::fmt::Error)), AttributeValue::from("Some(Error)"));
    }

    #[test]
    fn a_generic_function_is_judged_by_its_bounds() {
        fn of_any<E>(value: Result<(), E>) -> &'static str {
            kind(&failure!(&value), &value)
        }
        fn of_debug<E: Debug>(value: Result<(), E>) -> &'static str {
            kind(&failure!(&value), &value)
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
        assert_eq!(__sentry_attribute!(&("x")), AttributeValue::from_static("x"));
        assert_eq!(__sentry_attribute!(&(7)), AttributeValue::from(7));
        assert_eq!(__sentry_made_attribute!(String::from("x")), AttributeValue::from("x"));
        assert_eq!(
            __sentry_made_attribute!(std::fmt::Error),
            AttributeValue::from(std::fmt::Error.to_string())
        );
        assert_eq!(__sentry_made_attribute!((1, 2)), AttributeValue::from("(1, 2)"));
        let _ = __sentry_made_attribute!(Silent);
    }
}
