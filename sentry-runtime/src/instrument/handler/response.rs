//! The returned value of a handler: its representation as an attribute, and its HTTP status.

use serde::Serialize;
use ureq::http::{Response, StatusCode};

use crate::base::callback;
use crate::protocol::to_value::to_value;
use crate::protocol::{AttributeValue, Value};

/// A value with an HTTP status: the response of a handler, or an error that becomes a response.
///
/// Implemented for `http::Response` (axum, hyper), `http::StatusCode`, a tuple that starts with one, and a `Result` of
/// any of these; with the feature `axum` for its `Redirect` and `ErrorResponse`; with the feature `actix-web` for its
/// `HttpResponse`, `Error` and `StatusCode`. Implement it for your own response type to make `#[api_handler]` record its
/// status, and for your own error type to make the attributes of web handlers capture its server errors alone.
///
/// ```
/// struct Reply { code: u16 }
///
/// impl sentry::ResponseStatus for Reply {
///     fn response_status(&self) -> Option<u16> {
///         Some(self.code)
///     }
/// }
/// ```
pub trait ResponseStatus {
    /// Returns the status code, 100 to 599; `None` if the value has none.
    fn response_status(&self) -> Option<u16>;
}

impl<B> ResponseStatus for Response<B> {
    fn response_status(&self) -> Option<u16> {
        Some(self.status().as_u16())
    }
}

impl ResponseStatus for StatusCode {
    fn response_status(&self) -> Option<u16> {
        Some(self.as_u16())
    }
}

/// The types of status codes with which a tuple becomes a response.
pub trait StatusOfTuple {
    /// Returns the status code.
    #[doc(hidden)]
    fn code(&self) -> u16;
}

impl StatusOfTuple for StatusCode {
    fn code(&self) -> u16 {
        self.as_u16()
    }
}

#[cfg(feature = "actix-web")]
impl StatusOfTuple for actix_web::http::StatusCode {
    fn code(&self) -> u16 {
        self.as_u16()
    }
}

/// Calls a macro with the further elements of the tuples that axum takes for responses: the parts of the head and the body.
macro_rules! tuples {
    ($each:ident) => {
        tuples! { $each: (P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16) }
    };
    ($each:ident: ()) => { $each! {} };
    ($each:ident: ($first:ident $($rest:ident)*)) => {
        $each! { $first $($rest)* }
        tuples! { $each: ($($rest)*) }
    };
}
pub(crate) use tuples;

macro_rules! status_of_tuple {
    ($($part:ident)*) => {
        impl<S: StatusOfTuple, $($part,)* B> ResponseStatus for (S, $($part,)* B) {
            fn response_status(&self) -> Option<u16> {
                Some(self.0.code())
            }
        }
    };
}

tuples! { status_of_tuple }

impl<T: ResponseStatus, E> ResponseStatus for Result<T, E> {
    fn response_status(&self) -> Option<u16> {
        self.as_ref().ok()?.response_status()
    }
}

/// Converts a returned value to an attribute: strings and numbers unchanged, everything else as JSON.
pub(crate) fn shown<T: Serialize>(value: &T) -> AttributeValue {
    contained(|| to_value(value).map_or(AttributeValue::Null, attribute))
}

/// Runs the user's code that formats a value. A panic in it must not become a panic of the handler; the value is then
/// not recorded.
pub(crate) fn contained<T: Default>(show: impl FnOnce() -> T) -> T {
    callback::show(show).unwrap_or_default()
}

/// Converts a JSON value to an attribute.
pub(super) fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null,
        Value::Bool(value) => value.into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => value.into(),
            (None, Some(value), _) => value.into(),
            (None, None, value) => value.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            AttributeValue::Array(items.into_iter().map(attribute).collect())
        }
        other => other.to_string().into(),
    }
}
