//! Values of the user's types as JSON, up to a maximum depth: a value may be nested deeper than any stack.
//!
//! [`to_value`] passes the value a serializer that counts levels. Lists and objects below the maximum depth are not
//! visited; their kind is written instead.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, Value};

use super::nesting::DEEPEST;

/// Returns a value as JSON, cut at the maximum depth.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    serde_json::to_value(Cut { value, left: DEEPEST })
}

/// A value that is visited up to a number of levels.
struct Cut<'a, T: ?Sized> {
    value: &'a T,
    left: usize,
}

impl<T: Serialize + ?Sized> Serialize for Cut<'_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Counting { inner, left: self.left })
    }
}

/// A serializer that counts the remaining levels.
struct Counting<S> {
    inner: S,
    left: usize,
}

/// The entries of a list or object: written, or left out for its kind.
enum Entries<C, S> {
    Open(C, usize),
    Closed(S, &'static str),
}

impl<S: Serializer> Counting<S> {
    /// Opens a list or object, unless there is no level left.
    fn open<C>(
        self,
        kind: &'static str,
        open: impl FnOnce(S) -> Result<C, S::Error>,
    ) -> Result<Entries<C, S>, S::Error> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Entries::Open(open(self.inner)?, left)),
            None => Ok(Entries::Closed(self.inner, kind)),
        }
    }
}

macro_rules! plain {
    ($($name:ident: $ty:ty),* $(,)?) => {$(
        fn $name(self, value: $ty) -> Result<S::Ok, S::Error> {
            self.inner.$name(value)
        }
    )*};
}

impl<S: Serializer> Serializer for Counting<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Entries<S::SerializeSeq, S>;
    type SerializeTuple = Entries<S::SerializeTuple, S>;
    type SerializeTupleStruct = Entries<S::SerializeTupleStruct, S>;
    type SerializeTupleVariant = Entries<S::SerializeTupleVariant, S>;
    type SerializeMap = Entries<S::SerializeMap, S>;
    type SerializeStruct = Entries<S::SerializeStruct, S>;
    type SerializeStructVariant = Entries<S::SerializeStructVariant, S>;

    plain!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64, serialize_char: char, serialize_str: &str,
        serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    );

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    // A wrapper around a value takes stack as well.
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        match self.left.checked_sub(1) {
            Some(left) => self.inner.serialize_some(&Cut { value, left }),
            None => self.inner.serialize_str("[Object]"),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        match self.left.checked_sub(1) {
            Some(left) => self.inner.serialize_newtype_struct(name, &Cut { value, left }),
            None => self.inner.serialize_str("[Object]"),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        match self.left.checked_sub(1) {
            Some(left) => self.inner.serialize_newtype_variant(name, index, variant, &Cut { value, left }),
            None => self.inner.serialize_str("[Object]"),
        }
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.open("[Array]", |inner| inner.serialize_seq(len))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.open("[Array]", |inner| inner.serialize_tuple(len))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.open("[Array]", |inner| inner.serialize_tuple_struct(name, len))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.open("[Object]", |inner| inner.serialize_tuple_variant(name, index, variant, len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.open("[Object]", |inner| inner.serialize_map(len))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.open("[Object]", |inner| inner.serialize_struct(name, len))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.open("[Object]", |inner| inner.serialize_struct_variant(name, index, variant, len))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! entries {
    ($($of:ident: $add:ident($($key:ident: $key_ty:ty)?);)*) => {$(
        impl<S: Serializer> $of for Entries<S::$of, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $add<T: Serialize + ?Sized>(&mut self, $($key: $key_ty,)? value: &T) -> Result<(), S::Error> {
                match self {
                    Self::Open(inner, left) => inner.$add($($key,)? &Cut { value, left: *left }),
                    Self::Closed(..) => Ok(()),
                }
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                match self {
                    Self::Open(inner, _) => inner.end(),
                    Self::Closed(inner, kind) => inner.serialize_str(kind),
                }
            }
        }
    )*};
}

entries! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}

impl<S: Serializer> SerializeMap for Entries<S::SerializeMap, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        match self {
            Self::Open(inner, _) => inner.serialize_key(key),
            Self::Closed(..) => Ok(()),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Open(inner, left) => inner.serialize_value(&Cut { value, left: *left }),
            Self::Closed(..) => Ok(()),
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open(inner, _) => inner.end(),
            Self::Closed(inner, kind) => inner.serialize_str(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::json;

    #[test]
    fn what_is_shallow_is_as_serde_json_has_it() {
        #[derive(Serialize)]
        struct Unit;
        #[derive(Serialize)]
        struct Pair(u8, char);
        #[derive(Serialize)]
        enum Any {
            Nothing,
            One(Option<u8>),
            Two(u8, u8),
            Named { a: Option<()>, b: (u8, i128) },
        }
        let all = (
            (Unit, Pair(1, 'x'), [Any::Nothing, Any::One(Some(3)), Any::Two(1, 2)]),
            Any::Named { a: None, b: (1, -5) },
            std::collections::BTreeMap::from([(7, 1.5)]),
        );
        assert_eq!(to_value(&all).unwrap(), serde_json::to_value(&all).unwrap());
    }

    #[test]
    fn any_depth_is_cut() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_some(&[Self])
            }
        }
        assert!(to_value(&Endless).unwrap().to_string().contains("[Object]"));
        let deep = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
        assert!(to_value(&deep).unwrap().to_string().contains("[Object]"));
    }
}
