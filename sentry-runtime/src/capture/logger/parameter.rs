//! The arguments of a log's text as attributes, with the distinction which of them can be formatted later.
//!
//! Numbers and texts can: the pipeline formats their attribute exactly as `{}` would format the value here. The
//! `Display` of any other type is unknown, so that the text is formatted at once.

use std::borrow::Cow;
use std::fmt::{Debug, Display, Write as _};

use crate::base::callback;
use crate::base::probe::Probe;
use crate::protocol::AttributeValue;

/// An argument of a log's text.
#[derive(Debug)]
pub struct Parameter {
    pub(super) value: AttributeValue,
    /// Whether the value, formatted later, equals the result of `{}` now.
    pub(super) can_wait: bool,
}

/// Types whose values can be formatted later.
pub trait Plain {
    /// Returns the value.
    fn value(&self) -> AttributeValue;
}

macro_rules! plain {
    ($($ty:ty),*) => {$(
        impl Plain for $ty {
            #[inline]
            fn value(&self) -> AttributeValue {
                AttributeValue::from(*self)
            }
        }
    )*};
}

plain!(bool, char, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f64);

impl Plain for str {
    fn value(&self) -> AttributeValue {
        AttributeValue::from(self)
    }
}

impl Plain for String {
    fn value(&self) -> AttributeValue {
        AttributeValue::from(self.as_str())
    }
}

impl Plain for f32 {
    /// Returns the shortest digits that denote the number, not those of its exact value: `0.1` and not `0.10000000149`.
    fn value(&self) -> AttributeValue {
        /// Room for the longest number, 1e-45 with all its zeros and a sign.
        struct Digits([u8; 64], usize);
        impl std::fmt::Write for Digits {
            fn write_str(&mut self, text: &str) -> std::fmt::Result {
                let room = self.0.get_mut(self.1..self.1 + text.len()).ok_or(std::fmt::Error)?;
                room.copy_from_slice(text.as_bytes());
                self.1 += text.len();
                Ok(())
            }
        }
        let mut digits = Digits([0; 64], 0);
        let shortest = write!(digits, "{self}")
            .ok()
            .and_then(|()| std::str::from_utf8(&digits.0[..digits.1]).ok()?.parse().ok());
        AttributeValue::F64(shortest.unwrap_or_else(|| f64::from(*self)))
    }
}

impl Plain for Cow<'_, str> {
    fn value(&self) -> AttributeValue {
        AttributeValue::from(&**self)
    }
}

impl<T: Plain + ?Sized> Plain for &T {
    fn value(&self) -> AttributeValue {
        (**self).value()
    }
}

macro_rules! levels {
    ($($name:ident: [$($generics:tt)*] $refs:ty => |$value:ident| $make:expr, $can_wait:literal;)*) => {$(
        #[doc(hidden)]
        pub trait $name<'a> {
            fn sentry_parameter(&self) -> Parameter;
        }
        impl<'a, $($generics)*> $name<'a> for $refs {
            #[inline]
            fn sentry_parameter(&self) -> Parameter {
                let $value = self.0;
                Parameter { value: $make, can_wait: $can_wait }
            }
        }
    )*};
}

levels! {
    ParameterPlain: [T: Plain + ?Sized] &&&Probe<'a, T> => |value| value.value(), true;
    ParameterDisplay: [T: Display + ?Sized] &&Probe<'a, T> => |value| contained(|| value.to_string().into()), false;
    ParameterDebug: [T: Debug + ?Sized] &Probe<'a, T> => |value| contained(|| format!("{value:?}").into()), false;
    ParameterAny: [T: ?Sized] Probe<'a, T> => |_value| AttributeValue::Null, false;
}

/// Returns the attribute that the user's code creates, or a null value if the code panics.
fn contained(make: impl FnOnce() -> AttributeValue) -> AttributeValue {
    callback::show(make).unwrap_or_default()
}

/// Converts any argument to a parameter.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_log_parameter {
    ($argument:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::log::{
            ParameterAny as _, ParameterDebug as _, ParameterDisplay as _, ParameterPlain as _,
        };
        (&&&&$crate::__private::Probe($argument)).sentry_parameter()
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_single_precision_keep_their_digits() {
        for number in [0.1_f32, -1.5, f32::MAX, f32::MIN_POSITIVE, 1e-45, 16_777_216.0] {
            let AttributeValue::F64(wide) = number.value() else { panic!("a number") };
            assert_eq!(wide.to_string(), number.to_string());
        }
    }

    #[test]
    fn only_types_whose_text_is_known_can_wait() {
        struct Silent;
        assert!(__sentry_log_parameter!(&7).can_wait);
        assert!(__sentry_log_parameter!("text").can_wait);
        assert!(__sentry_log_parameter!(&&&String::new()).can_wait);
        assert!(!__sentry_log_parameter!(&std::fmt::Error).can_wait);
        assert_eq!(__sentry_log_parameter!(&Some(1)).value, "Some(1)".into());
        assert!(__sentry_log_parameter!(&Silent).value.is_null());
    }
}
