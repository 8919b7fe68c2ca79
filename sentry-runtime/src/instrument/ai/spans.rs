//! The options of AI spans, with names and attributes of the specification.

use std::borrow::Cow;

use crate::instrument::options::SpanOptions;
use crate::protocol::AttributeValue;

type Text = Cow<'static, str>;

/// Returns options for the invocation of an agent, `invoke_agent <name>`. Calls of models and tools are its children.
///
/// ```
/// use sentry::ai;
///
/// sentry::start_span(ai::agent("Weather Agent").model("gpt-4o").pipeline("weather"), |_| {
///     sentry::start_span(ai::chat("openai", "gpt-4o").temperature(0.1), |span| {
///         ai::record(span).response_model("gpt-4o-2024-08-06").tokens(60, 130);
///     });
///     sentry::start_span(ai::tool("forecast"), |_| ());
/// });
/// ```
pub fn agent(name: impl Into<Text>) -> AgentSpan {
    let name = name.into();
    let options = started("invoke_agent", &name).attribute("gen_ai.agent.name", name);
    AgentSpan(options)
}

/// Returns options for a chat with a model, `chat <model>`. The provider is the product, such as `openai`.
pub fn chat(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("chat", provider.into(), model.into())
}

/// Returns options for the computation of embeddings by a model, `embeddings <model>`.
pub fn embeddings(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("embeddings", provider.into(), model.into())
}

/// Returns options for the generation of content by a multimodal model, `generate_content <model>`.
pub fn generate_content(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("generate_content", provider.into(), model.into())
}

/// Returns options for a text completion by a model, `text_completion <model>`.
pub fn text_completion(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("text_completion", provider.into(), model.into())
}

/// Returns options for a decision of a model about typed questions on shared data, such as a choice or a score,
/// `decide <model>`. The conventions deprecate the former name of the operation, `evaluate`.
pub fn decide(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("decide", provider.into(), model.into())
}

/// Returns options for the extraction of typed fields from shared data by a model, `extract <model>`.
pub fn extract(provider: impl Into<Text>, model: impl Into<Text>) -> ModelSpan {
    model_call("extract", provider.into(), model.into())
}

/// Returns options for the execution of a tool for a model, `execute_tool <name>`.
pub fn tool(name: impl Into<Text>) -> ToolSpan {
    let name = name.into();
    ToolSpan(started("execute_tool", &name).attribute("gen_ai.tool.name", name))
}

fn started(operation: &'static str, of: &str) -> SpanOptions {
    SpanOptions::new(format!("{operation} {of}"))
        .op(format!("gen_ai.{operation}"))
        .attribute("gen_ai.operation.name", AttributeValue::from_static(operation))
}

fn model_call(operation: &'static str, provider: Text, model: Text) -> ModelSpan {
    let options = started(operation, &model)
        .attribute("gen_ai.provider.name", provider)
        .attribute("gen_ai.request.model", model);
    ModelSpan(options)
}

macro_rules! span {
    ($(#[$doc:meta])* $name:ident: $($(#[$method_doc:meta])* $method:ident($ty:ty) => $key:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[must_use]
        pub struct $name(SpanOptions);

        impl $name {
            /// Adds any other attribute.
            pub fn attribute(mut self, key: impl Into<Text>, value: impl Into<AttributeValue>) -> Self {
                self.0 = self.0.attribute(key, value);
                self
            }

            $(
                $(#[$method_doc])*
                pub fn $method(self, value: $ty) -> Self {
                    self.attribute($key, value)
                }
            )*
        }

        impl From<$name> for SpanOptions {
            fn from(span: $name) -> Self {
                span.0
            }
        }
    };
}

span! {
    /// The options of an agent's span, see [`agent`].
    AgentSpan:
    /// Sets the default model of the agent.
    model(impl Into<AttributeValue>) => "gen_ai.request.model";
    /// Sets the workflow, pipeline or chain that the agent is part of.
    pipeline(impl Into<AttributeValue>) => "gen_ai.pipeline.name";
    /// Sets the maximum number of output tokens.
    max_tokens(u32) => "gen_ai.request.max_tokens";
    /// Sets the requested temperature.
    temperature(f64) => "gen_ai.request.temperature";
    /// Sets the requested reasoning effort, as named by the provider.
    reasoning_level(impl Into<AttributeValue>) => "gen_ai.request.reasoning.level";
}

span! {
    /// The options of the span of a model call, see [`chat`].
    ModelSpan:
    /// Sets the agent that calls the model (default: the agent of the enclosing span).
    agent(impl Into<AttributeValue>) => "gen_ai.agent.name";
    /// Sets the workflow, pipeline or chain (default: that of the enclosing span).
    pipeline(impl Into<AttributeValue>) => "gen_ai.pipeline.name";
    /// Sets the maximum number of output tokens.
    max_tokens(u32) => "gen_ai.request.max_tokens";
    /// Sets the seed, for repeatable answers.
    seed(impl Into<AttributeValue>) => "gen_ai.request.seed";
    /// Sets the penalty for tokens in proportion to their number of occurrences.
    frequency_penalty(f64) => "gen_ai.request.frequency_penalty";
    /// Sets the penalty for tokens that occurred before.
    presence_penalty(f64) => "gen_ai.request.presence_penalty";
    /// Sets the requested temperature.
    temperature(f64) => "gen_ai.request.temperature";
    /// Sets the probability mass that tokens are sampled from.
    top_p(f64) => "gen_ai.request.top_p";
    /// Sets the number of most likely tokens that are sampled from.
    top_k(u32) => "gen_ai.request.top_k";
    /// Sets the requested reasoning effort, as named by the provider.
    reasoning_level(impl Into<AttributeValue>) => "gen_ai.request.reasoning.level";
}

span! {
    /// The options of a tool's span, see [`tool`].
    ToolSpan:
    /// Sets the description of the tool.
    description(impl Into<AttributeValue>) => "gen_ai.tool.description";
    /// Sets the kind of the tool: `function`, `extension` or `datastore`.
    kind(impl Into<AttributeValue>) => "gen_ai.tool.type";
    /// Sets the agent that calls the tool (default: the agent of the enclosing span).
    agent(impl Into<AttributeValue>) => "gen_ai.agent.name";
    /// Sets the workflow, pipeline or chain (default: that of the enclosing span).
    pipeline(impl Into<AttributeValue>) => "gen_ai.pipeline.name";
}
