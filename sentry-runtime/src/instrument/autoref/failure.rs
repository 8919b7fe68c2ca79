//! Detection of the error in a returned value, described by the best trait that its type implements.
//!
//! The expansion of every annotated function that returns a result uses this module, so its cost per function matters:
//! one method call to compile, one test and one call to run. The rest is in [`tell`], which is compiled once.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;
use std::process::ExitCode;

use crate::base::callback;
use crate::error::failure::{ActionError, ControlFlow, Failure};
use crate::error::group::ErrorGroup;
use crate::instrument::instrumented::{Held, PollHooks};

/// Reports the failure in a value, if there is one. One trait covers all levels and the whole job: the compiler
/// resolves each trait in scope and each call for every annotated function.
#[doc(hidden)]
pub trait Reports {
    type Value: ?Sized;
    fn sentry_report<W: Fails>(self, value: &Self::Value, work: &mut W);
}

/// Declares the receivers of the method, which dereference to each other from the first to the last. They hold nothing, so
/// that one function can return a constant with all references that the lookup needs: references in the annotated
/// function are variables whose lifetimes the compiler infers there.
macro_rules! receivers {
    ($receiver:ident) => {
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct $receiver<'a, T: ?Sized>(PhantomData<&'a T>);

        impl<T: ?Sized> Clone for $receiver<'_, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: ?Sized> Copy for $receiver<'_, T> {}
    };
    ($receiver:ident $next:ident $($rest:ident)*) => {
        receivers! { $receiver }
        receivers! { $next $($rest)* }

        impl<'a, T: ?Sized> Deref for $receiver<'a, T> {
            type Target = $next<'a, T>;
            #[inline(always)]
            fn deref(&self) -> &$next<'a, T> {
                &$next(PhantomData)
            }
        }
    };
}

receivers! { Returned ReturnedDynamic ReturnedText ReturnedDebug ReturnedResult ReturnedValue }

/// Returns the receiver for the type of a value.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn returned<T: ?Sized>(_value: &T) -> &&&Returned<'_, T> {
    &&&Returned(PhantomData)
}

/// Returns the receiver for the type of a value whose error may be borrowed.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn returned_borrowed<T: ?Sized>(_value: &T) -> ReturnedText<'_, T> {
    ReturnedText(PhantomData)
}

macro_rules! failures {
    ($($level:ident: [$($bound:tt)*] |$error:ident| $failure:expr; $says:ty, $fails:ty;)*) => {$(
        #[doc(hidden)]
        #[derive(Debug)]
        pub enum $level {}

        impl<E: $($bound)*> Shows<E> for $level {
            fn failure($error: &E) -> Failure<'_> {
                $failure
            }
        }

        reports! { [$($bound)* + ActionError] $says: $level, MeansWhatItSays }
        reports! { [$($bound)*] $fails: $level, MeansFailure }
    )*};
}

macro_rules! reports {
    ([$($bound:tt)*] $receiver:ty: $level:ident, $meaning:ident) => {
        impl<'a, T, E: $($bound)*> Reports for $receiver {
            type Value = Result<T, E>;
            #[inline]
            fn sentry_report<W: Fails>(self, value: &Result<T, E>, work: &mut W) {
                if value.is_err() {
                    report::<T, E, W, $level, $meaning>(work, value);
                }
            }
        }
    };
}

// In the order of the lookup: it tries a receiver, a reference to it and a mutable reference to it, then dereferences it.
failures! {
    ByGroup: [ErrorGroup] |error| Failure::group(error);
        &&&Returned<'a, Result<T, E>>, &&&&Returned<'a, Result<T, E>>;
    ByError: [Error] |error| Failure::error(error);
        &mut &&&Returned<'a, Result<T, E>>, &&Returned<'a, Result<T, E>>;
    ByDynamic: [AsRef<dyn Error + 'static>]
        |error| Failure::dynamic(error.as_ref(), std::any::type_name::<E>());
        &Returned<'a, Result<T, E>>, Returned<'a, Result<T, E>>;
    BySendSync: [AsRef<dyn Error + Send + Sync + 'static>]
        |error| Failure::dynamic(error.as_ref(), std::any::type_name::<E>());
        ReturnedDynamic<'a, Result<T, E>>, &ReturnedDynamic<'a, Result<T, E>>;
    ByDisplay: [Display] |error| Failure::display(error);
        ReturnedText<'a, Result<T, E>>, &ReturnedText<'a, Result<T, E>>;
    ByDebug: [Debug] |error| Failure::debug(error);
        ReturnedDebug<'a, Result<T, E>>, &ReturnedDebug<'a, Result<T, E>>;
    ByType: [Sized] |error| Failure::opaque(error);
        ReturnedResult<'a, Result<T, E>>, &ReturnedResult<'a, Result<T, E>>;
}

/// The exit code of a job or a program says that it failed, but not why.
impl Reports for ReturnedValue<'_, ExitCode> {
    type Value = ExitCode;
    #[inline]
    fn sentry_report<W: Fails>(self, value: &ExitCode, work: &mut W) {
        if *value != ExitCode::SUCCESS {
            work.fail_silently();
        }
    }
}

/// The fallback for values that are not results: they hold no failure.
impl<T: ?Sized> Reports for &ReturnedValue<'_, T> {
    type Value = T;
    #[inline]
    fn sentry_report<W: Fails>(self, _value: &T, _work: &mut W) {}
}

/// A way to make a failure of an error.
#[doc(hidden)]
pub trait Shows<E> {
    fn failure(error: &E) -> Failure<'_>;
}

/// Work that can record the failure of its function.
pub trait Fails {
    /// Records that the function returned an error.
    fn fail(&mut self, failure: Failure<'_>);

    /// Records that the function failed without returning an error.
    fn fail_silently(&mut self);
}

impl<W: PollHooks + Fails> Fails for Held<W> {
    fn fail(&mut self, failure: Failure<'_>) {
        (**self).fail(failure);
    }

    fn fail_silently(&mut self) {
        (**self).fail_silently();
    }
}

/// Reports an error to the work. All locals of the report live in this stack frame, not in that of the annotated
/// function; and this function does not unwind, so the annotated function needs no landing pads.
#[cold]
#[inline(never)]
extern "C" fn report<T, E, W: Fails, S: Shows<E>, M: Means<Result<T, E>>>(
    work: &mut W,
    value: &Result<T, E>,
) {
    tell(work, &Erroneous::<T, E, S, M>(value, PhantomData));
}

/// A result that is an error, and the way to describe it.
struct Erroneous<'a, T, E, S, M>(&'a Result<T, E>, PhantomData<(S, M)>);

#[doc(hidden)]
pub trait Fallen {
    fn failure(&self) -> Option<Failure<'_>>;
}

impl<T, E, S: Shows<E>, M: Means<Result<T, E>>> Fallen for Erroneous<'_, T, E, S, M> {
    fn failure(&self) -> Option<Failure<'_>> {
        let error = self.0.as_ref().err()?;
        Some(S::failure(error).meaning(M::of(self.0)))
    }
}

/// The part of the report that does not depend on the type, so that little code is compiled per type. The methods of
/// the error's type may run user code.
#[doc(hidden)]
#[expect(
    improper_ctypes_definitions,
    reason = "called from Rust alone; the convention is there for not unwinding"
)]
pub extern "C" fn tell(work: &mut dyn Fails, value: &dyn Fallen) {
    callback::contain(|| {
        if let Some(failure) = value.failure() {
            work.fail(failure);
        }
    });
}

/// The meaning of an `Err`: a failure, unless its type says otherwise.
#[doc(hidden)]
pub trait Means<T: ?Sized> {
    fn of(value: &T) -> ControlFlow;
}

#[doc(hidden)]
#[derive(Debug)]
pub struct MeansFailure;

impl<T: ?Sized> Means<T> for MeansFailure {
    fn of(_value: &T) -> ControlFlow {
        ControlFlow::Failure
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct MeansWhatItSays;

impl<T, E: ActionError> Means<Result<T, E>> for MeansWhatItSays {
    fn of(value: &Result<T, E>) -> ControlFlow {
        value.as_ref().err().map_or(ControlFlow::Failure, ActionError::control_flow)
    }
}

/// Reports the error in a returned value to the work, if there is one. For a `borrowed` error, only traits are used
/// that cannot be implemented for `'static` types alone, because method resolution does not look at lifetimes. The value is
/// an expression that can be evaluated twice.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_report {
    (borrowed $work:expr, $value:expr) => {{
        use $crate::__private::Reports as _;
        $crate::__private::returned_borrowed($value).sentry_report($value, $work);
    }};
    ($work:expr, $value:expr) => {{
        use $crate::__private::Reports as _;
        $crate::__private::returned($value).sentry_report($value, $work);
    }};
}
