//! A validator for JSON schemas, limited to the keywords that Sentry's published event schema uses.
//!
//! An unknown keyword is an error when the schema is read, so that no rule is skipped unnoticed.

use serde_json::{Map, Value};

/// Keywords that describe a schema and require nothing.
const REMARKS: &[&str] = &["$schema", "title", "description", "default", "definitions", "format"];
const RULES: &[&str] = &[
    "$ref",
    "type",
    "enum",
    "anyOf",
    "allOf",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minimum",
];

/// A JSON schema.
#[derive(Debug)]
pub struct Schema(Value);

impl Schema {
    /// Creates a validator from a schema.
    ///
    /// # Errors
    /// Returns an error if the schema uses a keyword that is not implemented.
    pub fn new(schema: Value) -> Result<Self, String> {
        known(&schema)?;
        Ok(Self(schema))
    }

    /// Returns the rules that a value breaks, each with its path; nothing if the value is valid.
    ///
    /// ```
    /// use sentry_fake_server::Schema;
    /// use serde_json::json;
    ///
    /// let schema = Schema::new(json!({
    ///     "type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false,
    /// })).unwrap();
    /// assert!(schema.check(&json!({"id": "7"})).is_empty());
    /// assert_eq!(schema.check(&json!({"id": 7})), ["$.id: 7 is not of type string"]);
    /// assert_eq!(schema.check(&json!({"x": 7})), ["$.x: not in the schema"]);
    /// ```
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<String> {
        let mut broken = Vec::new();
        self.rules(&self.0, value, "$", &mut broken);
        broken
    }

    fn rules(&self, schema: &Value, value: &Value, path: &str, broken: &mut Vec<String>) {
        let Some(rules) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                broken.push(format!("{path}: not in the schema"));
            }
            return;
        };
        for (rule, wanted) in rules {
            self.rule(rule, wanted, rules, value, path, broken);
        }
    }

    fn rule(
        &self,
        rule: &str,
        wanted: &Value,
        rules: &Map<String, Value>,
        value: &Value,
        path: &str,
        broken: &mut Vec<String>,
    ) {
        let length = value.as_array().map(|items| items.len() as u64);
        match rule {
            "$ref" => {
                let at = wanted.as_str().and_then(|at| at.strip_prefix('#')).unwrap_or("/nowhere");
                match self.0.pointer(at) {
                    Some(schema) => self.rules(schema, value, path, broken),
                    None => broken.push(format!("{path}: the schema lacks {wanted}")),
                }
            }
            "type" => {
                let types = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
                let names: Vec<_> = types.iter().filter_map(Value::as_str).collect();
                if !names.iter().any(|name| is_a(value, name)) {
                    broken.push(format!("{path}: {value} is not of type {}", names.join(" or ")));
                }
            }
            "enum" if wanted.as_array().is_some_and(|known| !known.contains(value)) => {
                broken.push(format!("{path}: {value} is none of {wanted}"));
            }
            "anyOf" => self.any_of(wanted, value, path, broken),
            "allOf" => {
                for schema in wanted.as_array().into_iter().flatten() {
                    self.rules(schema, value, path, broken);
                }
            }
            "required" if value.is_object() => {
                let missing = wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
                broken.extend(
                    missing
                        .filter(|name| value.get(name).is_none())
                        .map(|name| format!("{path}: lacks {name}")),
                );
            }
            "properties" | "additionalProperties" => {
                let listed = rules.get("properties").and_then(Value::as_object);
                for (name, field) in value.as_object().into_iter().flatten() {
                    let own = listed.and_then(|listed| listed.get(name));
                    let schema =
                        if rule == "properties" { own } else { Some(wanted).filter(|_| own.is_none()) };
                    if let Some(schema) = schema {
                        self.rules(schema, field, &format!("{path}.{name}"), broken);
                    }
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    let schema = wanted.as_array().map_or(Some(wanted), |each| each.get(at));
                    if let Some(schema) = schema {
                        self.rules(schema, item, &format!("{path}[{at}]"), broken);
                    }
                }
            }
            "minItems" if length < wanted.as_u64() && length.is_some() => {
                broken.push(format!("{path}: fewer than {wanted} items"));
            }
            "maxItems" if length > wanted.as_u64() => {
                broken.push(format!("{path}: more than {wanted} items"));
            }
            "minimum" if value.as_f64().is_some_and(|number| Some(number) < wanted.as_f64()) => {
                broken.push(format!("{path}: {value} is less than {wanted}"));
            }
            _ => {}
        }
    }

    /// Checks that at least one schema matches; if none does, the errors of the closest one are returned.
    fn any_of(&self, wanted: &Value, value: &Value, path: &str, broken: &mut Vec<String>) {
        let tried = wanted.as_array().into_iter().flatten().map(|schema| {
            let mut broken = Vec::new();
            self.rules(schema, value, path, &mut broken);
            broken
        });
        // An error deep inside is more informative than one about the type of the whole value.
        let depth = |broken: &Vec<String>| broken.iter().map(String::len).max().unwrap_or_default();
        if let Some(nearest) =
            tried.max_by_key(|broken| if broken.is_empty() { usize::MAX } else { depth(broken) })
        {
            broken.extend(nearest);
        }
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        _ => false,
    }
}

/// Returns an error for a schema with rules that are not implemented.
fn known(schema: &Value) -> Result<(), String> {
    for (keyword, inner) in schema.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "properties" | "definitions" => {
                inner.as_object().into_iter().flatten().try_for_each(|(_, schema)| known(schema))?;
            }
            "anyOf" | "allOf" | "items" if inner.is_array() => {
                inner.as_array().into_iter().flatten().try_for_each(known)?;
            }
            "items" | "additionalProperties" => known(inner)?,
            keyword if RULES.contains(&keyword) || REMARKS.contains(&keyword) => {}
            other => return Err(format!("the keyword `{other}` is not implemented")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_rule_can_be_broken() {
        let referring = json!({"$ref": "#/definitions/A", "definitions": {"A": {"type": "string"}}});
        for (schema, good, bad) in [
            (json!({"type": ["integer", "null"]}), json!(null), json!(1.5)),
            (json!({"enum": ["a", "b"]}), json!("a"), json!("c")),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!("a"), json!(1)),
            (json!({"allOf": [{"type": "number"}, {"minimum": 3}]}), json!(3), json!(2)),
            (json!({"required": ["a"]}), json!({"a": 1}), json!({"b": 1})),
            (json!({"properties": {"a": {"type": "null"}}}), json!({"b": 1}), json!({"a": 1})),
            (json!({"additionalProperties": {"type": "null"}}), json!({"a": null}), json!({"a": 1})),
            (json!({"items": {"type": "null"}}), json!([null]), json!([null, 1])),
            (json!({"items": [{"type": "null"}]}), json!([null, 1]), json!([1])),
            (json!({"minItems": 1}), json!([1]), json!([])),
            (json!({"maxItems": 1}), json!([1]), json!([1, 2])),
            (referring, json!("a"), json!(1)),
        ] {
            let schema = Schema::new(schema).unwrap();
            assert_eq!(schema.check(&good), [""; 0], "{schema:?}");
            assert_eq!(schema.check(&bad).len(), 1, "{schema:?}");
        }
    }

    #[test]
    fn an_unknown_rule_is_refused() {
        let schema = json!({"properties": {"a": {"anyOf": [{"pattern": "^a"}]}}});
        assert_eq!(Schema::new(schema).unwrap_err(), "the keyword `pattern` is not implemented");
    }
}
