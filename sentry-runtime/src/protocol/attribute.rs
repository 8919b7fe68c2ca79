//! The value of an attribute of a span, a log line or a metric.
//!
//! Values are recorded on the caller's thread and written on the pipeline thread, so they are small (24 bytes)
//! and most of them need no allocation.
//!
//! [Spec, attribute types](https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/).

use std::borrow::Cow;

use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::inline_str::InlineStr;
use super::json::{write_f64, write_i64, write_str, write_u64};
use super::{Map, Value};

/// The value of an attribute.
///
/// ```
/// use sentry::protocol::AttributeValue;
///
/// assert_eq!(AttributeValue::from(7_u8).type_name(), "integer");
/// assert_eq!(AttributeValue::from(None::<bool>), AttributeValue::Null);
/// let names = AttributeValue::from(vec!["a", "b"]);
/// assert_eq!(serde_json::to_string(&names)?, r#"["a","b"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Default)]
pub enum AttributeValue {
    /// No value: the attribute is not recorded.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// An integer that may be too large for `i64`.
    U64(u64),
    /// A floating-point number; NaN and the infinities are written as `null`.
    F64(f64),
    /// A static string, which is not copied.
    Str(&'static str),
    /// A short string, stored inline.
    Inline(InlineStr),
    /// A string.
    String(Box<str>),
    /// A list.
    Array(Box<[AttributeValue]>),
}

// The space in a span's record.
const _: () = assert!(size_of::<AttributeValue>() <= 24);

impl AttributeValue {
    /// Returns a static string without copying it, unlike `From<&str>`.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self::Str(text)
    }

    /// Copies a string.
    fn text(text: &str) -> Self {
        InlineStr::new(text).map_or_else(|| Self::String(text.into()), Self::Inline)
    }

    /// Returns whether there is no value to record.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the string, if the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            Self::Inline(text) => Some(text.as_str()),
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the type name in spans of protocol version 2, logs and metrics.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            // Values that are null are not sent; this type only keeps the match complete.
            Self::Null | Self::Str(_) | Self::Inline(_) | Self::String(_) => "string",
            Self::Bool(_) => "boolean",
            Self::I64(_) | Self::U64(_) => "integer",
            Self::F64(_) => "double",
            Self::Array(_) => "array",
        }
    }

    /// Converts a JSON value; types that attributes do not have become JSON text.
    pub(crate) fn from_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Self::I64(whole),
                (None, Some(whole)) => Self::U64(whole),
                (None, None) => number.as_f64().into(),
            },
            Value::String(text) => text.as_str().into(),
            Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
                Self::Array(items.iter().map(Self::from_json).collect())
            }
            Value::Array(_) | Value::Object(_) => value.to_string().into(),
        }
    }

    /// Appends the value as JSON.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::I64(value) => write_i64(out, *value),
            Self::U64(value) => write_u64(out, *value),
            Self::F64(value) => write_f64(out, *value),
            Self::Str(text) => write_str(out, text),
            Self::Inline(text) => write_str(out, text.as_str()),
            Self::String(text) => write_str(out, text),
            Self::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write_json(out);
                }
                out.push(b']');
            }
        }
    }
}

impl Clone for AttributeValue {
    fn clone(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::I64(value) => Self::I64(*value),
            Self::U64(value) => Self::U64(*value),
            Self::F64(value) => Self::F64(*value),
            Self::Str(text) => Self::Str(text),
            Self::Inline(text) => Self::Inline(*text),
            Self::String(text) => Self::String(text.clone()),
            Self::Array(items) => Self::Array(copied(items)),
        }
    }
}

/// Copies a list without recursion: the thread that sets an attribute may have a small stack.
fn copied(items: &[AttributeValue]) -> Box<[AttributeValue]> {
    let begin = |items: &'_ [AttributeValue]| Vec::with_capacity(items.len());
    let (mut copy, mut rest) = (begin(items), items.iter());
    // The lists around the current one: what was copied, and what is left.
    let mut around = Vec::new();
    loop {
        match rest.next() {
            Some(AttributeValue::Array(inner)) => {
                around.push((std::mem::replace(&mut copy, begin(inner)), rest));
                rest = inner.iter();
            }
            Some(value) => copy.push(value.clone()),
            None => {
                let list = copy.into_boxed_slice();
                let Some((outer, left)) = around.pop() else { return list };
                (copy, rest) = (outer, left);
                copy.push(AttributeValue::Array(list));
            }
        }
    }
}

/// Strings are equal by content, whatever their storage.
impl PartialEq for AttributeValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::I64(one), Self::I64(two)) => one == two,
            (Self::U64(one), Self::U64(two)) => one == two,
            (Self::F64(one), Self::F64(two)) => one == two,
            (Self::Array(one), Self::Array(two)) => one == two,
            _ => self.as_str().is_some() && self.as_str() == other.as_str(),
        }
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::I64(value) => serializer.serialize_i64(*value),
            Self::U64(value) => serializer.serialize_u64(*value),
            Self::F64(value) => serializer.serialize_f64(*value),
            Self::Str(text) => serializer.serialize_str(text),
            Self::Inline(text) => serializer.serialize_str(text.as_str()),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items.iter()),
        }
    }
}

/// `serialize_with` for attributes that are written with their type, as in logs and metrics. Null values and numbers
/// that are not finite are left out; integers too large for a receiver are written as strings.
pub(crate) fn typed<S: Serializer>(
    attributes: &Map<Cow<'static, str>, AttributeValue>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Typed<'a, T: ?Sized> {
        value: &'a T,
        #[serde(rename = "type")]
        ty: &'a str,
    }

    let mut map = serializer.serialize_map(None)?;
    for (key, value) in attributes {
        match value {
            AttributeValue::Null => {}
            AttributeValue::F64(number) if !number.is_finite() => {}
            AttributeValue::U64(number) if i64::try_from(*number).is_err() => {
                map.serialize_entry(key, &Typed { value: &number.to_string(), ty: "string" })?;
            }
            value => map.serialize_entry(key, &Typed { value, ty: value.type_name() })?,
        }
    }
    map.end()
}

/// `deserialize_with` for the output of [`typed`]. Reads the value and ignores its redundant type.
pub(crate) fn read_typed<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<Cow<'static, str>, AttributeValue>, D::Error> {
    #[derive(Deserialize)]
    struct Typed {
        value: Value,
    }

    let read = Map::<String, Typed>::deserialize(deserializer)?;
    Ok(read
        .into_iter()
        .map(|(key, typed)| (Cow::Owned(key), AttributeValue::from_json(&typed.value)))
        .collect())
}

macro_rules! from {
    ($($ty:ty => |$value:ident| $make:expr;)*) => {$(
        impl From<$ty> for AttributeValue {
            #[inline]
            fn from($value: $ty) -> Self {
                $make
            }
        }
    )*};
}

from! {
    bool => |value| Self::Bool(value);
    i8 => |value| Self::I64(value.into());
    i16 => |value| Self::I64(value.into());
    i32 => |value| Self::I64(value.into());
    i64 => |value| Self::I64(value);
    isize => |value| Self::I64(value as i64);
    u8 => |value| Self::I64(value.into());
    u16 => |value| Self::I64(value.into());
    u32 => |value| Self::I64(value.into());
    u64 => |value| Self::U64(value);
    usize => |value| Self::U64(value as u64);
    // Numbers too large for every receiver become strings, because a wrong number is worse.
    i128 => |value| i64::try_from(value).map_or_else(|_| value.to_string().into(), Self::I64);
    u128 => |value| u64::try_from(value).map_or_else(|_| value.to_string().into(), Self::U64);
    f32 => |value| Self::F64(value.into());
    f64 => |value| Self::F64(value);
    char => |value| Self::text(value.encode_utf8(&mut [0; 4]));
    &str => |text| Self::text(text);
    String => |text| InlineStr::new(&text).map_or_else(|| Self::String(text.into()), Self::Inline);
    Box<str> => |text| Self::String(text);
    Cow<'_, str> => |text| Self::text(&text);
}

impl<T: Into<Self>> From<Option<T>> for AttributeValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for AttributeValue {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for AttributeValue {
    fn from(items: [T; N]) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self> + Clone> From<&[T]> for AttributeValue {
    fn from(items: &[T]) -> Self {
        Self::Array(items.iter().cloned().map(Into::into).collect())
    }
}

impl<T: Into<Self> + Clone> From<&T> for AttributeValue {
    fn from(value: &T) -> Self {
        value.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: impl Into<AttributeValue>) -> String {
        let value = value.into();
        let mut out = Vec::new();
        value.write_json(&mut out);
        let by_hand = String::from_utf8(out).unwrap();
        assert_eq!(by_hand, serde_json::to_string(&value).unwrap(), "both ways to write agree");
        by_hand
    }

    #[test]
    fn values_are_written_as_what_they_are() {
        assert_eq!(json(true), "true");
        assert_eq!(json(-3_i8), "-3");
        assert_eq!(json(u64::MAX), "18446744073709551615");
        assert_eq!(json(u128::MAX), format!("\"{}\"", u128::MAX));
        assert_eq!(json(5_i128), "5");
        assert_eq!(json(1.5_f32), "1.5");
        assert_eq!(json(f64::NAN), "null");
        assert_eq!(json('ż'), "\"ż\"");
        assert_eq!(json(Some("a\"b")), r#""a\"b""#);
        assert_eq!(json(Cow::Borrowed("c")), "\"c\"");
        assert_eq!(json(None::<u8>), "null");
    }

    #[test]
    fn references_and_lists_are_taken_too() {
        let owned = String::from("x");
        assert_eq!(json(&owned), "\"x\"");
        assert_eq!(AttributeValue::from(&&7_u16), AttributeValue::I64(7));
        assert_eq!(AttributeValue::from(&Some(&owned)), "x".into());
        assert_eq!(json(&[1, 2][..]), "[1,2]");
        assert_eq!(json(vec![vec![1.0], vec![]]), "[[1.0],[]]");
        assert_eq!(json(["a", "b"]), r#"["a","b"]"#);
    }

    #[test]
    fn typed_attributes_leave_out_what_has_no_value_and_send_large_numbers_as_text() {
        #[derive(serde::Serialize)]
        struct Attributes(#[serde(serialize_with = "typed")] Map<Cow<'static, str>, AttributeValue>);
        let attributes: [(&str, AttributeValue); 6] = [
            ("a", 1.into()),
            ("b", AttributeValue::Null),
            ("c", f64::NAN.into()),
            ("d", u64::MAX.into()),
            ("e", 7_u64.into()),
            ("f", vec!["x"].into()),
        ];
        let attributes = attributes.map(|(key, value)| (Cow::Borrowed(key), value)).into();
        assert_eq!(
            serde_json::to_string(&Attributes(attributes)).unwrap(),
            concat!(
                r#"{"a":{"value":1,"type":"integer"},"d":{"value":"18446744073709551615","type":"string"},"#,
                r#""e":{"value":7,"type":"integer"},"f":{"value":["x"],"type":"array"}}"#
            )
        );
    }

    #[test]
    fn types_have_the_names_of_the_protocol() {
        let names = |value: AttributeValue| value.type_name();
        assert_eq!(names(true.into()), "boolean");
        assert_eq!(names(1_u64.into()), "integer");
        assert_eq!(names(1.0.into()), "double");
        assert_eq!(names(AttributeValue::from_static("a")), "string");
        assert_eq!(names(vec![1].into()), "array");
    }
}
