//! Attributes in a form that is small and quick to compare.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::text::{Interner, Text, cut};

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    /// A list or an object, as JSON.
    Json(Box<str>),
}

/// The attributes of a row, in the order in which they came.
pub(crate) type Attributes = Box<[(Text, Value)]>;

/// The longest text of an attribute that is kept, in bytes.
const MAX_TEXT: usize = 16 * 1024;
/// The longest key of an attribute, in bytes.
const MAX_KEY: usize = 200;
/// The largest number of attributes of a row.
pub(crate) const MAX_ATTRIBUTES: usize = 256;
/// Texts up to this length are shared between rows.
const SHARED: usize = 256;

impl Value {
    /// Takes a value over. An attribute with a type (`{"type": "string", "value": "x"}`) gives its value.
    pub(crate) fn read(json: &Json, texts: &mut Interner) -> Self {
        match typed(json) {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Float(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Self::text(text, texts),
            value => Self::Json(cut(&value.to_string(), MAX_TEXT).into()),
        }
    }

    pub(crate) fn text(text: &str, texts: &mut Interner) -> Self {
        if text.len() <= SHARED {
            Self::Text(texts.get(text))
        } else {
            Self::Text(cut(text, MAX_TEXT).into())
        }
    }

    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Float(value) => Json::from(*value),
            Self::Text(text) => Json::from(&**text),
            Self::Json(json) => serde_json::from_str(json).unwrap_or_else(|_| Json::from(&**json)),
        }
    }

    pub(crate) fn as_text(&self) -> Option<&Text> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The bytes that the value takes beside its place in the list.
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) if text.len() > SHARED => text.len() + 32,
            Self::Json(json) => json.len() + 16,
            _ => 0,
        }
    }
}

/// Returns the value of an attribute that is written with its type, or the value itself.
pub(crate) fn typed(json: &Json) -> &Json {
    if let Json::Object(object) = json
        && object.len() <= 3
        && let Some(value) = object.get("value")
        && (object.contains_key("type") || object.contains_key("unit") || object.len() == 1)
    {
        return value;
    }
    json
}

/// Takes the attributes of an object over.
pub(crate) fn read_object(object: &Map<String, Json>, texts: &mut Interner, into: &mut Vec<(Text, Value)>) {
    for (key, value) in object {
        if into.len() >= MAX_ATTRIBUTES {
            return;
        }
        let value = Value::read(value, texts);
        into.push((texts.get(cut(key, MAX_KEY)), value));
    }
}

/// Returns the value of an attribute.
pub(crate) fn get<'a>(attributes: &'a [(Text, Value)], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|(of, _)| **of == *key).map(|(_, value)| value)
}

/// Returns the value of an attribute whose key is interned: compares addresses alone.
pub(crate) fn get_interned<'a>(attributes: &'a [(Text, Value)], key: &Text) -> Option<&'a Value> {
    attributes.iter().find(|(of, _)| Arc::ptr_eq(of, key)).map(|(_, value)| value)
}

/// Returns the first text among the attributes of these keys.
pub(crate) fn first_text<'a>(attributes: &'a [(Text, Value)], keys: &[&str]) -> Option<&'a Text> {
    keys.iter().find_map(|key| get(attributes, key)?.as_text()).filter(|text| !text.is_empty())
}

/// Returns the bytes that attributes take. Shared texts are counted by the interner.
pub(crate) fn bytes(attributes: &[(Text, Value)]) -> usize {
    attributes.iter().map(|(_, value)| size_of::<(Text, Value)>() + value.bytes()).sum()
}

/// Writes attributes into an object. Earlier keys win.
pub(crate) fn write(attributes: &[(Text, Value)], into: &mut Map<String, Json>) {
    for (key, value) in attributes {
        into.entry(&**key).or_insert_with(|| value.json());
    }
}
