//! Conversion of OpenTelemetry values.

use opentelemetry::{Array, KeyValue, Value as OtelValue};

use crate::integrations::foreign_attributes;
use crate::protocol::{AttributeValue, Map, Value};

/// Converts a value to an attribute of a span.
pub(super) fn attribute(value: &OtelValue) -> AttributeValue {
    match value {
        OtelValue::Bool(value) => (*value).into(),
        OtelValue::I64(value) => (*value).into(),
        OtelValue::F64(value) => (*value).into(),
        OtelValue::Array(Array::Bool(values)) => values.clone().into(),
        OtelValue::Array(Array::I64(values)) => values.clone().into(),
        OtelValue::Array(Array::F64(values)) => values.clone().into(),
        OtelValue::Array(Array::String(values)) => {
            values.iter().map(|value| value.as_str().to_owned()).collect::<Vec<_>>().into()
        }
        other => other.as_str().into_owned().into(),
    }
}

/// Converts a value to JSON.
pub(super) fn json(value: &OtelValue) -> Value {
    serde_json::to_value(attribute(value)).unwrap_or_default()
}

/// Returns those attributes of a span whose data is collected.
pub(super) fn collected<'a>(
    attributes: impl IntoIterator<Item = &'a KeyValue>,
) -> impl Iterator<Item = (String, AttributeValue)> {
    attributes.into_iter().filter_map(|pair| {
        let value = foreign_attributes::admitted(pair.key.as_str(), attribute(&pair.value))?;
        Some((pair.key.as_str().to_owned(), value))
    })
}

/// Converts attributes whose data is collected to a JSON object.
pub(super) fn object<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Map<String, Value> {
    collected(attributes).map(|(key, value)| (key, serde_json::to_value(value).unwrap_or_default())).collect()
}

/// Returns the attribute with one of these names, as text.
pub(super) fn text(attributes: &[KeyValue], names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let found = attributes.iter().rev().find(|pair| pair.key.as_str() == *name)?;
        Some(found.value.as_str().into_owned())
    })
}
