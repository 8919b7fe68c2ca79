//! Values that are kept for the time when their function fails: copies of values that can be copied and shown.

use std::cell::Cell;
use std::fmt::{self, Debug, Display, Write};
use std::marker::PhantomData;

use crate::base::probe::Probe;

/// A value that can be shown later.
pub trait Shown {
    /// Writes the value; `None` if there is none.
    #[doc(hidden)]
    fn show(&self, out: &mut dyn Write) -> Option<fmt::Result>;
}

/// The value was kept. It shows itself in the way `S`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Kept<T, S>(Option<T>, PhantomData<S>);

#[doc(hidden)]
#[derive(Debug)]
pub enum ShowsDisplay {}

#[doc(hidden)]
#[derive(Debug)]
pub enum ShowsDebug {}

/// The value was not kept: its type can be neither copied nor shown.
#[doc(hidden)]
pub struct NotKept<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T: ?Sized> Debug for NotKept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotKept")
    }
}

impl<T: Display> Shown for Kept<T, ShowsDisplay> {
    fn show(&self, out: &mut dyn Write) -> Option<fmt::Result> {
        self.0.as_ref().map(|value| write!(out, "{value}"))
    }
}

impl<T: Debug> Shown for Kept<T, ShowsDebug> {
    fn show(&self, out: &mut dyn Write) -> Option<fmt::Result> {
        self.0.as_ref().map(|value| write!(out, "{value:?}"))
    }
}

impl<T: ?Sized> Shown for NotKept<T> {
    fn show(&self, _out: &mut dyn Write) -> Option<fmt::Result> {
        None
    }
}

macro_rules! keeps {
    ($method:ident; $($name:ident: [$($generics:tt)*] $refs:ty => $kept:ty: |$this:ident| $value:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name {
            type Kept;
            fn $method(&self) -> Self::Kept;
        }
        impl<$($generics)*> $name for $refs {
            type Kept = $kept;
            #[inline]
            fn $method(&self) -> $kept {
                let $this = self;
                $value
            }
        }
    )*};
}

keeps! { sentry_keep;
    KeepsDisplay: ['a, T: Copy + Display] &&Probe<'a, T> => Kept<T, ShowsDisplay>: |this| Kept(Some(*this.0), PhantomData);
    KeepsDebug: ['a, T: Copy + Debug] &Probe<'a, T> => Kept<T, ShowsDebug>: |this| Kept(Some(*this.0), PhantomData);
    KeepsNothing: ['a, T: ?Sized] Probe<'a, T> => NotKept<T>: |_this| NotKept(PhantomData);
}

/// The value of an expression, if a client may ask for it.
#[doc(hidden)]
pub struct Own<T>(Cell<Option<T>>);

impl<T> Debug for Own<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

impl<T> Own<T> {
    /// Wraps a value.
    #[inline]
    pub fn new(value: Option<T>) -> Self {
        Self(Cell::new(value))
    }
}

keeps! { sentry_keep_own;
    OwnDisplay: [T: Display] &&Own<T> => Kept<T, ShowsDisplay>: |this| Kept(this.0.take(), PhantomData);
    OwnDebug: [T: Debug] &Own<T> => Kept<T, ShowsDebug>: |this| Kept(this.0.take(), PhantomData);
    OwnNothing: [T] Own<T> => NotKept<T>: |_this| NotKept(PhantomData);
}

/// A value that an attribute names, which has to be one that can be kept.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`vars` cannot keep this value: an argument has to be a shared reference or `Copy`, and every value needs `Display` or `Debug`",
    label = "cannot be kept",
    note = "give a value that can be kept, as in `vars(cart = cart.clone())` or `vars(items = cart.items.len())`"
)]
pub trait CanBeKept {}

impl<T, S> CanBeKept for Kept<T, S> {}

/// Demands that a value can be kept.
#[doc(hidden)]
#[inline]
pub fn named<K: CanBeKept>(kept: K) -> K {
    kept
}

/// Keeps a value if it can be copied and shown.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_keep {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{KeepsDebug as _, KeepsDisplay as _, KeepsNothing as _};
        (&&&$crate::__private::Probe($value)).sentry_keep()
    }};
}

/// Keeps the value of an expression if it can be shown.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_keep_own {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{OwnDebug as _, OwnDisplay as _, OwnNothing as _};
        (&&&$crate::__private::Own::new(if $crate::__private::keeps_vars() {
            ::core::option::Option::Some($value)
        } else {
            ::core::option::Option::None
        }))
            .sentry_keep_own()
    }};
}
