//! The results of an AI span: the answering model, token counts and, if allowed, the contents of messages.

use std::cell::Cell;
use std::time::Duration;

use serde::Serialize;

use super::messages;
use crate::client;
use crate::context::active;
use crate::instrument::span::Span;
use crate::protocol::AttributeValue;

/// Records the results of an AI span, see [`record`].
#[derive(Debug)]
pub struct AiRecord {
    span: Span,
    /// Whether messages to the model, and arguments of tools, may leave the process.
    inputs: Cell<bool>,
    /// Whether answers of the model, and results of tools, may leave the process.
    outputs: Cell<bool>,
    longest: usize,
}

/// Returns a recorder for the results of a span that was started by a function call.
///
/// Numbers and names are always recorded. Contents are recorded if the option `data_collection` collects them
/// ([`DataCollection::gen_ai`](crate::DataCollection::gen_ai)), or after [`AiRecord::with_contents`]. Inputs are messages
/// to the model, instructions, tool definitions and arguments of tools. Outputs are answers of the model and results of
/// tools.
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
        return AiRecord {
            span: Span::default(),
            inputs: Cell::new(false),
            outputs: Cell::new(false),
            longest: 0,
        };
    }
    let client = active::with(|context| context.client.clone()).or_else(client::global);
    let (inputs, outputs, longest) = client.map_or((false, false, 0), |client| {
        let (options, collected) = (client.options(), client.options().collected());
        (collected.gen_ai_inputs(), collected.gen_ai_outputs(), options.max_value_length)
    });
    AiRecord { span: span.clone(), inputs: Cell::new(inputs), outputs: Cell::new(outputs), longest }
}

/// Returns a recorder for the results of the active span, for functions annotated with `#[span(op = "gen_ai.…")]`.
pub fn record_active() -> AiRecord {
    record(&Span::active().unwrap_or_default())
}

impl AiRecord {
    fn set(&self, key: &'static str, value: impl Into<AttributeValue>) -> &Self {
        self.span.set_attribute(key, value);
        self
    }

    /// Sets an input, which is computed only if it is recorded.
    fn input(&self, key: &'static str, text: impl FnOnce(usize) -> Option<String>) -> &Self {
        self.content(&self.inputs, key, text)
    }

    /// Sets an output, which is computed only if it is recorded.
    fn output(&self, key: &'static str, text: impl FnOnce(usize) -> Option<String>) -> &Self {
        self.content(&self.outputs, key, text)
    }

    fn content(
        &self,
        is_recorded: &Cell<bool>,
        key: &'static str,
        text: impl FnOnce(usize) -> Option<String>,
    ) -> &Self {
        if is_recorded.get()
            && self.span.is_recording()
            && let Some(text) = text(self.longest)
        {
            self.span.set_attribute(key, text);
        }
        self
    }

    /// Records inputs and outputs from here on, whatever the option `data_collection` is.
    pub fn with_contents(&self) -> &Self {
        self.inputs.set(true);
        self.outputs.set(true);
        self
    }

    /// Sets the full name of the model that answered.
    pub fn response_model(&self, model: &str) -> &Self {
        self.set("gen_ai.response.model", model)
    }

    /// Sets the provider's id of the answer.
    pub fn response_id(&self, id: &str) -> &Self {
        self.set("gen_ai.response.id", id)
    }

    /// Sets the reason why the model stopped, such as `stop` or `tool_calls`.
    pub fn finish_reason(&self, reason: &str) -> &Self {
        self.set("gen_ai.response.finish_reasons", reason)
    }

    /// Records that the answer was streamed, and the time to its first token, if known.
    pub fn streaming(&self, to_first_token: Option<Duration>) -> &Self {
        if let Some(time) = to_first_token {
            self.set("gen_ai.response.time_to_first_chunk", time.as_secs_f64());
        }
        self.set("gen_ai.response.streaming", true)
    }

    /// Sets the numbers of input tokens (including cached ones) and output tokens (including reasoning), and their sum.
    pub fn tokens(&self, input: u64, output: u64) -> &Self {
        self.set("gen_ai.usage.input_tokens", input);
        self.set("gen_ai.usage.output_tokens", output);
        self.set("gen_ai.usage.total_tokens", input.saturating_add(output))
    }

    /// Sets the number of input tokens that were read from a cache.
    pub fn cached_tokens(&self, tokens: u64) -> &Self {
        self.set("gen_ai.usage.cache_read.input_tokens", tokens)
    }

    /// Sets the number of input tokens that were written to a cache.
    pub fn cache_write_tokens(&self, tokens: u64) -> &Self {
        self.set("gen_ai.usage.cache_creation.input_tokens", tokens)
    }

    /// Sets the number of output tokens that were spent on reasoning.
    pub fn reasoning_tokens(&self, tokens: u64) -> &Self {
        self.set("gen_ai.usage.reasoning.output_tokens", tokens)
    }

    /// Sets the messages that were sent to the model: a list of [`Message`](super::Message)s, or of the provider's own
    /// message type.
    ///
    /// Only the messages from the last answer of the model on are recorded; system messages become the instructions.
    /// Binary data in them is replaced. Messages are contents, see [`record`].
    pub fn input_messages<T: Serialize + ?Sized>(&self, messages: &T) -> &Self {
        if self.inputs.get() && self.span.is_recording() {
            let input = messages::input(messages, self.longest);
            if let Some(system) = input.system {
                self.set("gen_ai.system_instructions", system);
            }
            self.input("gen_ai.input.messages", |_| input.messages);
        }
        self
    }

    /// Sets the messages that the model answered with. Messages are contents, see [`record`].
    pub fn output_messages<T: Serialize + ?Sized>(&self, messages: &T) -> &Self {
        self.output("gen_ai.output.messages", |longest| messages::output(messages, longest))
    }

    /// Sets the system's instructions. Instructions are contents, see [`record`].
    pub fn system_instructions(&self, text: &str) -> &Self {
        self.input("gen_ai.system_instructions", |_| Some(text.to_owned()))
    }

    /// Sets the tools that the model may call: a list in the provider's form. Tool definitions are contents, see
    /// [`record`].
    pub fn tool_definitions<T: Serialize + ?Sized>(&self, tools: &T) -> &Self {
        self.input("gen_ai.tool.definitions", |_| messages::json(tools))
    }

    /// Sets the arguments of a tool call. Arguments are contents, see [`record`].
    pub fn tool_arguments<T: Serialize + ?Sized>(&self, arguments: &T) -> &Self {
        self.input("gen_ai.tool.call.arguments", |_| messages::json(arguments))
    }

    /// Sets the result of a tool call. Results are contents, see [`record`].
    pub fn tool_result<T: Serialize + ?Sized>(&self, result: &T) -> &Self {
        self.output("gen_ai.tool.call.result", |_| messages::json(result))
    }
}
