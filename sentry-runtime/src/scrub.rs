//! The filter for everything that leaves the process.
//!
//! The pipeline thread runs the filter after the user's callbacks and before it writes anything. Each kind of payload
//! has one function here ([`payload`]) that takes the payload apart field by field, so that a new field does not
//! compile until somebody has decided about it. A value whose name is sensitive becomes `[Filtered]`; its name stays.
//! Every other text passes one filter, [`Scrubber::scrub_text`]. Booleans and null are never filtered: neither holds a
//! secret, and `is_authenticated` helps a reader.
//!
//! The parts: [`names`] decides which names are sensitive. [`text`] finds names inside URLs, cookies, forms and JSON;
//! [`fields`] names in quotes; [`labels`] names before a colon; [`words`] names before an equals sign; [`elements`] names
//! of XML; [`template`] placeholders of values with a name. [`user_info`] and [`shapes`] find secrets that have no name.
//! [`extents`], [`unclosed`], [`yaml`] and [`wording`] tell what is behind a name: where it ends, and whether it is a
//! value or a word of a sentence. [`memory`] recognises what was filtered before. [`effort`] counts what is read, for tests.
//!
//! The spec leaves data that the user set alone. This toolkit is stricter: on the pipeline thread nobody can tell any
//! more who set a value, and what was leaked cannot be called back.
//!
//! Spec: <https://develop.sentry.dev/sdk/foundations/client/data-collection/>.

mod effort;
mod elements;
mod extents;
mod fields;
mod labels;
mod memory;
mod names;
mod payload;
mod request_url;
mod rewrite;
mod shapes;
mod template;
mod text;
mod unclosed;
mod user_info;
mod wording;
mod words;
mod yaml;

#[cfg(feature = "_foreign")]
pub(crate) use text::without_query_values;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use serde_json::Value;

use crate::protocol::AttributeValue;
use crate::protocol::limits::truncated;

use self::memory::Memory;
use self::names::{Names, Verdict};

/// The text that replaces a filtered value.
pub(crate) const FILTERED: &str = "[Filtered]";

/// The depth to which values are searched. Deeper values are filtered unseen.
const MAX_DEPTH: usize = 64;

/// A function that decides by the name of a value whether it is kept.
struct KeepsValue(Box<dyn Fn(&str) -> bool + Send + Sync>);

impl fmt::Debug for KeepsValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeepsValue(..)")
    }
}

/// The filter of a client, made once.
#[derive(Debug)]
pub(crate) struct Scrubber {
    names: Names,
    /// Whether a query parameter of a URL in the text of an error keeps its value; `None` if all do.
    keeps_query_value: Option<KeepsValue>,
    memory: Memory,
}

impl Scrubber {
    /// Creates a filter from the terms of the spec and those of the user. A user's term is taken literally: every name
    /// that contains it, in any case, is sensitive, even when it is an everyday word.
    pub(crate) fn new(extra: &[String]) -> Self {
        Self { names: Names::new(extra), keeps_query_value: None, memory: Memory::default() }
    }

    /// Filters the values of query parameters of URLs in the texts of errors, except those whose name a function accepts:
    /// they are what a user typed.
    pub(crate) fn keep_query_values_if(
        mut self,
        keeps: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.keeps_query_value = Some(KeepsValue(Box::new(keeps)));
        self
    }

    /// Returns whether a text under this name is filtered.
    pub(crate) fn is_sensitive(&self, name: &str) -> bool {
        self.names.verdict(name) != Verdict::Harmless
    }

    /// Returns the verdict on the name of an attribute, a field or a tag. Programs use few of them.
    fn verdict(&self, name: &str) -> Verdict {
        self.memory.verdict(name, |name| self.names.verdict(name))
    }

    /// Filters a value and everything inside it. Returns whether anything changed.
    pub(crate) fn scrub_value(&self, value: &mut Value) -> bool {
        self.scrub_value_at(value, 0)
    }

    fn scrub_value_at(&self, value: &mut Value, depth: usize) -> bool {
        if depth > MAX_DEPTH && (value.is_object() || value.is_array()) {
            *value = FILTERED.into();
            return true;
        }
        match value {
            Value::String(text) => rewrite(text, |text| self.scrub_text_at(text, depth)),
            Value::Array(items) => {
                let mut changed = false;
                // Headers and forms often come as a list of pairs. A pair alone is as likely a list of two.
                let pairs = !items.is_empty() && items.iter().all(|item| pair_name(item).is_some());
                for item in items {
                    let verdict = pair_name(item).filter(|_| pairs).map(|name| self.names.verdict(name));
                    changed |= match item.get_mut(1) {
                        Some(second) if verdict.is_some_and(|verdict| is_filtered(verdict, second)) => {
                            replace(second, FILTERED.into())
                        }
                        _ => self.scrub_value_at(item, depth + 1),
                    };
                }
                changed
            }
            Value::Object(fields) => {
                let verdict = fields
                    .iter()
                    .filter(|(key, _)| NAMES.iter().any(|name| key.eq_ignore_ascii_case(name)))
                    .filter_map(|(_, name)| name.as_str())
                    .map(|name| self.names.verdict(name))
                    .max()
                    .unwrap_or(Verdict::Harmless);
                let mut changed = false;
                for (name, field) in fields {
                    changed |= if name.eq_ignore_ascii_case("value") && is_filtered(verdict, field) {
                        replace(field, FILTERED.into())
                    } else {
                        self.scrub_field(name, field, depth + 1)
                    };
                }
                changed
            }
            Value::Number(number) if number.as_u64().is_some_and(shapes::is_card_number) => {
                replace(value, FILTERED.into())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn scrub_field(&self, name: &str, value: &mut Value, depth: usize) -> bool {
        match (self.verdict(name), &mut *value) {
            (_, Value::Null | Value::Bool(_)) => false,
            (Verdict::Harmless, Value::String(text)) => self.scrub_named_text(name, text, depth),
            (verdict, value) if is_filtered(verdict, value) => replace(value, FILTERED.into()),
            (_, value) => self.scrub_value_at(value, depth),
        }
    }

    /// Filters a text as the kind of text that its name announces.
    fn scrub_named_text(&self, name: &str, text: &mut String, depth: usize) -> bool {
        rewrite(text, |text| self.scrubbed(kind(name), text, depth))
    }

    fn scrubbed<'a>(&self, kind: TextKind, text: &'a str, depth: usize) -> Cow<'a, str> {
        match kind {
            TextKind::Cookies => self.scrub_cookies(text),
            TextKind::Query => self.scrub_query(text),
            TextKind::Text => self.scrub_text_at(text, depth),
        }
    }

    /// Filters an attribute of a span, a log or a metric by its name.
    pub(crate) fn scrub_attribute(&self, name: &str, value: &mut AttributeValue) {
        let number =
            matches!(value, AttributeValue::I64(_) | AttributeValue::U64(_) | AttributeValue::F64(_));
        match self.verdict(name) {
            _ if matches!(value, AttributeValue::Null | AttributeValue::Bool(_)) => {}
            Verdict::Count if number => {}
            Verdict::Harmless => self.scrub_attribute_value(name, value),
            // The values of a header are a list, also if there is one, and are filtered as one.
            Verdict::Count | Verdict::Sensitive
                if is_header(name) && matches!(value, AttributeValue::Array(_)) =>
            {
                *value = vec![FILTERED].into();
            }
            Verdict::Count | Verdict::Sensitive => *value = AttributeValue::from_static(FILTERED),
        }
    }

    fn scrub_attribute_value(&self, name: &str, value: &mut AttributeValue) {
        let number = match value {
            AttributeValue::I64(number) => u64::try_from(*number).ok(),
            AttributeValue::U64(number) => Some(*number),
            _ => None,
        };
        if number.is_some_and(shapes::is_card_number) {
            *value = AttributeValue::from_static(FILTERED);
        } else if let AttributeValue::Array(items) = value {
            items.iter_mut().for_each(|item| self.scrub_attribute_value(name, item));
        } else if let Some(Cow::Owned(text)) = value.as_str().map(|text| self.scrubbed(kind(name), text, 0)) {
            *value = text.into();
        }
    }
}

/// The keys under which an object holds the name of a value: `{"name": "password", "value": "x"}`.
const NAMES: [&str; 5] = ["name", "key", "field", "header", "param"];

/// Returns whether an attribute holds the values of an HTTP header.
fn is_header(name: &str) -> bool {
    name.starts_with("http.request.header.") || name.starts_with("http.response.header.")
}

/// Returns whether a value is filtered by this verdict on its name.
fn is_filtered(verdict: Verdict, value: &Value) -> bool {
    match (verdict, value) {
        (Verdict::Harmless, _) | (_, Value::Null | Value::Bool(_)) => false,
        (Verdict::Count, value) => !value.is_number(),
        (Verdict::Sensitive, _) => true,
    }
}

/// The kind of a text, by its name.
enum TextKind {
    Cookies,
    Query,
    Text,
}

fn kind(name: &str) -> TextKind {
    let last = name.rsplit('.').next().unwrap_or(name);
    if ["cookie", "cookies", "set-cookie", "set_cookie", "http_cookie"]
        .iter()
        .any(|it| last.eq_ignore_ascii_case(it))
    {
        TextKind::Cookies
    } else if matches!(name, "http.query" | "url.query" | "url.fragment" | "http.fragment")
        || name.eq_ignore_ascii_case("query_string")
    {
        TextKind::Query
    } else {
        TextKind::Text
    }
}

/// The name of a pair of name and value.
fn pair_name(item: &Value) -> Option<&str> {
    match item.as_array()?.as_slice() {
        [Value::String(name), _] => Some(name),
        _ => None,
    }
}

/// Replaces a text with the filtered text. Returns whether anything was filtered.
fn rewrite(text: &mut String, scrub: impl FnOnce(&str) -> Cow<'_, str>) -> bool {
    match scrub(text) {
        Cow::Borrowed(_) => false,
        Cow::Owned(scrubbed) => replace(text, scrubbed),
    }
}

fn rewrite_some(text: &mut Option<String>, scrub: impl FnOnce(&str) -> Cow<'_, str>) {
    if let Some(text) = text {
        rewrite(text, scrub);
    }
}

fn replace<T: PartialEq>(slot: &mut T, with: T) -> bool {
    let changed = *slot != with;
    *slot = with;
    changed
}

/// Filters and cuts a short text that leaves the process without passing the pipeline thread: in the headers of
/// outgoing requests. `own` is the filter of the client, unless it has no terms of its own.
pub(crate) fn without_secrets(text: &str, own: Option<&Scrubber>) -> String {
    const MAX: usize = 200;
    static SCRUBBER: LazyLock<Scrubber> = LazyLock::new(|| Scrubber::new(&[]));
    own.unwrap_or_else(|| &SCRUBBER).scrub_text(&truncated(text, MAX)).into_owned()
}

#[cfg(test)]
mod tests;
