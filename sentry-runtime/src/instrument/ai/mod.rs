//! Spans of AI agents: calls of models, agents and tools, as the product's agent pages expect them.
//!
//! A span whose operation starts with `gen_ai.` is one of them. [`agent`], [`chat`] and its like, and [`tool`] make the
//! options of such a span, with the names that the spec wants; [`record`] writes down what came of it. An annotated
//! function does it with attributes:
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
//! What follows by itself: `gen_ai.operation.name`, from the operation; the name `chat gpt-4o`, where the attribute has
//! none and the span is inside of a transaction; the agent's and the pipeline's name, for all AI spans that an agent's
//! span has under it; the conversation, see [`set_conversation_id`].
//!
//! Spec: `telemetry/traces/modules/ai-agents.mdx`.

mod messages;
mod record;
mod spans;

pub use messages::{Message, Role};
pub use record::{AiRecord, record, record_active};
pub use spans::{
    AgentSpan, ModelSpan, ToolSpan, agent, chat, embeddings, generate_content, text_completion, tool,
};

use std::sync::Arc;

use crate::client;
use crate::context::active;

/// Names the conversation to which the AI spans of this request or job belong from now on, or none. Each gets it as
/// `gen_ai.conversation.id`; spans that say it themselves keep what they say.
///
/// ```
/// sentry::set_conversation_id("conv_abc123");
/// sentry::set_conversation_id(None);
/// ```
pub fn set_conversation_id<'a>(id: impl Into<Option<&'a str>>) {
    if client::capture_mode() != client::CaptureMode::Off {
        let isolation = active::with(|context| Arc::clone(&context.isolation));
        let id = id.into().filter(|id| !id.is_empty());
        isolation.update(|scope| scope.set_conversation_id(id));
    }
}
