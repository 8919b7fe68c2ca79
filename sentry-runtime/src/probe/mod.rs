//! Looking at a value without knowing its type: what an expansion asks of a returned value or an argument.
//!
//! The macros below call a method on a [`Probe`] behind one reference more than the first trait in the list asks
//! for. Method lookup takes one away at a time, so the first trait whose bound the type meets answers. A generic
//! function is judged by its own bounds, as everything in Rust is.
//!
//! Here are the errors that a value holds; [`values`] makes attributes of values, [`web`] looks at requests and responses.

use std::error::Error;
use std::fmt::{Debug, Display};

use crate::__private::MainGuard;
use crate::errors::{ActionError, ControlFlow, ErrorGroup, Failure};
use crate::handler::Handler;
use crate::monitor::Monitor;
use crate::trace::guard::{GuardUnder, SpanGuard};
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

mod values;
mod web;

pub use values::*;
pub use web::*;

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

fails!(GuardUnder, SpanGuard, SpanWork, Handler, Monitor, MainGuard);

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

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::errors::FailureValue;
    use crate::handler::FormData;
    use crate::protocol::AttributeValue;
    use crate::{__sentry_form_data, __sentry_response};

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
}
