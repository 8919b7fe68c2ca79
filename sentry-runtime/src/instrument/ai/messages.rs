//! Messages of AI spans: JSON text of the relevant messages, without binary data.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::base::callback;
use crate::protocol::to_value::to_value;

/// The replacement for binary data.
const BLOB: &str = "[Blob substitute]";

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
    /// The author of the model's instructions.
    System,
}

/// A text message, in the form that Sentry reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The text.
    pub text: String,
}

impl Message {
    /// Returns a message of the given author.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }

    /// Returns a message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, text)
    }

    /// Returns an answer of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, text)
    }

    /// Returns an instruction.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, text)
    }

    /// Returns the result of a tool.
    pub fn tool(text: impl Into<String>) -> Self {
        Self::new(Role::Tool, text)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({"role": self.role, "parts": [{"type": "text", "content": self.text}]}).serialize(serializer)
    }
}

/// Returns a user's value as JSON, unless its `Serialize` fails or panics.
fn shown<T: Serialize + ?Sized>(value: &T) -> Option<Value> {
    callback::show(|| to_value(value).ok()).flatten()
}

/// The input of a model.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Input {
    pub(super) system: Option<String>,
    pub(super) messages: Option<String>,
}

/// Reads the messages from the last answer of the model on, and the instructions separately.
pub(super) fn input<T: Serialize + ?Sized>(messages: &T, longest: usize) -> Input {
    let mut list = match shown(messages) {
        Some(Value::Array(list)) => list,
        Some(Value::Null) | None => return Input::default(),
        Some(one) => vec![one],
    };
    let role = |message: &Value| message.get("role").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let is = |message: &Value, names: &[&str]| {
        role(message).is_some_and(|role| names.iter().any(|name| role == *name))
    };
    let instructs = |message: &Value| is(message, &["system", "developer"]);
    let system: Vec<String> = list.iter().filter(|message| instructs(message)).map(text_of).collect();
    list.retain(|message| !instructs(message));
    if let Some(answer) = list.iter().rposition(|message| is(message, &["assistant", "model"])) {
        list.drain(..answer);
    }
    Input {
        system: Some(system.join("\n")).filter(|text| !text.is_empty()),
        messages: written(list, longest),
    }
}

/// Returns the messages of a model's answer as JSON.
pub(super) fn output<T: Serialize + ?Sized>(messages: &T, longest: usize) -> Option<String> {
    match shown(messages)? {
        Value::Array(list) => written(list, longest),
        Value::Null => None,
        one => written(vec![one], longest),
    }
}

/// Returns a value as text: strings unchanged, everything else as JSON.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    match shown(value)? {
        Value::String(text) => Some(text),
        mut value => {
            without_blobs(&mut value);
            Some(value.to_string())
        }
    }
}

/// Writes the list as JSON. While the text is longer than the maximum of a value, the oldest message is removed,
/// because truncated JSON could not be parsed.
fn written(mut list: Vec<Value>, longest: usize) -> Option<String> {
    list.iter_mut().for_each(without_blobs);
    loop {
        let text = serde_json::to_string(&list).ok().filter(|_| !list.is_empty())?;
        if text.len() <= longest || list.len() == 1 {
            return Some(text);
        }
        list.remove(0);
    }
}

/// Replaces data URLs.
fn without_blobs(value: &mut Value) {
    match value {
        Value::String(text) if is_data_url(text) => BLOB.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(without_blobs),
        Value::Object(fields) => fields.values_mut().for_each(without_blobs),
        _ => {}
    }
}

fn is_data_url(text: &str) -> bool {
    let data = text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:"));
    data.and_then(|_| text[5..].split_once(',')).is_some_and(|(kind, _)| {
        kind.to_ascii_lowercase().ends_with(";base64") && !kind.contains(char::is_whitespace)
    })
}

/// Returns the text of a message, in either of its forms.
fn text_of(message: &Value) -> String {
    fn part(part: &Value) -> Option<&str> {
        let named =
            |fields: &Map<String, Value>, name| fields.get(name)?.as_str().map(str::len).map(|_| name);
        match part {
            Value::String(text) => Some(text),
            Value::Object(fields) => {
                let name = named(fields, "content").or_else(|| named(fields, "text"))?;
                fields[name].as_str()
            }
            _ => None,
        }
    }
    let of = message.get("parts").or_else(|| message.get("content"));
    match of {
        Some(Value::Array(parts)) => parts.iter().filter_map(part).collect::<Vec<_>>().join("\n"),
        Some(one) => part(one).unwrap_or_default().to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: usize = 10_000;

    #[test]
    fn the_conversation_since_the_last_answer_is_kept() {
        let all = [
            Message::system("be brief"),
            Message::user("one"),
            Message::assistant("two"),
            Message::tool("three"),
            Message::user("four"),
        ];
        let input = input(&all[..], LONG);
        assert_eq!(input.system.as_deref(), Some("be brief"));
        let kept: Value = serde_json::from_str(&input.messages.unwrap()).unwrap();
        let roles: Vec<_> = kept.as_array().unwrap().iter().map(|message| &message["role"]).collect();
        assert_eq!(roles, ["assistant", "tool", "user"]);
        assert_eq!(kept[0]["parts"], json!([{"type": "text", "content": "two"}]));
    }

    #[test]
    fn messages_of_providers_are_taken_as_they_are() {
        let all = json!([
            {"role": "developer", "content": [{"type": "text", "text": "be"}, {"type": "text", "text": "brief"}]},
            {"role": "user", "content": "why?"},
        ]);
        let input = input(&all, LONG);
        assert_eq!(input.system.as_deref(), Some("be\nbrief"));
        assert_eq!(input.messages.as_deref(), Some(r#"[{"content":"why?","role":"user"}]"#));
        assert_eq!(super::input(&Value::Null, LONG), Input::default());
    }

    #[test]
    fn binary_data_is_replaced() {
        let image = json!([{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/data?a,b"}},
        ]}]);
        let text = output(&image, LONG).unwrap();
        assert!(text.contains(BLOB) && !text.contains("AAAA") && text.contains("example.com/data"), "{text}");
    }

    #[test]
    fn what_is_too_long_loses_its_oldest_messages() {
        let all: Vec<_> = (0..20).map(|number| Message::user(format!("question {number}"))).collect();
        let text = input(&all, 300).messages.unwrap();
        assert!(
            text.len() <= 300 && text.contains("question 19") && !text.contains("question 0\""),
            "{text}"
        );
        assert!(serde_json::from_str::<Value>(&text).is_ok());
    }
}
