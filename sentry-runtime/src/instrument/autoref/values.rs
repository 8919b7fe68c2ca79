//! Conversion of any value to an attribute, by the best trait that its type implements.

use std::cell::Cell;
use std::ffi::CStr;
use std::fmt::{Debug, Display};

use crate::base::callback;
use crate::base::probe::Probe;
use crate::context::local::{Local, local};
use crate::context::recorder;
use crate::protocol::AttributeValue;
use crate::trace::packed::Packed;

levels! { sentry_attribute -> Text<'a>;
    AttributeOfText: [T: AsText + ?Sized] &&&&&Probe<'a, T> => |value| Text(value.as_text());
}

levels! { sentry_attribute -> AttributeValue;
    AttributeOfCopy: [T: Copy + Into<AttributeValue>] &&&&Probe<'a, T> => |value| (*value).into();
    AttributeOfClone: [T: Clone + Into<AttributeValue>] &&&Probe<'a, T> => |value| contained(|| value.clone().into());
    AttributeOfDisplay: [T: Display] &&Probe<'a, T> => |value| displayed(value);
    AttributeOfDebug: [T: Debug] &Probe<'a, T> => |value| debugged(value);
    AttributeOfAny: [T: ?Sized] Probe<'a, T> => |_value| AttributeValue::from(std::any::type_name::<T>());
}

/// Returns the attribute that the user's code creates, or a null value if the code panics.
fn contained(make: impl FnOnce() -> AttributeValue) -> AttributeValue {
    callback::show(make).unwrap_or_default()
}

#[cold]
#[inline(never)]
fn displayed(value: &dyn Display) -> AttributeValue {
    contained(|| value.to_string().into())
}

#[cold]
#[inline(never)]
fn debugged(value: &dyn Debug) -> AttributeValue {
    contained(|| format!("{value:?}").into())
}

/// Converts any value to an attribute.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_attribute {
    // A `match`, so that temporaries of the expression live as long as a text that borrows from them.
    ($value:expr) => {
        match $value {
            __sentry_value => {
                #[allow(unused_imports)]
                use $crate::__private::{
                    AttributeOfAny as _, AttributeOfClone as _, AttributeOfCopy as _, AttributeOfDebug as _,
                    AttributeOfDisplay as _, AttributeOfText as _,
                };
                (&&&&&&$crate::__private::Probe(__sentry_value)).sentry_attribute()
            }
        }
    };
}

/// Converts the fresh value of an expression to an attribute: it is moved, not copied.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_made_attribute {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{MadeAny as _, MadeAttribute as _, MadeDebug as _, MadeDisplay as _};
        (&&&&$crate::__private::Made::new($value)).sentry_made()
    }};
}

/// A text that is copied when it is written to the attribute's final location, and not earlier.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(&'a str);

impl From<Text<'_>> for AttributeValue {
    fn from(text: Text<'_>) -> Self {
        Self::from(text.0)
    }
}

/// Types that hold a text.
pub trait AsText {
    /// Returns the text.
    fn as_text(&self) -> &str;
}

impl AsText for &str {
    #[inline]
    fn as_text(&self) -> &str {
        self
    }
}

impl AsText for String {
    #[inline]
    fn as_text(&self) -> &str {
        self
    }
}

/// The state of the calling thread, which attributes are recorded with.
#[derive(Clone, Copy)]
pub struct Here(&'static Local);

impl Here {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self(local())
    }

    #[inline(always)]
    pub(crate) fn local(self) -> &'static Local {
        self.0
    }

    /// Returns the key of the active segment.
    #[inline(always)]
    pub(crate) fn segment(self) -> u64 {
        self.0.segment.get()
    }

    /// Sets the key of the segment whose attributes are recorded.
    #[inline(always)]
    pub(crate) fn set_segment(self, segment: u64) {
        self.0.segment.set(segment);
    }
}

impl Debug for Here {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Here")
    }
}

/// Values that can be recorded as an attribute of a span.
pub trait RecordAttribute {
    /// Records the value for a span of the active segment.
    fn record(self, here: Here, span: u64, key: &'static str);

    /// Adds the value to those of a shared record. Returns it if there is no room.
    fn pack(self, packed: &mut Packed<'_>, index: usize) -> Option<Self>
    where
        Self: Sized;
}

impl RecordAttribute for AttributeValue {
    #[inline(always)]
    fn record(self, here: Here, span: u64, key: &'static str) {
        recorder::attribute_here(here.0, span, key, self);
    }

    #[inline(always)]
    fn pack(self, packed: &mut Packed<'_>, index: usize) -> Option<Self> {
        (!packed.value(index, &self)).then_some(self)
    }
}

impl RecordAttribute for Text<'_> {
    #[inline(always)]
    fn record(self, here: Here, span: u64, key: &'static str) {
        recorder::copied_here(here.0, span, key, self.0);
    }

    #[inline(always)]
    fn pack(self, packed: &mut Packed<'_>, index: usize) -> Option<Self> {
        (!packed.text(index, self.0)).then_some(self)
    }
}

/// A literal as an attribute: a static string is not copied.
pub trait AttributeLiteral {
    /// Returns the attribute.
    fn into_attribute(self) -> AttributeValue;
}

impl AttributeLiteral for &'static str {
    #[inline]
    fn into_attribute(self) -> AttributeValue {
        AttributeValue::from_static(self)
    }
}

impl<const N: usize> AttributeLiteral for &'static [u8; N] {
    #[inline]
    fn into_attribute(self) -> AttributeValue {
        debugged(self)
    }
}

impl AttributeLiteral for &'static CStr {
    #[inline]
    fn into_attribute(self) -> AttributeValue {
        debugged(&self)
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

/// A value that can be taken once.
pub struct Made<T>(Cell<Option<T>>);

impl<T> std::fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").finish_non_exhaustive()
    }
}

impl<T> Made<T> {
    /// Wraps a value.
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
    MadeDisplay: [T: Display] &&Made<T> => |value| contained(move || value.to_string().into());
    MadeDebug: [T: Debug] &Made<T> => |value| contained(move || format!("{value:?}").into());
    MadeAny: [T] Made<T> => |_value| AttributeValue::from_static(std::any::type_name::<T>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_an_attribute() {
        struct Silent;
        assert_eq!(__sentry_attribute!(&7_u8), AttributeValue::from(7_u8));
        assert_eq!(AttributeValue::from(__sentry_attribute!(&"x")), AttributeValue::from("x"));
        assert_eq!(AttributeValue::from(__sentry_attribute!(&String::from("x"))), AttributeValue::from("x"));
        assert_eq!(__sentry_attribute!(&std::fmt::Error), AttributeValue::from(std::fmt::Error.to_string()));
        assert_eq!(__sentry_attribute!(&(1, 2)), AttributeValue::from("(1, 2)"));
        let _ = __sentry_attribute!(&Silent);
        assert_eq!("x".into_attribute(), AttributeValue::from_static("x"));
        assert_eq!(7.into_attribute(), AttributeValue::from(7));
        assert_eq!(b"x".into_attribute(), AttributeValue::from("[120]"));
        assert_eq!(c"x".into_attribute(), AttributeValue::from("\"x\""));
        assert_eq!(__sentry_made_attribute!(String::from("x")), AttributeValue::from("x"));
        assert_eq!(
            __sentry_made_attribute!(std::fmt::Error),
            AttributeValue::from(std::fmt::Error.to_string())
        );
        assert_eq!(__sentry_made_attribute!((1, 2)), AttributeValue::from("(1, 2)"));
        let _ = __sentry_made_attribute!(Silent);
    }
}
