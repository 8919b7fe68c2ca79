//! Detection of request and response traits: forms, headers, statuses, and responses that can be recorded.

use std::fmt::Debug;

use serde::Serialize;

use crate::base::probe::Probe;
use crate::instrument::handler::{FormData, ResponseStatus, contained};
use crate::protocol::AttributeValue;
use crate::scope::FormPairs;
use crate::trace::header_source::{HeaderLookup, HeaderPair, HeaderPairs};
use crate::trace::headers::HeaderSource;

macro_rules! forms {
    ($($name:ident: [$($generics:tt)*] $refs:ty => $form:ty, |$value:ident| $body:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name<'a> {
            type Form;
            fn sentry_form_data(&self) -> Self::Form;
        }
        impl<'a, $($generics)*> $name<'a> for $refs {
            type Form = $form;
            #[inline]
            fn sentry_form_data(&self) -> $form {
                let $value = self.0;
                $body
            }
        }
    )*};
}

// The last is not a form, so that the compiler reports the user's type. The text of `Debug` would be one field in which
// no filter finds every secret.
forms! {
    FormOfSelf: [T: AsRef<FormData>] &&&Probe<'a, T> => FormData, |value| contained(|| value.as_ref().clone());
    FormOfPairs: [T: FormPairs + ?Sized] &&Probe<'a, T> => FormData, |value| FormData::of_pairs(value);
    FormOfSerialize: [T: Serialize] &Probe<'a, T> => FormData, |value| FormData::of(value);
    FormOfAny: [T: ?Sized] Probe<'a, T> => &'a T, |value| value;
}

/// A form whose fields can be read.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the fields of the form `{Self}` cannot be read",
    label = "a form without fields",
    note = "derive `serde::Serialize` for its type, or name the fields: \
            `form_data = sentry::FormData::from_pairs([(\"city\", form.city.as_str())])`"
)]
pub trait FormFields {
    fn fields(self) -> FormData;
}

impl FormFields for FormData {
    #[inline]
    fn fields(self) -> FormData {
        self
    }
}

/// Takes the fields of a form.
#[inline]
pub fn form_fields<F: FormFields>(form: F) -> FormData {
    form.fields()
}

levels! { sentry_response -> AttributeValue;
    ResponseOfSerialize: [T: Serialize] &&&Probe<'a, T> => |value| crate::instrument::handler::shown(value);
    ResponseOfDebug: [T: Debug] &&Probe<'a, T> => |value| contained(|| AttributeValue::from(format!("{value:?}")));
    ResponseOfAny: [T: ?Sized] Probe<'a, T> => |_value| AttributeValue::Null;
}

/// The part of a returned value that may have a status: the value of a `Result` that is `Ok`.
pub type Told<'a, T> = Option<&'a T>;

#[doc(hidden)]
pub trait ToldByOk<'a> {
    type Value: 'a;
    fn sentry_told(&self) -> Told<'a, Self::Value>;
}

impl<'a, T: 'a, E> ToldByOk<'a> for &Probe<'a, Result<T, E>> {
    type Value = T;
    #[inline]
    fn sentry_told(&self) -> Told<'a, T> {
        self.0.as_ref().ok()
    }
}

#[doc(hidden)]
pub trait ToldByAny<'a> {
    type Value: 'a;
    fn sentry_told(&self) -> Told<'a, Self::Value>;
}

impl<'a, T: 'a> ToldByAny<'a> for Probe<'a, T> {
    type Value = T;
    #[inline]
    fn sentry_told(&self) -> Told<'a, T> {
        Some(self.0)
    }
}

levels! { sentry_status -> Option<u16>;
    StatusOfResponse: [T: ResponseStatus + ?Sized] &Probe<'a, T> => |value| contained(|| value.response_status());
    StatusOfAny: [T: ?Sized] Probe<'a, T> => |_value| None;
}

/// The fallback for types without a method `status`, one reference further away than such a method.
#[doc(hidden)]
pub trait NoStatus {
    #[inline]
    fn status(&self) -> NoCode {
        NoCode
    }
}

impl<T: ?Sized> NoStatus for &T {}

/// The result of a method that does not exist.
#[derive(Debug, Clone, Copy)]
pub struct NoCode;

// Wrapped in a closure, so that no method is called on a value without a code.
levels! { sentry_code -> Option<u16>;
    CodeOfNumber: [F: Fn() -> T, T: Copy + Into<u16>] &&Probe<'a, F> => |status| contained(|| Some(status().into()));
    CodeOfOption: [F: Fn() -> Option<T>, T: Copy + Into<u16>] &Probe<'a, F> => |status| contained(|| status().map(Into::into));
    CodeOfAny: [F: ?Sized] Probe<'a, F> => |_status| None;
}

macro_rules! sources {
    ($($name:ident: [$($generics:tt)*] $refs:ty => $source:ty, ($($bound:tt)*), |$value:ident| $body:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name<'a> {
            type Source;
            fn sentry_headers(&self) -> Self::Source;
        }
        impl<'a, $($generics)*> $name<'a> for $refs where $($bound)* {
            type Source = $source;
            #[inline]
            fn sentry_headers(&self) -> $source {
                let $value = self.0;
                $body
            }
        }
    )*};
}

// The last level requires a source of headers, so that the compiler names the user's type in its error.
sources! {
    HeadersOfSource: [T: HeaderSource + ?Sized] &&&&Probe<'a, T> => &'a T, (), |value| value;
    HeadersOfLentPairs: ['b: 'a, T: ?Sized, P: HeaderPair] &&&Probe<'a, &'b T> => HeaderPairs<&'a T>,
        (&'a T: IntoIterator<Item = P>), |value| HeaderPairs(*value);
    HeadersOfPairs: [T: ?Sized, P: HeaderPair] &&Probe<'a, T> => HeaderPairs<&'a T>,
        (&'a T: IntoIterator<Item = P>), |value| HeaderPairs(value);
    HeadersOfLookup: [T, V: AsRef<str>] &Probe<'a, T> => HeaderLookup<&'a T>,
        (T: Fn(&str) -> Option<V>), |value| HeaderLookup(value);
    HeadersOfAny: [T: ?Sized] Probe<'a, T> => &'a T, (), |value| value;
}

/// The fields of a form: a [`FormData`], or a type that implements `Serialize`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_form_data {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{FormOfAny as _, FormOfPairs as _, FormOfSelf as _, FormOfSerialize as _};
        $crate::__private::form_fields((&&&&$crate::__private::Probe($value)).sentry_form_data())
    }};
}

/// Converts the value that a handler returned to an attribute, by `Serialize` or else `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_response {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ResponseOfAny as _, ResponseOfDebug as _, ResponseOfSerialize as _};
        (&&&&$crate::__private::Probe($value)).sentry_response()
    }};
}

/// Gives a handler the request headers, from any value that they can be read from.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_headers {
    ($handler:expr, $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            HeadersOfAny as _, HeadersOfLentPairs as _, HeadersOfLookup as _, HeadersOfPairs as _,
            HeadersOfSource as _,
        };
        // In a `match`, so that temporaries of the expression live as long as the headers are read.
        match $value {
            __sentry_seen => {
                $handler.headers((&&&&&$crate::__private::Probe(__sentry_seen)).sentry_headers())
            }
        }
    }};
}

/// Reads the HTTP status of a returned value by [`ResponseStatus`], or else by a method `status`.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_status {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            CodeOfAny as _, CodeOfNumber as _, CodeOfOption as _, NoStatus as _, StatusOfAny as _,
            StatusOfResponse as _, ToldByAny as _, ToldByOk as _,
        };
        let __sentry_seen = $value;
        match (&&$crate::__private::Probe(__sentry_seen)).sentry_told() {
            ::core::option::Option::Some(__sentry_told) => {
                match (&&$crate::__private::Probe(__sentry_told)).sentry_status() {
                    ::core::option::Option::None => {
                        (&&&$crate::__private::Probe(&|| __sentry_told.status())).sentry_code()
                    }
                    __sentry_code => __sentry_code,
                }
            }
            ::core::option::Option::None => $crate::__private::refusal!(__sentry_seen),
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::{HeaderName, HeaderValue, Response, StatusCode};

    struct Reply(u16);
    impl Reply {
        fn status(&self) -> u16 {
            self.0
        }
    }

    mod elsewhere {
        pub(super) struct Quiet;
        pub(super) trait Status {
            fn status(&self) -> u16;
        }
        impl Status for Quiet {
            fn status(&self) -> u16 {
                202
            }
        }
    }

    #[test]
    fn a_status_is_found_where_a_type_has_one() {
        let response = |code: u16| Response::builder().status(code).body(()).unwrap();
        assert_eq!(__sentry_status!(&response(404)), Some(404));
        assert_eq!(__sentry_status!(&StatusCode::CREATED), Some(201));
        assert_eq!(__sentry_status!(&(StatusCode::CREATED, "body")), Some(201));
        assert_eq!(__sentry_status!(&Ok::<_, String>(response(301))), Some(301));
        assert_eq!(__sentry_status!(&Reply(204)), Some(204));
        assert_eq!(__sentry_status!(&Ok::<_, ()>(Reply(204))), Some(204));
        assert_eq!(__sentry_status!(&Err::<Reply, _>(())), None);
        assert_eq!(__sentry_status!(&Err::<Reply, _>(StatusCode::NOT_FOUND)), Some(404));
        assert_eq!(__sentry_status!(&"text"), None);
        assert_eq!(__sentry_status!(&()), None);
        assert_eq!(__sentry_status!(&vec![1]), None);
    }

    #[test]
    fn a_trait_of_the_users_counts_where_it_is_in_scope() {
        use elsewhere::{Quiet, Status};
        assert_eq!(Quiet.status(), 202);
        assert_eq!(__sentry_status!(&Quiet), Some(202));
    }

    #[test]
    fn a_method_of_that_name_which_gives_no_code_is_not_called() {
        struct Job;
        impl Job {
            fn status(&self) -> String {
                unreachable!("it might ask a database")
            }
        }
        assert_eq!(__sentry_status!(&Job), None);
    }

    #[test]
    fn a_generic_response_tells_nothing() {
        fn of<R>(value: R) -> Option<u16> {
            __sentry_status!(&value)
        }
        assert_eq!(of(Reply(200)), None);
    }

    #[test]
    fn headers_are_read_from_what_gives_them() {
        struct Read;
        impl Read {
            fn headers(self, headers: impl HeaderSource) -> Vec<String> {
                let mut values = Vec::new();
                headers.visit("baggage", &mut |value| values.push(value.to_owned()));
                values
            }
        }
        /// A map like those of servers: own types for names and values, values as bytes.
        struct Map(Vec<(String, Vec<u8>)>);
        impl<'a> IntoIterator for &'a Map {
            type Item = (&'a String, &'a Vec<u8>);
            type IntoIter = std::iter::Map<
                std::slice::Iter<'a, (String, Vec<u8>)>,
                fn(&'a (String, Vec<u8>)) -> (&'a String, &'a Vec<u8>),
            >;
            fn into_iter(self) -> Self::IntoIter {
                self.0.iter().map(|(key, value)| (key, value))
            }
        }
        let pairs = vec![("Baggage", "a=1"), ("other", "x"), ("baggage", "b=2")];
        assert_eq!(__sentry_headers!(Read, &pairs), ["a=1", "b=2"]);
        let map = Map(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect());
        assert_eq!(__sentry_headers!(Read, &map), ["a=1", "b=2"]);
        assert_eq!(__sentry_headers!(Read, &&map), ["a=1", "b=2"]);
        let typed: Vec<(HeaderName, HeaderValue)> = pairs
            .iter()
            .map(|(key, value)| (key.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(__sentry_headers!(Read, &typed), ["a=1", "b=2"]);
        assert_eq!(__sentry_headers!(Read, &&typed), ["a=1", "b=2"]);
        assert_eq!(__sentry_headers!(Read, &typed[1..]), ["b=2"]);
        assert_eq!(__sentry_headers!(Read, &[typed[0].clone()]), ["a=1"]);
        let lookup = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        assert_eq!(__sentry_headers!(Read, &lookup), ["b=2"]);
        assert_eq!(__sentry_headers!(Read, &[("baggage", String::from("c=3"))]), ["c=3"]);
    }
}
