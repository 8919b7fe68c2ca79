//! What came of an AI span: the answering model, tokens, and, where that is allowed, what was said.

use std::cell::Cell;
use std::time::Duration;

use serde::Serialize;

use super::messages;
use crate::client;
use crate::context::active;
use crate::instrument::span::Span;
use crate::protocol::AttributeValue;

/// Writes down what came of an AI span, see [`record`].
#[derive(Debug)]
pub struct AiRecord {
    span: Span,
    /// Whether what was said may leave the process.
    contents: Cell<bool>,
    longest: usize,
}

/// Writes down what came of a span that is started by a function call.
///
/// Numbers and names are always recorded. What was said (messages, instructions, a tool's arguments and result) is so
/// only with the option `send_default_pii`, or after [`AiRecord::with_contents`].
///
/// ```
/// use sentry::ai::{self, Message};
///
/// sentry::start_span(ai::chat("openai", "o3-mini"), |span| {
///     ai::record(span)
///         .response_model("o3-mini-2025-01-31")
///         .tokens(60, 130)
///         .finish_reason("stop")
///         .with_contents()
///         .input_messages(&[Message::user("Will it rain?")])
///         .output_messages(&[Message::assistant("It will.")]);
/// });
/// ```
pub fn record(span: &Span) -> AiRecord {
    if !span.is_recording() {
        return AiRecord { span: Span::default(), contents: Cell::new(false), longest: 0 };
    }
    let client = active::with(|context| context.client.clone()).or_else(client::global);
    let (contents, longest) = client.map_or((false, 0), |client| {
        let options = client.options();
        (options.send_default_pii, options.max_value_length)
    });
    AiRecord { span: span.clone(), contents: Cell::new(contents), longest }
}

/// Writes down what came of the active span, in a function that `#[span(op = "gen_ai.…")]` is on.
pub fn record_active() -> AiRecord {
    record(&Span::active().unwrap_or_default())
}

impl AiRecord {
    fn set(&self, key: &'static str, value: impl Into<AttributeValue>) -> &Self {
        self.span.set_attribute(key, value);
        self
    }

    /// A content, made only if it is recorded.
    fn content(&self, key: &'static str, text: impl FnOnce(usize) -> Option<String>) -> &Self {
        if self.contents.get()
            && self.span.is_recording()
            && let Some(text) = text(self.longest)
        {
            self.span.set_attribute(key, text);
        }
        self
    }

    /// Records contents from here on, whatever `send_default_pii` says.
    pub fn with_contents(&self) -> &Self {
        self.contents.set(true);
        self
    }

    /// The model that answered, by its full name.
    pub fn response_model(&self, model: &str) -> &Self {
        self.set("gen_ai.response.model", model)
    }

    /// The provider's id of the answer.
    pub fn response_id(&self, id: &str) -> &Self {
        self.set("gen_ai.response.id", id)
    }

    /// Why the model stopped, such as `stop` or `tool_calls`.
    pub fn finish_reason(&self, reason: &str) -> &Self {
        self.set("gen_ai.response.finish_reasons", reason)
    }

    /// That the answer came in pieces, and when the first of them did.
    pub fn streaming(&self, to_first_token: Option<Duration>) -> &Self {
        if let Some(time) = to_first_token {
            self.set("gen_ai.response.time_to_first_token", time.as_secs_f64());
        }
        self.set("gen_ai.response.streaming", true)
    }

    /// The tokens of question (cached ones included) and answer (reasoning included), and their sum.
    pub fn tokens(&self, input: u64, output: u64) -> &Self {
        self.set("gen_ai.usage.input_tokens", input);
        self.set("gen_ai.usage.output_tokens", output);
        self.set("gen_ai.usage.total_tokens", input.saturating_add(output))
    }

    /// How many of the tokens of the question came out of a cache.
    pub fn cached_tokens(&self, tokens: u64) -> &Self {
        self.set("gen_ai.usage.cache_read.input_tokens", tokens)
    }

    /// How many of the tokens of the question were put into a cache.
    pub fn cache_write_tokens(&self, tokens: u64) -> &Self {
        self.set("gen_ai.usage.cache_creation.input_tokens", tokens)
    }

    /// How many of the tokens of the answer were spent on reasoning.
    pub fn reasoning_tokens(&self, tokens: u64) -> &Self {
        self.set("gen_ai.usage.reasoning.output_tokens", tokens)
    }

    /// The messages that the model was given: a list of [`Message`](super::Message)s, or of what a provider takes.
    ///
    /// Recorded are those since the last answer of the model, with that; system messages become the instructions.
    /// Binary data in them is replaced. It is a content, see [`record`].
    pub fn input_messages<T: Serialize + ?Sized>(&self, messages: &T) -> &Self {
        if self.contents.get() && self.span.is_recording() {
            let input = messages::input(messages, self.longest);
            if let Some(system) = input.system {
                self.set("gen_ai.system_instructions", system);
            }
            self.content("gen_ai.input.messages", |_| input.messages);
        }
        self
    }

    /// The messages that the model answered with. It is a content, see [`record`].
    pub fn output_messages<T: Serialize + ?Sized>(&self, messages: &T) -> &Self {
        self.content("gen_ai.output.messages", |longest| messages::output(messages, longest))
    }

    /// The system's instructions. It is a content, see [`record`].
    pub fn system_instructions(&self, text: &str) -> &Self {
        self.content("gen_ai.system_instructions", |_| Some(text.to_owned()))
    }

    /// The tools that the model may ask for: a list of what a provider takes. It is a content, see [`record`].
    pub fn tool_definitions<T: Serialize + ?Sized>(&self, tools: &T) -> &Self {
        self.content("gen_ai.tool.definitions", |_| messages::json(tools))
    }

    /// The arguments that a tool was called with. It is a content, see [`record`].
    pub fn tool_arguments<T: Serialize + ?Sized>(&self, arguments: &T) -> &Self {
        self.content("gen_ai.tool.call.arguments", |_| messages::json(arguments))
    }

    /// What a tool answered. It is a content, see [`record`].
    pub fn tool_result<T: Serialize + ?Sized>(&self, result: &T) -> &Self {
        self.content("gen_ai.tool.call.result", |_| messages::json(result))
    }
}
