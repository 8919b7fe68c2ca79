//! Detection of the error in a returned value, described by the best trait that its type implements.
//!
//! The expansion of every annotated function that returns a result uses this module, so its cost per function matters:
//! one method call to compile, one test and one call to run. The rest is in [`tell`], which is compiled once.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::process::ExitCode;

use crate::base::callback;
use crate::base::probe::Probe;
use crate::error::failure::{ActionError, ControlFlow, Failure};
use crate::error::group::ErrorGroup;
use crate::instrument::instrumented::{Held, PollHooks};

/// Reports the failure in a value, if there is one. One trait covers all levels and the whole job: the compiler
/// resolves each trait in scope and each call for every annotated function.
#[doc(hidden)]
pub trait Reports {
    type Value: ?Sized;
    fn sentry_report<W: Fails, M: Means<Self::Value>>(self, work: &mut W, meaning: M);
}

macro_rules! failures {
    ($($level:ident: [$($bound:tt)*] $refs:ty => |$error:ident| $failure:expr;)*) => {$(
        #[doc(hidden)]
        #[derive(Debug)]
        pub enum $level {}

        impl<E: $($bound)*> Shows<E> for $level {
            fn failure($error: &E) -> Failure<'_> {
                $failure
            }
        }

        impl<'a, T, E: $($bound)*> Reports for $refs {
            type Value = Result<T, E>;
            #[inline]
            fn sentry_report<W: Fails, M: Means<Result<T, E>>>(self, work: &mut W, _meaning: M) {
                if self.0.is_err() {
                    report::<T, E, W, $level, M>(work, self.0);
                }
            }
        }
    )*};
}

failures! {
    // The first two are looked up behind the references that the macro writes, and behind one more.
    ByGroup: [ErrorGroup] &&&&&&Probe<'a, Result<T, E>> => |error| Failure::group(error);
    ByError: [Error] &&&&&&&Probe<'a, Result<T, E>> => |error| Failure::error(error);
    ByDynamic: [AsRef<dyn Error + 'static>] &&&&&Probe<'a, Result<T, E>> =>
        |error| Failure::dynamic(error.as_ref(), std::any::type_name::<E>());
    BySendSync: [AsRef<dyn Error + Send + Sync + 'static>] &&&&Probe<'a, Result<T, E>> =>
        |error| Failure::dynamic(error.as_ref(), std::any::type_name::<E>());
    ByDisplay: [Display] &&&Probe<'a, Result<T, E>> => |error| Failure::display(error);
    ByDebug: [Debug] &&Probe<'a, Result<T, E>> => |error| Failure::debug(error);
    ByType: [Sized] &Probe<'a, Result<T, E>> => |error| Failure::opaque(error);
}

/// The fallback for values that are not results: they hold no failure.
impl<T: ?Sized> Reports for Probe<'_, T> {
    type Value = T;
    #[inline]
    fn sentry_report<W: Fails, M: Means<T>>(self, _work: &mut W, _meaning: M) {}
}

/// The exit code of a job or a program says that it failed, but not why.
impl Reports for &Probe<'_, ExitCode> {
    type Value = ExitCode;
    #[inline]
    fn sentry_report<W: Fails, M: Means<ExitCode>>(self, work: &mut W, _meaning: M) {
        if *self.0 != ExitCode::SUCCESS {
            work.fail_silently();
        }
    }
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
    tell(work, &Returned::<T, E, S, M>(value, PhantomData));
}

/// A result that is an error, and the way to describe it.
struct Returned<'a, T, E, S, M>(&'a Result<T, E>, PhantomData<(S, M)>);

#[doc(hidden)]
pub trait Fallen {
    fn failure(&self) -> Option<Failure<'_>>;
}

impl<T, E, S: Shows<E>, M: Means<Result<T, E>>> Fallen for Returned<'_, T, E, S, M> {
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

#[doc(hidden)]
pub trait Meant {
    type Meaning;
    fn sentry_meaning(self) -> Self::Meaning;
}

impl<T, E: ActionError> Meant for &Probe<'_, Result<T, E>> {
    type Meaning = MeansWhatItSays;
    #[inline]
    fn sentry_meaning(self) -> MeansWhatItSays {
        MeansWhatItSays
    }
}

impl<T: ?Sized> Meant for Probe<'_, T> {
    type Meaning = MeansFailure;
    #[inline]
    fn sentry_meaning(self) -> MeansFailure {
        MeansFailure
    }
}

/// Reports the error in a returned value to the work, if there is one. For a `borrowed` error, only traits are used
/// that cannot be implemented for `'static` types alone, because method resolution does not look at lifetimes.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_report {
    (borrowed $work:expr, $value:expr) => {{
        use $crate::__private::{Meant as _, Reports as _};
        let __sentry_probe = &$crate::__private::Probe($value);
        (&&__sentry_probe).sentry_report($work, __sentry_probe.sentry_meaning());
    }};
    ($work:expr, $value:expr) => {{
        use $crate::__private::{Meant as _, Reports as _};
        let __sentry_probe = &$crate::__private::Probe($value);
        (&&&&&__sentry_probe).sentry_report($work, __sentry_probe.sentry_meaning());
    }};
}
