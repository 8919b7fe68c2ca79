//! The search language: words, `key:value`, `key:[a,b]`, `!key:value`, `key:>100`, `has:key`, and `*` in values.
//!
//! It is the core of [Sentry's](https://docs.sentry.io/concepts/search/): all terms have to match.

use crate::model::text::{Interner, Text};
use crate::model::value::Value;

/// A value of a row that a term is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    Text(&'a str),
    Number(f64),
    Bool(bool),
}

impl<'a> Field<'a> {
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Number(*value as f64),
            Value::Float(value) => Self::Number(*value),
            Value::Text(text) => Self::Text(text),
            Value::Json(json) => Self::Text(json),
        })
    }
}

/// The key of a term.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// The shared copy, if some row has an attribute of that name.
    pub(crate) interned: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// The condition of a term on a value.
#[derive(Debug)]
pub(crate) enum Test {
    /// The key has a value.
    Has,
    /// One of these patterns matches.
    Any(Vec<String>),
    Number(CompareTo),
}

/// A comparison with a number.
#[derive(Debug)]
pub(crate) struct CompareTo(Compare, f64);

impl Test {
    pub(crate) fn matches(&self, field: Field<'_>) -> bool {
        match (self, field) {
            (Self::Has, field) => !matches!(field, Field::Bool(false) | Field::Text("")),
            (Self::Any(patterns), Field::Text(text)) => patterns.iter().any(|pattern| glob(pattern, text)),
            (Self::Any(patterns), Field::Number(number)) => {
                let text = number.to_string();
                patterns.iter().any(|pattern| quantity(pattern) == Some(number) || glob(pattern, &text))
            }
            (Self::Any(patterns), Field::Bool(value)) => {
                let names = if value { ["true", "1", "yes"] } else { ["false", "0", "no"] };
                patterns.iter().any(|pattern| names.iter().any(|name| pattern.eq_ignore_ascii_case(name)))
            }
            (Self::Number(compare), Field::Number(number)) => compare.matches(number),
            (Self::Number(compare), Field::Text(text)) => {
                quantity(text).is_some_and(|number| compare.matches(number))
            }
            (Self::Number(_), Field::Bool(_)) => false,
        }
    }

    /// Returns whether a text contains the value. Messages are long, so a part of one is enough.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Has => !text.is_empty(),
            Self::Any(patterns) => patterns.iter().any(|pattern| {
                if pattern.contains('*') { glob(pattern, text) } else { contains(text, pattern) }
            }),
            Self::Number(_) => false,
        }
    }
}

impl CompareTo {
    fn matches(&self, number: f64) -> bool {
        match self.0 {
            Compare::Equal => number == self.1,
            Compare::Greater => number > self.1,
            Compare::GreaterOrEqual => number >= self.1,
            Compare::Less => number < self.1,
            Compare::LessOrEqual => number <= self.1,
        }
    }
}

/// A term of a query.
#[derive(Debug)]
pub(crate) enum Term {
    Word { text: String, negated: bool },
    Key { key: Key, test: Test, negated: bool },
}

/// A query: all terms have to match.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) terms: Vec<Term>,
}

/// The most terms that are read, and the longest query.
const MAX_TERMS: usize = 32;
const MAX_LENGTH: usize = 4096;

/// A value that can be searched.
pub(crate) trait Searched {
    /// Returns whether a word occurs in the name or text of the row. `number` is the position of the term.
    fn contains(&self, word: &str, number: usize) -> bool;
    /// Returns whether a value that the row has under a key passes the test.
    fn any(&self, key: &Key, test: &Test, number: usize) -> bool;
}

impl Search {
    /// Reads a query. What cannot be read as `key:value` is a word.
    pub(crate) fn read(query: &str, texts: &Interner) -> Self {
        let query = crate::model::text::cut(query, MAX_LENGTH);
        let terms = split(query).into_iter().take(MAX_TERMS).map(|token| term(&token, texts)).collect();
        Self { terms }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(crate) fn matches(&self, row: &impl Searched) -> bool {
        self.terms.iter().enumerate().all(|(number, term)| match term {
            Term::Word { text, negated } => row.contains(text, number) != *negated,
            Term::Key { key, test, negated } => row.any(key, test, number) != *negated,
        })
    }
}

/// Splits at spaces outside of quotes and brackets.
fn split(query: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let (mut quoted, mut bracketed) = (false, false);
    let mut characters = query.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted && characters.peek() == Some(&'"') => {
                token.push('\\');
                token.extend(characters.next());
                continue;
            }
            '"' => quoted = !quoted,
            '[' if !quoted && token.ends_with(':') => bracketed = true,
            ']' if !quoted => bracketed = false,
            character if character.is_whitespace() && !quoted && !bracketed => {
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
                continue;
            }
            _ => {}
        }
        token.push(character);
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

fn term(token: &str, texts: &Interner) -> Term {
    let (rest, negated) = match token.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => (rest, true),
        _ => (token, false),
    };
    if let Some((name, value)) = key_and_value(rest) {
        if name == "has" && !value.is_empty() {
            return Term::Key { key: key(&unquote(value), texts), test: Test::Has, negated };
        }
        if !value.is_empty() {
            return Term::Key { key: key(&name, texts), test: test(value), negated };
        }
    }
    Term::Word { text: unquote(rest), negated }
}

/// Splits at the colon that ends the key. A key has no spaces, quotes or slashes: `http://x` is a word.
fn key_and_value(token: &str) -> Option<(String, &str)> {
    if let Some(rest) = token.strip_prefix('"') {
        let (key, value) = rest.split_once("\":")?;
        return Some((key.to_owned(), value));
    }
    let (key, value) = token.split_once(':')?;
    let is_key = !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '$'));
    (is_key && !value.starts_with("//") && !value.starts_with(':')).then(|| (key.to_owned(), value))
}

fn key(name: &str, texts: &Interner) -> Key {
    Key { interned: texts.known(name).cloned(), name: name.to_owned() }
}

fn test(value: &str) -> Test {
    for (sign, compare) in [
        (">=", Compare::GreaterOrEqual),
        ("<=", Compare::LessOrEqual),
        (">", Compare::Greater),
        ("<", Compare::Less),
        ("=", Compare::Equal),
    ] {
        if let Some(number) = value.strip_prefix(sign).and_then(|rest| quantity(&unquote(rest))) {
            return Test::Number(CompareTo(compare, number));
        }
    }
    if let Some(list) = value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        return Test::Any(
            list.split(',').map(|value| unquote(value.trim())).filter(|value| !value.is_empty()).collect(),
        );
    }
    Test::Any(vec![unquote(value)])
}

fn unquote(text: &str) -> String {
    match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').unwrap_or(rest).replace("\\\"", "\""),
        None => text.to_owned(),
    }
}

/// Reads a number; with a unit of time it is in milliseconds (`1.5s`).
fn quantity(text: &str) -> Option<f64> {
    let text = text.trim();
    for (unit, factor) in [
        ("ms", 1.0),
        ("µs", 1e-3),
        ("us", 1e-3),
        ("min", 60_000.0),
        ("s", 1e3),
        ("m", 60_000.0),
        ("h", 3_600_000.0),
    ] {
        if let Some(number) = text.strip_suffix(unit).and_then(|number| number.trim().parse::<f64>().ok()) {
            return Some(number * factor);
        }
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Matches a whole text with a pattern in which `*` is any text, without regard to case.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains('*') {
        return same(pattern, text);
    }
    let text = text.to_lowercase();
    let pattern = pattern.to_lowercase();
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

/// Returns whether a text contains another, without regard to case.
pub(crate) fn contains(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return true;
    }
    if !word.is_ascii() {
        return text.to_lowercase().contains(&word.to_lowercase());
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    text.len() >= word.len() && text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::{Field, Key, Search, Searched, Test, contains, glob};
    use crate::model::text::Interner;

    struct Row;

    impl Searched for Row {
        fn contains(&self, word: &str, _number: usize) -> bool {
            contains("GET /orders", word)
        }

        fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
            match key.name.as_str() {
                "duration" => test.matches(Field::Number(120.0)),
                "http.response.status_code" => test.matches(Field::Number(500.0)),
                "level" => test.matches(Field::Text("error")),
                "name" => test.matches(Field::Text("GET /orders")),
                "handled" => test.matches(Field::Bool(false)),
                _ => false,
            }
        }
    }

    fn matches(query: &str) -> bool {
        Search::read(query, &Interner::default()).matches(&Row)
    }

    #[test]
    fn every_form_of_a_term() {
        for query in [
            "",
            "orders get",
            "\"GET /orders\"",
            "duration:>100",
            "duration:>0.1s",
            "duration:<=120ms",
            "http.response.status_code:500",
            "http.response.status_code:5*",
            "level:[warning,error]",
            "level:ERROR",
            "name:\"get /orders\"",
            "name:*/orders",
            "!name:*/healthz",
            "!has:user.id",
            "has:level",
            "handled:false",
            "!has:handled",
            "!missing",
        ] {
            assert!(matches(query), "{query}");
        }
        for query in [
            "payments",
            "duration:<100",
            "http.response.status_code:>=501",
            "level:warning",
            "name:orders",
            "!level:error",
            "has:user.id",
            "user.id:*",
            "handled:true",
            "http://orders",
            "level:[]",
        ] {
            assert!(!matches(query), "{query}");
        }
    }

    #[test]
    fn stars_are_any_text() {
        assert!(glob("*", "") && glob("a*c", "aBc") && glob("*b*", "abc") && glob("É*", "éa"));
        assert!(!glob("a*a", "a") && !glob("a*b", "abc") && !glob("a", "ab"));
    }

    #[test]
    fn any_text_is_a_query() {
        for query in
            ["\"", "a:\"", "!", "!!", ":", "a:[", "[x", "a:>", "\\", "\"\\\"", "🦀:🦀", "has:", "a::b"]
        {
            matches(query);
        }
    }
}
