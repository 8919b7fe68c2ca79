//! Submitted forms in the shape of spans and events: flat lists of named fields.

use serde::Serialize;

use crate::base::callback;
use crate::protocol::Value;
use crate::protocol::to_value::to_value;

/// The fields of a submitted form, in order. A repeated field is kept several times, and nested values become fields
/// with joined names: `address.city`, `items.0.name`.
///
/// ```
/// use sentry::FormData;
///
/// let nested = serde_json::json!({"address": {"city": "Vienna"}});
/// assert_eq!(FormData::of(&nested), FormData::from_pairs([("address.city", "Vienna")]));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FormData(Vec<(String, Value)>);

/// The maximum number of recorded fields per form.
const MAX_FIELDS: usize = 100;

impl FormData {
    /// Returns the fields of a value that serialises to a map, a struct or a list of pairs. Any other value becomes one
    /// field named `value`.
    pub fn of<T: Serialize + ?Sized>(form: &T) -> Self {
        let fields: Vec<_> = match callback::show(|| to_value(form).ok()).flatten() {
            Some(Value::Object(fields)) => fields.into_iter().collect(),
            Some(Value::Array(items)) => items.into_iter().enumerate().map(Self::pair).collect(),
            Some(other) => vec![("value".to_owned(), other)],
            None => Vec::new(),
        };
        let mut flat = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            flatten(name, value, 0, &mut flat);
        }
        Self(flat)
    }

    /// Returns form data of name-value pairs.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), Value::from(value.into()))).collect())
    }

    /// Returns form data for a form that is known as text only.
    pub fn text(text: String) -> Self {
        Self(vec![("value".to_owned(), Value::from(text))])
    }

    fn pair((at, item): (usize, Value)) -> (String, Value) {
        match item {
            Value::Array(mut pair) if pair.len() == 2 && pair[0].is_string() => {
                let value = pair.pop().unwrap_or(Value::Null);
                (pair[0].as_str().unwrap_or_default().to_owned(), value)
            }
            other => (at.to_string(), other),
        }
    }

    /// Returns the fields, named as they are recorded; the values of a repeated field become a list.
    pub(crate) fn grouped(self) -> Vec<(String, Value)> {
        let mut grouped: Vec<(String, Value)> = Vec::with_capacity(self.0.len().min(MAX_FIELDS));
        // The fields of which several were submitted; a single value may be a list as well.
        let mut lists: Vec<usize> = Vec::new();
        for (field, value) in self.0.into_iter().take(MAX_FIELDS) {
            let known = grouped.iter().position(|(name, _)| name.strip_prefix(PREFIX) == Some(&*field));
            let Some(at) = known else {
                let mut name = String::with_capacity(PREFIX.len() + field.len());
                name.push_str(PREFIX);
                name.push_str(&field);
                grouped.push((name, value));
                continue;
            };
            let Some((_, values)) = grouped.get_mut(at) else { continue };
            match values {
                Value::Array(values) if lists.contains(&at) => values.push(value),
                single => {
                    *single = Value::Array(vec![single.take(), value]);
                    lists.push(at);
                }
            }
        }
        grouped
    }
}

impl AsRef<Self> for FormData {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// The beginning of the names of recorded fields.
const PREFIX: &str = "server_action_form_data.";

/// The maximum depth to which a form is flattened; deeper values are kept as they are.
const MAX_DEPTH: usize = 8;

/// Flattens a value into fields. A list of scalars is one field.
fn flatten(name: String, value: Value, depth: usize, into: &mut Vec<(String, Value)>) {
    let is_nested = |value: &Value| value.is_object() || value.is_array();
    match value {
        _ if into.len() > MAX_FIELDS => {}
        Value::Object(fields) if depth < MAX_DEPTH => {
            for (field, value) in fields {
                flatten(format!("{name}.{field}"), value, depth + 1, into);
            }
        }
        Value::Array(items) if depth < MAX_DEPTH && items.iter().any(is_nested) => {
            for (at, value) in items.into_iter().enumerate() {
                flatten(format!("{name}.{at}"), value, depth + 1, into);
            }
        }
        other => into.push((name, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Map;
    use serde_json::json;

    fn fields(form: &Value) -> Value {
        let fields = FormData::of(form).grouped().into_iter();
        json!(
            fields
                .map(|(name, value)| (name.strip_prefix(PREFIX).unwrap().to_owned(), value))
                .collect::<Map<_, _>>()
        )
    }

    #[test]
    fn what_is_nested_becomes_fields() {
        assert_eq!(
            fields(&json!({"a": {"b": {"c": 1}, "d": [1, 2]}, "items": [{"n": "x"}, {"n": "y"}], "e": {}})),
            json!({"a.b.c": 1, "a.d": [1, 2], "items.0.n": "x", "items.1.n": "y"})
        );
        assert_eq!(fields(&json!("text")), json!({"value": "text"}));
        assert_eq!(fields(&json!([["a", 1], ["b", 0], ["a", 2], ["a", 3]])), json!({"a": [1, 2, 3], "b": 0}));
        assert_eq!(fields(&json!([["a", [1]], ["a", [2]], ["a", 3]])), json!({"a": [[1], [2], 3]}));
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = (0..50).fold(json!(1), |inner, _| json!({"a": inner}));
        assert_eq!(FormData::of(&deep).grouped().len(), 1);
        let wide: Vec<_> = (0..5000).map(|at| (at.to_string(), at)).collect();
        assert_eq!(FormData::of(&wide).grouped().len(), MAX_FIELDS);
    }
}
