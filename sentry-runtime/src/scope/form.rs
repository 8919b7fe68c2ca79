//! Submitted forms: flat lists of named fields, which spans and events carry as `server_action_form_data.<field>`.
//!
//! The thread of the handler only copies the texts. The pipeline thread names and groups the fields.

use std::borrow::Cow;

use serde::Serialize;

use super::field_texts::FieldTexts;
use crate::base::callback;
use crate::protocol::Value;
use crate::protocol::limits::{MAX_HELD, truncated};
use crate::protocol::nesting::Shallow;
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
#[derive(Clone, Default)]
pub struct FormData {
    /// All names, and the values that are texts.
    texts: FieldTexts,
    /// The values that are no texts, by the positions of their fields.
    others: Vec<(usize, Shallow<Value>)>,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
enum FieldValue<'a> {
    Text(&'a str),
    Other(&'a Value),
}

impl FieldValue<'_> {
    fn to_json(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Other(value) => value.clone(),
        }
    }
}

/// The maximum number of recorded fields per form.
pub(super) const MAX_FIELDS: usize = 100;

impl FormData {
    /// Returns the fields of a value that serialises to a map, a struct or a list of pairs. Any other value becomes one
    /// field named `value`.
    pub fn of<T: Serialize + ?Sized>(form: &T) -> Self {
        let mut data = Self::default();
        match callback::show(|| to_value(form).ok()).flatten() {
            Some(Value::Object(fields)) => {
                fields.into_iter().for_each(|(name, value)| flatten(name, value, 0, &mut data));
            }
            Some(Value::Array(items)) => {
                for (name, value) in items.into_iter().enumerate().map(Self::pair) {
                    flatten(name, value, 0, &mut data);
                }
            }
            Some(other) => data.push("value", other),
            None => {}
        }
        data
    }

    /// Returns form data of name-value pairs.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut data = Self::default();
        for (name, text) in pairs {
            data.push_text(&name.into(), &text.into());
        }
        data
    }

    /// Returns form data for a form that is known as text only.
    pub fn text(text: String) -> Self {
        let mut data = Self::default();
        data.push_text("value", &text);
        data
    }

    /// Returns form data of a list of texts, which are copied without being serialised.
    pub(crate) fn of_pairs<T: FormPairs + ?Sized>(pairs: &T) -> Self {
        let mut data = Self::default();
        pairs.each(&mut |name, text| data.push_text(name, text));
        data
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

    /// Adds a field with a text. More fields than are recorded are not kept.
    fn push_text(&mut self, name: &str, text: &str) {
        if self.len() < MAX_FIELDS {
            self.texts.push(name, &truncated(text, MAX_HELD));
        }
    }

    fn len(&self) -> usize {
        self.texts.len()
    }

    /// Adds a field with any value.
    fn push(&mut self, name: &str, value: Value) {
        let other = match value {
            Value::String(text) => return self.push_text(name, &text),
            other => Shallow::of(other),
        };
        if self.len() < MAX_FIELDS {
            self.others.push((self.len(), other));
            self.texts.push(name, "");
        }
    }

    fn fields(&self) -> impl Iterator<Item = (&str, FieldValue<'_>)> {
        let mut others = self.others.iter().peekable();
        self.texts.iter().enumerate().map(move |(at, (name, text))| {
            match others.next_if(|(of, _)| *of == at) {
                Some((_, value)) => (name, FieldValue::Other(value)),
                None => (name, FieldValue::Text(text)),
            }
        })
    }

    /// Returns the names as they are recorded, each with its values.
    pub(crate) fn weighed(&self) -> impl Iterator<Item = (usize, &str, Option<&Value>)> {
        self.fields().map(|(name, value)| match value {
            FieldValue::Text(text) => (PREFIX.len() + name.len(), text, None),
            FieldValue::Other(value) => (PREFIX.len() + name.len(), "", Some(value)),
        })
    }

    /// Returns the fields, named as they are recorded; the values of a repeated field become a list.
    pub(crate) fn grouped(&self) -> Vec<(String, Value)> {
        let mut grouped: Vec<(String, Value)> = Vec::with_capacity(self.len());
        // The fields of which several were submitted; a single value may be a list as well.
        let mut lists: Vec<usize> = Vec::new();
        for (field, value) in self.fields() {
            let value = value.to_json();
            let known = grouped.iter().position(|(name, _)| name.strip_prefix(PREFIX) == Some(field));
            let Some(at) = known else {
                grouped.push((format!("{PREFIX}{field}"), value));
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

/// Forms are equal if they have the same fields in the same order.
impl PartialEq for FormData {
    fn eq(&self, other: &Self) -> bool {
        self.fields().eq(other.fields())
    }
}

impl std::fmt::Debug for FormData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormData")?;
        f.debug_list().entries(self.fields().map(|(name, value)| (name, value.to_json()))).finish()
    }
}

impl AsRef<Self> for FormData {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// A list of names and texts. Only lists and texts of the standard library: other types may serialise to something else
/// than what they contain.
#[doc(hidden)]
pub trait FormPairs {
    /// Calls `each` with every name and its text, in order.
    fn each(&self, each: &mut dyn FnMut(&str, &str));
}

impl<T: FormPairs + ?Sized> FormPairs for &T {
    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        (**self).each(each);
    }
}

impl<K: FormText, V: FormText> FormPairs for [(K, V)] {
    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        self.iter().for_each(|(name, text)| each(name.text(), text.text()));
    }
}

impl<K: FormText, V: FormText, const N: usize> FormPairs for [(K, V); N] {
    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        self.as_slice().each(each);
    }
}

impl<K: FormText, V: FormText> FormPairs for Vec<(K, V)> {
    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        self.as_slice().each(each);
    }
}

/// A text that serialises to itself.
#[doc(hidden)]
pub trait FormText {
    fn text(&self) -> &str;
}

impl FormText for &str {
    fn text(&self) -> &str {
        self
    }
}

impl FormText for String {
    fn text(&self) -> &str {
        self
    }
}

impl FormText for Cow<'_, str> {
    fn text(&self) -> &str {
        self
    }
}

/// The beginning of the names of recorded fields.
pub(super) const PREFIX: &str = "server_action_form_data.";

/// The maximum depth to which a form is flattened; deeper values are kept as they are.
const MAX_DEPTH: usize = 8;

/// Flattens a value into fields. A list of scalars is one field.
fn flatten(name: String, value: Value, depth: usize, into: &mut FormData) {
    let is_nested = |value: &Value| value.is_object() || value.is_array();
    match value {
        _ if into.len() >= MAX_FIELDS => {}
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
        other => into.push(&name, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::protocol::Map;
    use crate::scope::{Scope, Scopes};
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
        assert_eq!(
            fields(&json!([["a", "x"], ["b", 0], ["c", ""], ["d", null], ["e", [1]], ["f", "y"]])),
            json!({"a": "x", "b": 0, "c": "", "d": null, "e": [1], "f": "y"})
        );
        assert_eq!(fields(&json!([["a", [1]], ["a", [2]], ["a", 3]])), json!({"a": [[1], [2], 3]}));
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = (0..50).fold(json!(1), |inner, _| json!({"a": inner}));
        assert_eq!(FormData::of(&deep).grouped().len(), 1);
        let wide: Vec<_> = (0..5000).map(|at| (at.to_string(), at)).collect();
        assert_eq!(FormData::of(&wide).grouped().len(), MAX_FIELDS);
    }

    #[test]
    fn a_list_of_texts_is_copied_as_it_would_be_serialised() {
        let lists = [vec![], vec![("a", "1")], vec![("a", "1"), ("b", ""), ("a", "3"), ("", "x")]];
        for list in lists {
            assert_eq!(FormData::of_pairs(&list), FormData::of(&list));
            assert_eq!(FormData::of_pairs(&*list), FormData::from_pairs(list));
        }
        let owned = [(String::from("a"), Cow::Borrowed("1"))];
        assert_eq!(FormData::of_pairs(&owned), FormData::from_pairs([("a", "1")]));
        let long = "x".repeat(MAX_HELD + 1);
        let (_, value) = FormData::of_pairs(&[("a", &*long)]).grouped().remove(0);
        assert_eq!(value.as_str().map(str::len), Some(MAX_HELD), "a long text is cut");
    }

    fn extra(scope: &Scope) -> Vec<(&str, String)> {
        scope
            .rest
            .extra
            .iter()
            .map(|(key, value)| (key.strip_prefix(PREFIX).unwrap_or(key), value.to_string()))
            .collect()
    }

    fn form(pairs: &[(&str, &str)]) -> Arc<FormData> {
        Arc::new(FormData::of_pairs(pairs))
    }

    #[test]
    fn the_order_of_a_form_and_of_other_data_is_kept() {
        let mut scope = Scope::default();
        scope.set_extra("server_action_form_data.a", "before".into());
        scope.set_form(form(&[("a", "1"), ("b", "2"), ("c", "3")]));
        scope.set_extra("server_action_form_data.b", "after".into());
        scope.remove_extra("server_action_form_data.c");
        scope.set_extra("zone", 1.into());
        assert_eq!(
            extra(&scope),
            [("a", "\"1\"".to_owned()), ("b", "\"after\"".to_owned()), ("zone", "1".to_owned())]
        );
        scope.remove_extra("zone");
        scope.set_form(form(&[("b", "4")]));
        scope.set_form(form(&[("d", "5")]));
        let global = Arc::new(Scope::default());
        let (isolation, current) = (Arc::new(scope.clone()), Arc::clone(&global));
        let merged = Scopes { global, isolation, current }.merged();
        let all = [("a", "1"), ("b", "4"), ("d", "5")].map(|(key, value)| (key, format!("{value:?}")));
        assert_eq!(extra(&merged), all);
        scope.clear();
        scope.unfold_form();
        assert_eq!(extra(&scope), []);
    }

    #[test]
    fn a_form_is_merged_although_nothing_else_is_set() {
        let mut own = Scope::default();
        own.set_form(form(&[("a", "1")]));
        let copy = own.clone();
        own.clear();
        for (scope, expected) in [(own, vec![]), (copy, vec![("a", "\"1\"".to_owned())])] {
            let (global, current) = (Arc::default(), Arc::default());
            let merged = Scopes { global, isolation: Arc::new(scope), current }.merged();
            assert_eq!(extra(&merged), expected);
        }
    }

    #[test]
    fn a_form_is_kept_when_other_code_changes_the_scope_meanwhile() {
        let cell = crate::scope::ScopeCell::default();
        cell.update(|scope| scope.set_form(form(&[("a", "1"), ("b", "2")])));
        cell.configure(|own| {
            own.remove_extra("server_action_form_data.a");
            cell.update(|newer| newer.set_form(form(&[("c", "3")])));
        });
        let mut scope = Scope::clone(&cell.snapshot());
        scope.unfold_form();
        assert_eq!(extra(&scope), [("b", "\"2\"".to_owned()), ("c", "\"3\"".to_owned())]);
    }
}
