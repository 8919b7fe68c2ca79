//! The HTTP request during which an event happened.
//!
//! [Spec](https://develop.sentry.dev/sdk/data-model/event-payloads/request/).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Map, Value};

/// An HTTP request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// The URL, without query string and fragment if they are in their own fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The method, in upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The body: JSON, a form, or raw text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The query string without the question mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_string: Option<String>,
    /// The value of the `Cookie` header, `a=1; b=2`. The server rejects cookies in one string, so they are written as a
    /// list of pairs; text without `=` is a name without value.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "write_cookies",
        deserialize_with = "read_cookies"
    )]
    pub cookies: Option<String>,
    /// The headers; values of headers with the same name are joined by `, `.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, String>,
    /// The environment of the server, such as `REMOTE_ADDR`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub env: Map<String, String>,
}

/// Returns the names and values in a `Cookie` header.
pub(crate) fn cookie_pairs(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').map(str::trim).filter(|piece| !piece.is_empty()).map(|piece| {
        match piece.split_once('=') {
            Some((name, value)) => (name.trim_end(), value.trim_start()),
            None => (piece, ""),
        }
    })
}

fn write_cookies<S: Serializer>(cookies: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(cookie_pairs(cookies.as_deref().unwrap_or_default()))
}

fn read_cookies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let joined = |pairs: Vec<String>| Some(pairs.join("; "));
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(header) => Ok(Some(header)),
        Value::Object(pairs) => {
            Ok(joined(pairs.iter().map(|(name, value)| format!("{name}={}", text(value))).collect()))
        }
        Value::Array(pairs) => Ok(joined(
            pairs
                .iter()
                .filter_map(|pair| Some(format!("{}={}", text(pair.get(0)?), text(pair.get(1)?))))
                .collect(),
        )),
        other => Err(D::Error::custom(format_args!(
            "`{other}` is not a list of cookies: expected pairs of name and value"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_written_as_pairs() {
        let request = Request { cookies: Some("a=1; b=x=y;; c".into()), ..Request::default() };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(text, r#"{"cookies":[["a","1"],["b","x=y"],["c",""]]}"#);
        let back: Request = serde_json::from_str(&text).unwrap();
        assert_eq!(back.cookies.as_deref(), Some("a=1; b=x=y; c="));
    }
}
