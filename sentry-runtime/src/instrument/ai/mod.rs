//! Spans of AI agents: calls of models, agents and tools, in the form that Sentry's agent pages expect.
//!
//! A span is an AI span if its operation starts with `gen_ai.`. [`agent`], [`chat`], [`embeddings`],
//! [`generate_content`], [`text_completion`], [`decide`], [`extract`] and [`tool`] create the options of such a span, with
//! the names of the specification; [`record`] records its results. An annotated function uses attributes:
//!
//! ```
//! #[sentry::span(op = "gen_ai.chat", attributes("gen_ai.provider.name" = "openai", "gen_ai.request.model" = model))]
//! fn ask(model: &str, question: &str) -> String {
//!     let answer = format!("an answer to {question}");
//!     sentry::ai::record_active().response_model("gpt-4o-2024-08-06").tokens(60, 130);
//!     answer
//! }
//! # ask("gpt-4o", "why?");
//! ```
//!
//! Set automatically: `gen_ai.operation.name`, from the operation; the name (such as `chat gpt-4o`), if the attribute
//! sets none and the span is part of a transaction; the names of the agent and the pipeline, on all AI spans inside of
//! an agent's span; and the conversation, see [`set_conversation_id`].
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/ai-agents/)

mod messages;
mod record;
mod spans;

pub use messages::{Message, Role};
pub use record::{AiRecord, record, record_active};
pub use spans::{
    AgentSpan, ModelSpan, ToolSpan, agent, chat, decide, embeddings, extract, generate_content,
    text_completion, tool,
};

use crate::client;
use crate::context::active;

/// Sets the conversation of the AI spans that this request or job starts from now on; `None` removes it. The spans
/// carry it as the attribute `gen_ai.conversation.id`, unless they set that attribute themselves.
///
/// ```
/// sentry::set_conversation_id("conv_abc123");
/// sentry::set_conversation_id(None);
/// ```
pub fn set_conversation_id<'a>(id: impl Into<Option<&'a str>>) {
    if client::capture_mode() != client::CaptureMode::Off {
        let isolation = active::isolation();
        let id = id.into().filter(|id| !id.is_empty());
        isolation.update(|scope| scope.set_conversation_id(id));
    }
}
